"""What a card says of an order that waits to go out: why, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from studio.accounts.models import User
from studio.jobs.models import Job
from studio.vault.models import Pace, ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.carding import NOW, card_of

FIVE = "This key does 5 at a time, 600 calls an hour."


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob)


def test_an_order_whose_key_has_reached_its_limit_says_until_when(
    bob: User, key: ProviderKey
) -> None:
    job = make_job(bob, key)
    before = card_of(job).since
    Pace.objects.keep(key.pk, {}, rests_until=NOW + timedelta(seconds=95))
    soon = card_of(job)
    Pace.objects.keep(key.pk, {}, rests_until=NOW + timedelta(minutes=12))
    later = card_of(job)
    Pace.objects.keep(key.pk, {}, rests_until=NOW - timedelta(seconds=1))

    assert soon.headline == "Waiting for the provider"
    assert soon.explanation == "Nothing was charged. Next try in 95 s."
    assert later.explanation == "Nothing was charged. Next try in 12 minutes."
    assert soon.since != before
    assert card_of(job).since == before


@pytest.mark.parametrize(
    ("provider", "explanation"),
    [
        ("apimart", "Others are ahead of it. Nothing was charged."),
        (
            "gptimage2plus",
            f"Others are ahead of it. {FIVE} Nothing was charged.",
        ),
    ],
)
def test_an_order_behind_others_says_so(bob: User, provider: str, explanation: str) -> None:
    job = make_job(bob, make_key(bob, provider=provider))
    before = card_of(job).since
    Job.objects.update(created_at=NOW - timedelta(seconds=11))

    card = card_of(job)

    assert (card.headline, card.explanation) == ("In line", explanation)
    assert card.since != before


def disable(owner: User, _key: ProviderKey, _settings: Any) -> None:
    User.objects.filter(pk=owner.pk).update(is_disabled=True)


def share_no_more(_owner: User, key: ProviderKey, _settings: Any) -> None:
    key.share(is_shared=False)


def switch_the_sandbox_off(_owner: User, _key: ProviderKey, settings: Any) -> None:
    settings.STUDIO_SANDBOX = False


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (disable, "account is disabled"),
        (share_no_more, "no longer shared"),
        (switch_the_sandbox_off, "sandbox is switched off"),
    ],
)
def test_an_order_with_a_key_that_may_not_be_used_any_more_says_so(
    bob: User, charlie: User, settings: Any, happens: Any, words: str
) -> None:
    key = make_key(bob, is_shared=True)
    job = make_job(charlie, key)
    before = card_of(job).since
    happens(bob, key, settings)

    card = card_of(job)

    assert card.headline == "Waiting for the key"
    assert words in card.explanation
    assert "Nothing was charged" in card.explanation
    assert card.since != before
