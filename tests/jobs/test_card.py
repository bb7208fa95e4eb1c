"""What a card says in every state, what it costs, and what can be done."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from studio.accounts.models import User
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.carding import NOW, card_of, in_state, picture
from tests.pages.scenes import scene


@pytest.fixture
def key(bob: User) -> ProviderKey:
    """A real one: of the sandbox's, everything is play money and quick."""
    return make_key(bob, is_sandbox=False)


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "state_text", "headline", "explanation"),
    [
        ("queued", "", "Queued", "Next in line", "It goes out in a moment."),
        ("submitting", "", "Sending", "Sending to APIMart", ""),
        ("running", "", "Developing", "Developing 2 pictures", ""),
        ("saving", "", "Fetching", "Saving to your archive", ""),
        ("failed", "busy", "Failed", "The provider is busy", "Nothing was charged."),
        ("failed", "", "Failed", "Something went wrong", "Check your account there"),
        ("blocked", "blocked", "Blocked", "Blocked by the content policy", "Reword it"),
        ("blocked", "", "Blocked", "Blocked by the content policy", "Reword it"),
        ("unknown", "answer_lost", "Outcome unknown", "We do not know", "connection dropped"),
        ("unknown", "interrupted", "Outcome unknown", "We do not know", "was interrupted"),
        ("unknown", "", "Outcome unknown", "We do not know", "connection dropped"),
        ("cancelled", "", "Cancelled", "Cancelled", "before it was sent. Nothing was charged."),
        ("cancelled", "stopped_waiting", "Cancelled", "No longer waited for", "may still charge"),
    ],
)
def test_each_state_has_words(
    bob: User,
    key: ProviderKey,
    status: str,
    code: str,
    state_text: str,
    headline: str,
    explanation: str,
) -> None:
    job = make_job(bob, key, count=2)
    in_state(job, Status(status), error_code=code)

    card = card_of(job)

    assert card.state_text == state_text
    assert card.headline.startswith(headline)
    assert explanation in card.explanation
    assert card.state_icon


def test_a_done_card_tells_how_many_and_how_long(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key, count=2)
    in_state(job, Status.SUCCEEDED)
    Job.objects.update(created_at=NOW, finished_at=NOW + timedelta(seconds=31))
    picture(job)
    one = card_of(job).state_text
    picture(job)

    assert (one, card_of(job).state_text) == ("1 of 2 came", "2 in 31 s")
    Job.objects.update(count=1)
    job.images.first().delete()
    assert card_of(job).state_text == "Done in 31 s"


def test_a_code_that_stayed_from_before_says_nothing_about_a_card_under_way(
    bob: User, key: ProviderKey
) -> None:
    job = make_job(bob, key)
    in_state(job, Status.RUNNING, error_code="answer_lost", error_detail="reset by peer")

    assert card_of(job).headline == "Developing 1 picture"
    assert card_of(job).detail == ""


def test_the_sentence_is_that_of_the_submission_which_ended_the_job(
    bob: User, key: ProviderKey
) -> None:
    job = make_job(bob, key)
    in_state(job, Status.FAILED, error_code="busy")
    Submission.objects.create(
        job=job, key=key, ordinal=2, status="blocked", error_code="blocked", error_detail="no"
    )
    job.follow()

    card = card_of(job)

    assert (card.headline, card.detail) == ("Blocked by the content policy", "no")


@pytest.mark.parametrize(
    ("change", "headline", "explanation"),
    [
        ({"is_paused": True}, "Waiting for the key", "until it is resumed"),
        ({"deleted_at": NOW}, "Waiting for the key", "The key is gone."),
    ],
)
def test_a_waiting_card_says_what_it_waits_for(
    bob: User, key: ProviderKey, change: dict[str, Any], headline: str, explanation: str
) -> None:
    job = make_job(bob, key)
    before = card_of(job).since
    ProviderKey.objects.update(**change)

    card = card_of(job)

    assert card.headline == headline
    assert explanation in card.explanation
    assert card.since != before


def test_a_card_that_was_put_back_says_when_it_goes_out(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key)
    in_state(job, Status.QUEUED, not_before=NOW + timedelta(seconds=9.5))

    card = card_of(job)

    assert card.headline == "Waiting for the provider"
    assert card.explanation == "Nothing was charged. Next try in 9 s."


# Money ------------------------------------------------------------------------------------------


