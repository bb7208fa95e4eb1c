"""The contact sheet as a whole: what goes on, and what a page has not seen yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.cards import make_cards, with_cards
from studio.jobs.models import Job, Submission
from studio.jobs.sheet import SEEN_LIMIT, live_count, moved_on, seen
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.pages.scenes import add_picture, scene


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob, is_sandbox=False)


def shown(*jobs: Job) -> dict[int, str]:
    rows = with_cards(Job.objects.filter(pk__in=[job.pk for job in jobs]))
    return {card.number: card.since for card in make_cards(rows, jobs[0].owner, timezone.now())}


# How much goes on -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([], ""),
        (["succeeded", "failed", "unknown", "cancelled", "blocked"], ""),
        (["queued"], "1 waiting"),
        (["submitting", "running", "saving"], "3 developing"),
        (["queued", "queued", "running"], "1 developing, 2 waiting"),
    ],
)
def test_it_tells_how_much_goes_on(
    bob: User, key: ProviderKey, states: list[str], words: str
) -> None:
    for state in states:
        scene(bob, key, Status(state))
    scene(bob, key, Status.RUNNING, is_hidden=True)

    assert live_count(bob, "everyone") == {"live_count": words}


def test_ones_own_are_counted_alone(bob: User, charlie: User, key: ProviderKey) -> None:
    scene(bob, key, Status.RUNNING)
    scene(charlie, key, Status.QUEUED)

    assert live_count(bob, "mine")["live_count"] == "1 developing"
    assert live_count(bob, "everyone")["live_count"] == "1 developing, 1 waiting"


# What a page knows ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "known"),
    [
        ([], {}),
        (["5.1.0", "7.2.19"], {5: "5.1.0", 7: "7.2.19"}),
        (["5"], {5: "5"}),
        (["", ".", "x", "-5.1.0", "5x.1", " 5.1", "²", "9" * 19, "\x00", "1e3"], {}),
        (["5.1.0", "5.2.0"], {5: "5.2.0"}),
    ],
)
def test_only_numbers_are_read(texts: list[str], known: dict[int, str]) -> None:
    assert seen(texts) == known


def test_not_more_is_read_than_a_page_can_hold() -> None:
    assert len(seen(f"{n}.1.0" for n in range(SEEN_LIMIT * 3))) == SEEN_LIMIT


# What has changed -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", Status)
def test_what_a_page_has_just_seen_has_not_changed(
    bob: User, key: ProviderKey, status: Status
) -> None:
    """The glimpse and the card must come to the same text, in every state."""
    jobs = [scene(bob, key, status) for _ in range(3)]
    Submission.objects.filter(job=jobs[1]).update(progress=None)
    Submission.objects.create(
        job=jobs[2], key=key, ordinal=2, status=status, progress=7, accepted_at=timezone.now()
    )
    add_picture(jobs[0])

    found = moved_on(shown(*jobs), bob, timezone.now())

    assert found == []


def test_a_retry_makes_the_glimpse_forget_the_submission_before(
    bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.RUNNING)
    Submission.objects.filter(job=job).update(is_superseded=True, progress=1)
    Submission.objects.create(job=job, key=key, ordinal=2, status="running", progress=90)

    found = moved_on(shown(job), bob, timezone.now())

    assert found == []


@pytest.mark.promise(47)
def test_a_minute_of_looking_brings_a_card_for_every_step_and_no_more(
    bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.RUNNING)
    start = timezone.now()
    Submission.objects.filter(job=job).update(progress=None, accepted_at=start)
    known, answers = shown(job), []

    for second in range(0, 120, 2):
        found = moved_on(known, bob, start + timedelta(seconds=second))
        known |= {card.number: card.since for card in found}
        answers.append([card.percent for card in found])

    assert [percent for [percent] in filter(None, answers)] == sorted(
        percent for [percent] in filter(None, answers)
    )
    assert 15 <= len([answer for answer in answers if answer]) <= 20
    assert answers[-30:] == [[]] * 30


def test_who_knows_of_nothing_is_told_so_without_asking(
    bob: User, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        found = moved_on({}, bob, timezone.now())

    assert found == []
