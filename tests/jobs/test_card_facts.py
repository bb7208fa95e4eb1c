"""A card's progress and shape, and what came against what was ordered."""

from __future__ import annotations

from typing import Any

import pytest

from studio.accounts.models import User
from studio.jobs.models import JobReference, Reference, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.carding import card_of, in_state, picture


@pytest.fixture
def key(bob: User) -> ProviderKey:
    """A real one: of the sandbox's, everything is play money and quick."""
    return make_key(bob, is_sandbox=False)


# Progress ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "percent", "step", "late"),
    [
        (0, 0, 0, False),
        (13, 25, 5, False),
        (26, 50, 10, False),
        (51, 95, 19, False),
        (53, 95, 20, True),
        (5000, 95, 20, True),
        (-9, 0, 0, False),
    ],
)
def test_without_the_providers_figure_the_time_tells(
    bob: User, key: ProviderKey, seconds: float, percent: int, step: int, *, late: bool
) -> None:
    job = make_job(bob, key)
    in_state(job, Status.RUNNING, accepted=seconds)

    card = card_of(job)

    assert card.percent == percent
    assert card.since == f"{job.pk}.1.{step}"
    assert card.stage_class == f"dev p-{percent // 5 * 5}"
    assert card.pair == (f"{max(0, seconds)} s", "a little longer" if late else "of about 52 s")


def test_the_providers_figure_goes_before_the_time(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key)
    in_state(job, Status.RUNNING, accepted=10, progress=63)

    assert card_of(job).percent == 63
    assert card_of(job).since == f"{job.pk}.1.12"


def test_of_several_submissions_each_counts_by_its_pictures(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key, count=3)
    in_state(job, Status.RUNNING, progress=80)
    Submission.objects.create(job=job, key=key, ordinal=2, status="running", progress=20)
    Submission.objects.create(job=job, key=key, ordinal=4, count=2, status="queued")
    Submission.objects.create(job=job, key=key, ordinal=5, count=2, status="succeeded")
    Submission.objects.create(
        job=job, key=key, ordinal=3, status="unknown", progress=5, is_superseded=True
    )

    assert card_of(job).percent == (3 * 80 + 1 * 20 + 2 * 0 + 2 * 100) // 8


def test_saving_counts_the_pictures(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key, count=4)
    in_state(job, Status.SAVING)
    for state in ("kept", "pending", "pending", "pending"):
        picture(job, state)

    card = card_of(job)

    assert (card.percent, card.pair) == (70, ("1 of 4", ""))


@pytest.mark.parametrize("status", ["queued", "submitting", "succeeded", "failed", "unknown"])
def test_where_nobody_can_tell_there_is_no_figure(bob: User, key: ProviderKey, status: str) -> None:
    job = make_job(bob, key)
    in_state(job, Status(status), accepted=10)

    assert card_of(job).percent is None


def test_the_sandbox_is_quick(bob: User) -> None:
    job = make_job(bob, make_key(bob))
    in_state(job, Status.RUNNING, accepted=2)

    assert card_of(job).percent == 40
    assert card_of(job).pair == ("2 s", "of about 5 s")


# Shape ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "css"),
    [
        ({"ratio": "16:9"}, "ar-16-9"),
        ({"ratio": "9:21", "resolution": "4k"}, "ar-9-21"),
        ({"ratio": "auto"}, "ar-1-1"),
        ({"ratio": "", "resolution": "", "width": 1881, "height": 836}, "ar-21-9"),
        ({"ratio": "7:5"}, "ar-4-3"),
    ],
)
def test_the_frame_has_the_ordered_shape_from_the_first_state_on(
    bob: User, key: ProviderKey, fields: dict[str, Any], css: str
) -> None:
    job = make_job(bob, key, **fields)

    for status in Status:
        in_state(job, status)
        assert card_of(job).ratio_class == css


def test_without_a_ratio_the_frame_follows_the_first_reference(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key, ratio="")
    reference = Reference.objects.create(owner=bob, width=900, height=1600)
    JobReference.objects.create(job=job, reference=reference, position=1)

    assert card_of(job).ratio_class == "ar-9-16"
    assert "1 reference" in card_of(job).chips


def test_what_came_has_the_last_word_on_the_shape(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key, ratio="1:1", count=4)
    in_state(job, Status.SUCCEEDED)
    picture(job, size=(1600, 900))

    card = card_of(job)

    assert (card.ratio_class, card.frame_count) == ("ar-16-9", 1)


@pytest.mark.parametrize(("count", "frames"), [(1, 1), (4, 4), (10, 10)])
def test_as_many_frames_as_were_ordered(
    bob: User, key: ProviderKey, count: int, frames: int
) -> None:
    assert card_of(make_job(bob, key, count=count)).frame_count == frames


# What came against what was ordered -------------------------------------------------------------


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (["kept", "kept", "kept"], ""),
        (["kept", "kept"], "2 of 3 came. APIMart sent fewer pictures than were ordered."),
        (["kept"] * 4, "Ordered 3, got 4."),
        (["kept", "lost", "kept"], "2 of 3 came. 1 picture could not be saved."),
        (["kept", "lost"], "1 of 3 came. 1 picture could not be saved."),
        (["kept", "lost", "lost"], "1 of 3 came. 2 pictures could not be saved."),
    ],
)
def test_a_different_number_is_told(
    bob: User, key: ProviderKey, pictures: list[str], words: str
) -> None:
    job = make_job(bob, key, count=3)
    in_state(job, Status.SUCCEEDED)
    for state in pictures:
        picture(job, state)

    assert card_of(job).made_differently == words


@pytest.mark.parametrize(
    ("ratio", "size", "words"),
    [
        ("1:1", (1024, 1024), ""),
        ("1:1", (1254, 1254), ""),
        ("1:1", (1000, 1000), "Ordered 1024 × 1024 px, got 1000 × 1000 px."),
        ("3:2", (1024, 1024), "Ordered 1536 × 1024 px, got 1024 × 1024 px."),
        ("7:5", (10, 10), ""),
    ],
)
def test_other_pixels_are_told(
    bob: User, key: ProviderKey, ratio: str, size: tuple[int, int], words: str
) -> None:
    job = make_job(bob, key, ratio=ratio)
    in_state(job, Status.SUCCEEDED)
    picture(job, size=size)

    assert card_of(job).made_differently == words


def test_pictures_are_counted_in_the_order_they_came(bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key, prompt="a cat", count=3)
    in_state(job, Status.SUCCEEDED)
    lost, *kept = [picture(job, state) for state in ("lost", "kept", "kept")]

    card = card_of(job)

    assert [one.alt for one in card.images] == ["a cat (1/2)", "a cat (2/2)"]
    assert [one.uid for one in card.images] == [str(image.uid) for image in kept]
    assert card.remote_url == lost.url