@pytest.mark.promise(11)
@pytest.mark.parametrize(
    ("costs", "text"),
    [
        ([], ""),
        ([{"cost": Decimal("0.05279")}], "$0.05279"),
        ([{"cost": Decimal("0.05")}], "$0.05"),
        ([{"cost": Decimal("0.1")}], "$0.10"),
        ([{"cost": Decimal("0")}], "$0.00"),
        ([{"cost": Decimal("3")}], "$3.00"),
        ([{"cost": Decimal("1.31970")}], "$1.3197"),
        ([{"cost": Decimal("0.000001")}], "$0.000001"),
        ([{"cost": Decimal("0.1")}, {"cost": Decimal("0.2")}], "$0.30"),
        ([{"cost_credits": Decimal("0.5279")}], "0.5279 cr"),
        ([{"cost_credits": Decimal("100")}], "100 cr"),
        ([{"cost": Decimal("0.05279"), "cost_credits": Decimal("0.5279")}], "$0.05279"),
    ],
)
def test_the_cost_is_the_providers_own_figure_to_the_last_place(
    bob: User, key: ProviderKey, costs: list[dict[str, Any]], text: str
) -> None:
    job = make_job(bob, key)
    job.submissions.all().delete()
    for ordinal, cost in enumerate(costs, start=1):
        Submission.objects.create(job=job, key=key, ordinal=ordinal, status="succeeded", **cost)
    Job.objects.update(status=Status.SUCCEEDED)

    assert card_of(job).cost_text == text


def test_a_retry_does_not_undo_what_was_charged(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key)
    in_state(job, Status.FAILED, cost=Decimal("0.02"), is_superseded=True)
    Submission.objects.create(job=job, key=key, ordinal=2, cost=Decimal("0.03"))

    assert card_of(job).cost_text == "$0.05"


@pytest.mark.parametrize(("code", "text"), [("", "$0.00"), ("stopped_waiting", "")])
def test_what_was_cancelled_in_time_cost_nothing(
    bob: User, key: ProviderKey, code: str, text: str
) -> None:
    job = make_job(bob, key)
    in_state(job, Status.CANCELLED, error_code=code)

    assert card_of(job).cost_text == text


@pytest.mark.parametrize(
    ("status", "fields", "text"),
    [
        ("succeeded", {"cost": Decimal("0.05279")}, "play money"),
        ("succeeded", {"cost_credits": Decimal("0.5")}, "play money"),
        ("succeeded", {}, "play money"),
        ("saving", {"cost": Decimal("0.05279")}, "play money"),
        ("running", {}, ""),
        ("cancelled", {}, "$0.00"),
    ],
)
def test_the_sandbox_costs_play_money(
    bob: User, status: str, fields: dict[str, Any], text: str
) -> None:
    job = make_job(bob, make_key(bob))
    in_state(job, Status(status), **fields)

    assert card_of(job).cost_text == text


# What can be done -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "can"),
    [
        ("queued", {"cancel"}),
        ("submitting", set()),
        ("running", {"stop"}),
        ("saving", set()),
        ("succeeded", set()),
        ("failed", {"retry"}),
        ("blocked", {"retry"}),
        ("cancelled", {"retry"}),
        ("unknown", set()),
    ],
)
def test_what_the_owner_may_do_and_nobody_else(
    bob: User, alice: User, key: ProviderKey, status: str, can: set[str]
) -> None:
    job = scene(bob, key, Status(status))

    for member, allowed in ((bob, can), (alice, set())):
        card = card_of(job, member)
        found = {"cancel": card.can_cancel, "stop": card.can_stop, "retry": card.can_retry}
        assert {name for name, is_allowed in found.items() if is_allowed} == allowed


@pytest.mark.parametrize(
    ("status", "code", "may"),
    [
        ("failed", "busy", False),
        ("failed", "never_sent", False),
        ("failed", "unknown_task", True),
        ("failed", "pictures_lost", True),
        ("failed", "broken_answer", True),
        ("blocked", "blocked", False),
        ("cancelled", "", False),
        ("cancelled", "stopped_waiting", True),
        ("unknown", "answer_lost", True),
        ("unknown", "", True),
    ],
)
def test_a_retry_asks_where_it_may_cost_again(
    bob: User, key: ProviderKey, status: str, code: str, *, may: bool
) -> None:
    job = make_job(bob, key)
    in_state(job, Status(status), error_code=code)

    assert card_of(job).may_cost_again is may
