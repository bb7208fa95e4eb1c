"""Transitions: each wins once, and only from where the drawing allows it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from studio.jobs.models import Decision, Event, Job, Submission
from studio.jobs.states import Status
from studio.providers.contract import Cost, Done, Picture
from tests.conftest import make_job

pytestmark = pytest.mark.django_db

DONE = Done(
    pictures=(Picture(url="https://a.example/1.png"), Picture(url="https://a.example/2.png")),
    cost=Cost(amount=Decimal("0.05279"), credits=Decimal("0.5279")),
)


@pytest.fixture
def submission(bob) -> Submission:
    return Submission.objects.select_related("job", "key").get(job=make_job(bob, count=2))


def put(submission: Submission, status: Status, **fields) -> Submission:
    """A row in some state, as another process would have left it."""
    Submission.objects.filter(pk=submission.pk).update(status=status, **fields)
    return Submission.objects.select_related("job", "key").get(pk=submission.pk)


def status_of(submission: Submission) -> tuple[str, str]:
    row = Submission.objects.select_related("job").get(pk=submission.pk)
    return row.status, row.job.status


def until():
    return timezone.now() + timedelta(minutes=1)


def test_a_claim_is_won_by_one(submission):
    rival = Submission.objects.get(pk=submission.pk)

    won = [submission.take(uuid4()), rival.take(uuid4())]

    assert won == [True, False]
    assert status_of(submission) == ("submitting", "submitting")


def test_sending_is_marked_only_by_the_holder_of_the_claim(submission):
    claim = uuid4()
    submission.take(claim)

    assert not submission.mark_sent(uuid4(), "a" * 64)
    assert submission.mark_sent(claim, "b" * 64)
    assert Submission.objects.get(pk=submission.pk).body_hash == "b" * 64


def test_a_claim_that_was_taken_over_cannot_be_put_back_or_sent(submission):
    claim = uuid4()
    submission.take(claim)
    other = put(submission, Status.SUBMITTING, claim=uuid4())

    assert not submission.put_back(claim)
    assert not submission.mark_sent(claim, "c" * 64)
    assert other.put_back(other.claim)


def test_a_pump_that_was_overtaken_fails_only_what_no_other_has_sent(submission):
    claim = uuid4()
    submission.take(claim)
    overtaken = Submission.objects.select_related("job", "key").get(pk=submission.pk)

    put(submission, Status.SUBMITTING, claim=uuid4())
    assert not overtaken.fail("never_sent")
    put(submission, Status.RUNNING, claim=None)
    assert not overtaken.fail("never_sent")

    put(submission, Status.UNKNOWN)
    assert overtaken.fail("never_sent")


def test_a_wait_for_a_limit_is_no_try(submission):
    claim = uuid4()
    submission.take(claim)
    submission.put_back(claim, not_before=until(), is_limit=True)

    row = Submission.objects.get(pk=submission.pk)
    assert (row.tries, row.status, row.claim) == (0, "queued", None)


def test_done_is_on_the_row_before_anything_is_fetched(submission):
    put_running = put(submission, Status.RUNNING)

    assert put_running.finish(DONE)
    assert not put_running.finish(DONE)

    row = Submission.objects.get(pk=submission.pk)
    assert (row.status, row.cost, row.cost_credits) == (
        "saving",
        Decimal("0.052790"),
        Decimal("0.5279"),
    )
    assert list(row.images.values_list("number", "url", "state")) == [
        (1, "https://a.example/1.png", "pending"),
        (2, "https://a.example/2.png", "pending"),
    ]


@pytest.mark.promise(2)
def test_saving_ends_in_the_same_moment_as_the_last_picture(submission):
    """A worker that dies between the two would leave what nobody looks at again."""
    row = put(submission, Status.RUNNING)
    row.finish(DONE)
    first, second = row.images.all()

    first.keep(path="aa/bb/c.png")
    assert status_of(row) == ("saving", "saving")
    second.lose("fetch_failed")
    assert status_of(row) == ("succeeded", "succeeded")
    assert not row.settle()


def test_pictures_that_are_all_lost_fail_the_submission_and_keep_their_addresses(submission):
    row = put(submission, Status.RUNNING)
    row.finish(DONE)
    for image in row.images.all():
        image.lose("fetch_failed")

    assert status_of(row) == ("failed", "failed")
    assert Submission.objects.get(pk=row.pk).error_code == "pictures_lost"
    assert row.images.filter(url__startswith="https://").count() == 2


def test_a_late_answer_brings_back_what_was_unknown(submission):
    row = put(submission, Status.UNKNOWN)

    assert row.accept({"task_id": "t"}, until())
    assert status_of(row) == ("running", "running")


ALLOWED = {
    "accept": {Status.SUBMITTING, Status.UNKNOWN},
    "lose_track": {Status.SUBMITTING},
    "finish": {Status.SUBMITTING, Status.RUNNING, Status.UNKNOWN},
    "fail": {Status.QUEUED, Status.SUBMITTING, Status.RUNNING, Status.UNKNOWN},
    "cancel": {Status.QUEUED, Status.RUNNING},
    "decide": {Status.UNKNOWN},
    "repeat": {Status.UNKNOWN},
}
CALLS = {
    "accept": lambda row: row.accept({"task_id": "t"}, until()),
    "lose_track": lambda row: row.lose_track("answer_lost"),
    "finish": lambda row: row.finish(DONE),
    "fail": lambda row: row.fail("failed"),
    "cancel": lambda row: row.cancel(by="Bob"),
    "decide": lambda row: row.decide(Decision.CHARGED, by=row.job.owner),
    "repeat": lambda row: row.repeat(by=row.job.owner),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", Status)
def test_a_transition_wins_only_from_its_states(submission, name, status):
    row = put(submission, status)

    won = CALLS[name](row)

    assert won == (status in ALLOWED[name])
    assert (Submission.objects.get(pk=row.pk).status == status) == (not won)


def test_an_end_is_noted_once_in_the_timeline(submission):
    row = put(submission, Status.RUNNING)

    row.fail("failed", "the provider's words")
    row.fail("failed", "again")

    assert list(Event.objects.filter(job=row.job).values_list("kind", "facts")) == [
        ("failed", {"reason": "failed"})
    ]


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["running", "succeeded"], "running"),
        (["saving", "queued"], "saving"),
        (["succeeded", "failed"], "succeeded"),
        (["unknown", "succeeded"], "succeeded"),
        (["unknown", "failed"], "unknown"),
        (["failed", "cancelled"], "failed"),
        (["blocked", "failed"], "blocked"),
    ],
)
def test_a_job_shows_what_its_submissions_are_doing(bob, statuses, shown):
    job = make_job(bob)
    job.submissions.all().delete()
    for ordinal, status in enumerate(statuses, start=1):
        Submission.objects.create(job=job, key=job.key, ordinal=ordinal, status=status)

    job.follow()

    row = Job.objects.get(pk=job.pk)
    assert (row.status, row.revision) == (shown, 2)
    assert (row.finished_at is None) == (shown in ("running", "saving"))


def test_a_forgotten_task_is_lost_after_three_times_over_five_minutes(submission, time_machine):
    time_machine.move_to("2026-11-21T12:00:00+00:00", tick=False)
    row = put(submission, Status.RUNNING)
    period = timedelta(minutes=5)

    at_once = [row.note_forgotten(3, period) for _ in range(4)]
    time_machine.shift(timedelta(minutes=5))
    later = row.note_forgotten(3, period)

    assert at_once == [False] * 4
    assert later
