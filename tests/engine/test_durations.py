"""How long orders have taken: own rows, kind by kind, the sandbox's apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.engine.durations import LATEST, Durations, Kind, measured
from studio.engine.schedule import FEWEST, Curve
from studio.jobs.models import Job, Submission
from studio.jobs.orders import model_of
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db


def took(job: Job, *seconds: float) -> None:
    """Submissions of the job that took so long, one after the other; the first is the latest."""
    now = timezone.now()
    rows = [
        Submission(job=job, key=job.key, ordinal=number, status="succeeded")
        for number in range(2, len(seconds) + 2)
    ]
    for number, (row, lasted) in enumerate(zip(rows, seconds, strict=True)):
        row.done_at = now - timedelta(minutes=number)
        row.accepted_at = row.done_at - timedelta(seconds=lasted)
    Submission.objects.bulk_create(rows)


def test_each_kind_has_its_own_and_the_latest_come_first(bob):
    real, play = make_key(bob, is_sandbox=False), make_key(bob)
    took(make_job(bob, real, resolution="1k"), 30, 31)
    took(make_job(bob, real, resolution="4k", quality="high"), 120)
    took(make_job(bob, play, resolution="1k"), 4)

    assert measured() == {
        Kind("apimart", "gpt-image-2", "1k", "", False): [30, 31],
        Kind("apimart", "gpt-image-2", "4k", "high", False): [120],
        Kind("apimart", "gpt-image-2", "1k", "", True): [4],
    }


def test_one_query_tells_all_and_a_kind_that_is_ordered_often_is_cut(bob):
    took(make_job(bob), *[5.0] * (LATEST + 50))

    with CaptureQueriesContext(connection) as queries:
        [found] = measured().values()

    assert (len(queries), len(found)) == (1, LATEST)


def test_what_failed_or_came_at_once_is_not_measured(bob):
    job = make_job(bob)
    Submission.objects.update(status="failed", accepted_at=timezone.now())
    Submission.objects.create(job=job, key=job.key, ordinal=2, done_at=timezone.now())

    assert measured() == {}


def test_few_measurements_leave_the_documented_times(bob):
    job = make_job(bob, make_key(bob, is_sandbox=False))
    row, durations = job.submissions.get(), Durations()
    documented = Curve.documented(model_of(job), is_sandbox=False)
    assert durations.curve(row) == documented

    took(job, *[200.0] * (FEWEST - 1))
    durations.learn(measured())
    assert durations.curve(row) == documented

    Submission.objects.filter(ordinal__gt=1).delete()
    took(job, *[200.0] * FEWEST)
    durations.learn(measured())
    assert durations.curve(row).pause(0) == 180
