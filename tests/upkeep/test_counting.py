"""What happened is counted once each, however often and from wherever it is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from studio.jobs.models import Event, Job
from studio.jobs.models.job import Kind
from studio.upkeep.counting import counts, roll_up
from studio.upkeep.models import Count
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(bob) -> Job:
    return make_job(bob)


def note(job: Job, kind: Kind, *, ago: int = 0, **facts: Any) -> None:
    job.note(kind, **facts)
    newest = Event.objects.latest("pk")
    Event.objects.filter(pk=newest.pk).update(at=timezone.now() - timedelta(seconds=ago))


def life(job: Job, *, ago: int = 0) -> None:
    note(job, Kind.PLACED, ago=ago)
    note(job, Kind.SENT, ago=ago)
    note(job, Kind.PUT_BACK, ago=ago, reason="busy")
    note(job, Kind.PROVIDER_DONE, ago=ago, pictures=2, seconds=12.5)
    note(job, Kind.ARCHIVED, ago=ago, pictures=2, bytes=3000)


LIFE = {
    ("orders", "apimart", ""): 1,
    ("sent", "apimart", ""): 1,
    ("errors", "apimart", "busy"): 1,
    ("seconds", "apimart", "20"): 1,
    ("seconds", "apimart", "sum"): 12.5,
    ("ended", "apimart", "succeeded"): 1,
    ("pictures", "apimart", ""): 2,
    ("bytes", "apimart", ""): 3000,
}


def test_a_life_comes_to_its_counts(job: Job):
    life(job)

    assert counts() == LIFE


def test_what_was_rolled_up_is_counted_once(job: Job):
    life(job, ago=120)
    before = counts()

    assert roll_up() == 5
    assert roll_up() == 0

    assert counts() == before == LIFE
    assert Count.objects.get(name=Count.MARK).value == Event.objects.latest("pk").pk


def test_what_has_just_happened_waits_until_nothing_earlier_can_still_be_committed(job: Job):
    life(job, ago=120)
    note(job, Kind.FAILED, ago=5, reason="bad_order")
    note(job, Kind.FAILED, ago=120, reason="bad_order")

    assert roll_up() == 5

    assert counts()["errors", "apimart", "bad_order"] == 2


def test_rolling_up_goes_on_where_it_stopped(job: Job):
    life(job, ago=120)

    assert [roll_up(2) for _ in range(4)] == [2, 2, 1, 0]

    assert counts() == LIFE


def test_what_is_deleted_stays_counted(job: Job):
    life(job, ago=120)
    roll_up()

    Event.objects.all().delete()

    assert counts() == LIFE


def test_each_provider_has_its_own_counts(job: Job, alice):
    other = make_job(alice, make_key(alice, provider="apimodels"))
    note(job, Kind.BLOCKED, reason="blocked")
    note(other, Kind.LOST_TRACK, reason="answer_lost")

    assert counts() == {
        ("ended", "apimart", "blocked"): 1,
        ("errors", "apimart", "blocked"): 1,
        ("ended", "apimodels", "unknown"): 1,
        ("errors", "apimodels", "answer_lost"): 1,
    }


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.2, "1"), (1.0, "1"), (1.01, "2"), (9e9, "+Inf")]
)
def test_durations_fall_into_buckets(job: Job, seconds: float, bucket: str):
    note(job, Kind.PROVIDER_DONE, seconds=seconds)

    assert counts()["seconds", "apimart", bucket] == 1


def test_a_look_takes_two_queries(job: Job, django_assert_num_queries):
    life(job)

    with django_assert_num_queries(2):
        counts()
