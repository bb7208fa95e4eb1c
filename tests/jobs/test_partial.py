"""An order of several submissions that brings some of its pictures: shown, explained, completed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.jobs import actions
from studio.jobs.models import Image, Job, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.carding import card_of
from tests.jobs.composing import HTMX


@pytest.fixture
def key(bob: User) -> ProviderKey:
    """Of AIGPTImage: each picture is a submission of its own."""
    return make_key(bob, provider="aigptimage", is_sandbox=False)


def ordered(bob: User, key: ProviderKey, *parts: dict[str, Any]) -> Job:
    """A job with a submission for each part: its fields, and the states of its pictures."""
    count = sum(part.get("count", 1) for part in parts)
    job = make_job(bob, key, count=count, model="gpt-image-2-text-to-image", resolution="1K")
    job.submissions.all().delete()
    for ordinal, part in enumerate(parts, start=1):
        fields = {name: value for name, value in part.items() if name != "pictures"}
        one = Submission.objects.create(job=job, key=key, ordinal=ordinal, **fields)
        deliver(one, *part.get("pictures", ()))
    job.follow()
    return Job.objects.get(pk=job.pk)


def deliver(one: Submission, *states: str) -> None:
    for number, state in enumerate(states, start=1):
        facts = {"url": f"https://a.example/{one.ordinal}-{number}.png", "sha256": "a" * 64}
        size = {"width": 1024, "height": 1024, "media_type": "image/png"}
        Image.objects.create(
            job=one.job, submission=one, number=number, state=state, **facts, **size
        )


def done(*pictures: str, count: int = 1) -> dict[str, Any]:
    return {"status": "succeeded", "count": count, "pictures": pictures or ("kept",)}


def ended(status: str, code: str = "", **fields: Any) -> dict[str, Any]:
    return {"status": status, "error_code": code, **fields}


# What the card shows ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (ended("failed", "busy"), "answered “busy” every time we asked. Nothing was charged."),
        (ended("blocked", "blocked"), "refused this prompt. Nothing was charged."),
        (ended("cancelled", "stopped_waiting"), "which may still charge for it."),
        (ended("cancelled"), "The rest was cancelled before it was sent. Nothing was charged"),
    ],
)
def test_the_pictures_that_came_are_shown_with_what_became_of_the_others(
    bob: User, key: ProviderKey, rest: dict[str, Any], why: str
) -> None:
    card = card_of(ordered(bob, key, done(), rest, done(), rest))

    assert card.status == Status.SUCCEEDED
    assert (len(card.images), card.frame_count) == (2, 2)
    assert (card.state_text, card.state_class) == ("2 of 4 came", "warn")
    assert card.made_differently.startswith("2 of 4 came. ")
    assert card.made_differently.count(why) == 1
    assert (card.can_retry, card.retry_text) == (True, "Get the missing 2")


@pytest.mark.parametrize("code", ["answer_lost", ""])
def test_what_may_have_been_charged_is_decided_before_it_is_ordered_again(
    bob: User, key: ProviderKey, code: str
) -> None:
    rest = ended("unknown", code)

    card = card_of(ordered(bob, key, done(), rest, ended("failed", "busy"), rest))

    assert card.made_differently.startswith("1 of 4 came. ")
    assert "AIGPTImage may have charged for this" in card.made_differently
    assert (card.missing, card.retry_text) == (3, "Get the missing 1")
    assert (card.can_retry, card.can_decide, len(card.open_questions)) == (True, True, 2)


@pytest.mark.parametrize(
    ("parts", "may"),
    [
        ([done(), ended("failed", "busy")], False),
        ([done(), ended("cancelled")], False),
        ([done(), ended("unknown", "answer_lost")], True),
        ([done(), ended("cancelled", "stopped_waiting")], True),
        ([done("kept", "lost", count=2)], True),
        ([done("kept", count=2)], True),
    ],
)
def test_it_asks_first_where_the_missing_ones_may_have_been_paid(
    bob: User, key: ProviderKey, parts: list[dict[str, Any]], *, may: bool
) -> None:
    card = card_of(ordered(bob, key, *parts))

    assert (card.missing, card.may_cost_again) == (1, may)


def test_the_providers_words_about_what_failed_are_kept(bob: User, key: ProviderKey) -> None:
    job = ordered(bob, key, done(), ended("failed", "failed", error_detail="gpu on fire"))

    assert card_of(job).detail == "gpu on fire"


def test_pictures_stand_in_the_order_of_their_submissions(bob: User, key: ProviderKey) -> None:
    job = ordered(
        bob,
        key,
        {"status": "running", "count": 2},
        done("kept", "kept", count=2),
        {"status": "queued"},
    )
    first, second, _ = job.submissions.order_by("ordinal")

    early = [bool(frame) for frame in card_of(job).frames]
    deliver(first, "kept", "kept")
    late = card_of(job).frames

    assert early == [False, False, True, True, False]
    assert [bool(frame) for frame in late] == [True, True, True, True, False]
    uids = [
        str(image.uid)
        for image in (*first.images.order_by("number"), *second.images.order_by("number"))
    ]
    assert [frame.uid for frame in late[:4] if frame] == uids
    assert [image.place for image in job.images.all()] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("status", "pair"),
    [
        ("running", "1 of 3 came"),
        ("submitting", "1 of 3 came"),
        ("queued", "1 of 3 came"),
    ],
)
def test_a_card_under_way_tells_and_shows_how_many_have_come(
    as_bob: Client, bob: User, key: ProviderKey, status: str, pair: str
) -> None:
    job = ordered(bob, key, done(), {"status": status}, ended("failed", "busy"))

    html = as_bob.get("/").content.decode()

    card = card_of(job)
    assert (card.can_retry, card.is_partial) == (False, False)
    assert pair in card.pair
    assert html.count(f"/pictures/{card.images[0].uid}/384.webp") == 1
    assert pair in html


def test_one_that_has_just_gone_out_does_not_look_late_because_others_were_before_it(
    bob: User, key: ProviderKey
) -> None:
    job = ordered(bob, key, done(), {"status": "running"}, {"status": "queued"})

    progress = card_of(job).progress

    assert not progress.is_late
    assert 33 <= progress.percent < 66


# Getting the rest -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "again"),
    [
        ([done(), ended("failed", "busy"), done(), ended("unknown", "interrupted")], [1]),
        ([done("kept", "kept", "kept", count=4)], [1]),
        ([done("kept", "lost", count=2), ended("blocked", "blocked")], [1, 1]),
        ([ended("failed", "busy", count=3)], [1, 1, 1]),
    ],
)
def test_only_what_is_missing_is_ordered_again(
    bob: User, key: ProviderKey, parts: list[dict[str, Any]], again: list[int]
) -> None:
    job = ordered(bob, key, *parts)

    assert actions.retry(job, by=bob)
    assert not actions.retry(Job.objects.get(pk=job.pk), by=bob)

    rows = job.submissions.order_by("ordinal")
    assert [row.count for row in rows[len(parts) :]] == again
    assert [row.ordinal for row in rows] == list(range(1, len(rows) + 1))
    assert {row.status for row in rows if row.is_superseded} <= {"failed", "unknown", "blocked"}
    assert Job.objects.get(pk=job.pk).status == "queued"


def test_it_is_shared_out_as_the_model_needs_it(bob: User) -> None:
    key = make_key(bob, provider="chatgpt2api")
    job = ordered(bob, key, *[ended("failed", "busy", count=1)] * 7)
    Job.objects.filter(pk=job.pk).update(model="gpt-image-2")

    assert actions.retry(job, by=bob)

    current = job.submissions.filter(is_superseded=False).order_by("ordinal")
    assert [row.count for row in current] == [4, 3]


def test_pictures_stay_when_the_rest_fails_once_more(bob: User, key: ProviderKey) -> None:
    job = ordered(bob, key, done(), ended("failed", "busy"))
    actions.retry(job, by=bob)
    job.submissions.filter(status="queued").update(status="failed", error_code="failed")
    job.follow()

    card = card_of(Job.objects.get(pk=job.pk))

    assert (card.state_text, card.retry_text) == ("1 of 2 came", "Get the missing 1")
    assert "busy" not in card.made_differently
    assert "gave it up" in card.made_differently


@pytest.mark.parametrize("status", ["queued", "submitting", "running", "saving"])
def test_nothing_is_ordered_again_while_some_are_still_under_way(
    bob: User, key: ProviderKey, status: str
) -> None:
    job = ordered(bob, key, done(), ended("failed", "busy"), {"status": status})

    assert not actions.retry(job, by=bob)
    assert job.submissions.count() == 3


def test_what_is_complete_is_not_ordered_again(bob: User, key: ProviderKey) -> None:
    job = ordered(bob, key, done("kept", "kept"), ended("failed", "busy"))

    assert not actions.retry(job, by=bob)
    assert (card_of(job).can_retry, card_of(job).is_partial) == (False, False)


@pytest.mark.promise(12)
def test_the_button_on_the_card_gets_them_once(
    as_bob: Client, as_alice: Client, bob: User, key: ProviderKey
) -> None:
    job = ordered(bob, key, done(), ended("failed", "busy"))
    address = f"/jobs/{job.uid}/retry"

    for page in ("/", f"/jobs/{job.uid}"):
        assert "Get the missing 1" in as_bob.get(page).content.decode()
        theirs = as_alice.get(page).content.decode()
        assert "1 of 2 came." in theirs
        assert address not in theirs
    for _ in range(2):
        as_bob.post(address, headers=HTMX)

    assert job.submissions.count() == 3


def test_files_are_named_by_their_place_in_the_job(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job = ordered(bob, key, done(), done())

    places = [image.place for image in Image.objects.filter(job=job)]

    assert places == [1, 2]
