"""What the studio itself fails over is counted, and ended the third time (promise 44)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.utils import timezone

from studio.engine import stumbles, tasks
from studio.engine.claims import tidy
from studio.jobs.bucket import BucketError
from studio.jobs.models import Image, Reference, Submission
from studio.jobs.sentences import picture_sentence, sentence
from studio.jobs.states import Status
from tests.conftest import make_job, make_key
from tests.engine.crew import live
from tests.pages.scenes import add_picture, scene

pytestmark = [pytest.mark.django_db, pytest.mark.promise(44)]

BUG = KeyError("nobody foresaw this")


@pytest.fixture
def queued(bob) -> Submission:
    return make_job(bob).submissions.get()


def running(bob) -> Submission:
    submission: Submission = make_job(bob).submissions.get()
    submission.take(uuid4())
    submission.accept({"task_id": "t"}, timezone.now())
    return submission


def sent(bob, provider: str) -> Submission:
    submission: Submission = make_job(bob, make_key(bob, provider=provider)).submissions.get()
    claim = uuid4()
    submission.take(claim)
    submission.mark_sent(claim, "0" * 64)
    return submission


def fresh(row: Any) -> Any:
    return type(row).objects.select_related("job").get(pk=row.pk)


# Submissions --------------------------------------------------------------------------------------


def test_an_order_that_breaks_the_pump_is_given_up_the_third_time_for_nothing(queued):
    for _ in range(3):
        assert fresh(queued).status == Status.QUEUED
        Submission.objects.update(not_before=None)
        queued = fresh(queued)
        queued.take(uuid4())
        stumbles.note(queued, BUG)

    ended = fresh(queued)
    assert (ended.status, ended.error_code, ended.stumbles) == ("failed", "stumbled", 3)
    assert ended.job.status == Status.FAILED


def test_what_was_not_sent_waits_before_it_is_tried_again(queued):
    queued.take(uuid4())

    stumbles.note(queued, BUG)

    wait = fresh(queued).not_before - timezone.now()
    assert timedelta(seconds=5) < wait <= stumbles.PAUSES[0]


def test_answers_that_break_the_pump_end_a_running_order_and_say_what_it_may_have_cost(bob):
    submission = running(bob)

    for times in (1, 2):
        stumbles.note(submission, BUG)
        row = fresh(submission)
        assert (row.status, row.stumbles) == (Status.RUNNING, times)
        assert row.poll_at > timezone.now()
    stumbles.note(submission, BUG)

    ended = fresh(submission)
    assert (ended.status, ended.error_code) == ("failed", "stumbled_late")
    assert sentence(ended.error_code, provider="APIMart").may_have_cost


def test_what_was_sent_without_a_key_to_send_it_again_is_unknown_at_once(bob):
    submission = sent(bob, "apimart")

    stumbles.note(submission, BUG)

    assert fresh(submission).status == Status.UNKNOWN


def test_what_can_be_sent_again_is_unknown_after_the_third_time(bob):
    submission = sent(bob, "gptimage2plus")

    stumbles.note(submission, BUG)
    assert fresh(submission).status == Status.QUEUED
    for _ in range(2):
        claim = uuid4()
        submission = fresh(submission)
        submission.take(claim)
        submission.mark_sent(claim, "0" * 64)
        stumbles.note(submission, BUG)

    ended = fresh(submission)
    assert (ended.status, ended.error_code) == ("unknown", "stumbled_sending")


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("locked"),
        PermissionError("read-only"),
        OSError("no space"),
        BucketError("down"),
    ],
)
def test_what_is_wrong_around_it_is_not_its_fault(bob, error):
    submission = running(bob)

    for _ in range(5):
        stumbles.note(submission, error)

    assert (fresh(submission).status, fresh(submission).stumbles) == (Status.RUNNING, 0)


def test_a_file_that_is_gone_is_its_fault():
    assert stumbles.is_ours(FileNotFoundError("a reference"))


def test_a_claim_of_a_dead_pump_that_was_blamed_three_times_is_given_up(bob):
    submission = make_job(bob).submissions.get()
    submission.take(uuid4())
    for _ in range(3):
        stumbles.blame(f"submission {submission.pk}")

    assert fresh(submission).error_code == "stumbled"
    tidy(0, uuid4(), [])
    assert fresh(submission).status == Status.FAILED


def test_a_claim_of_a_dead_pump_that_was_blamed_once_waits(bob):
    submission = make_job(bob).submissions.get()
    submission.take(uuid4())

    stumbles.blame(f"submission {submission.pk}")
    tidy(0, uuid4(), [])

    row = fresh(submission)
    assert (row.status, row.stumbles) == (Status.QUEUED, 1)
    assert row.not_before > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_an_unforeseen_error_in_a_life_is_counted_and_raised(bob):
    key = make_key(bob)
    key.set_secret("a-secret-0123456789")
    job = make_job(bob, key)

    with pytest.raises(KeyError):
        live(job, BUG)

    row = job.submissions.get()
    assert (row.stumbles, row.status) == (1, Status.UNKNOWN)


# Pictures -----------------------------------------------------------------------------------------


@pytest.fixture
def pending(bob) -> Image:
    job = scene(bob, make_key(bob), Status.SAVING)
    image = add_picture(job)
    waiting = {"state": "pending", "is_saved": False, "path": "", "spool": "spool/x"}
    Image.objects.update(url="https://x.example/a.png", **waiting)
    image.refresh_from_db()
    return image


def test_a_picture_that_kills_its_worker_is_lost_the_third_time_with_its_address_kept(pending):
    for times in (1, 2):
        stumbles.blame(f"image {pending.pk}")
        row = fresh(pending)
        assert (row.state, row.stumbles) == ("pending", times)
        assert row.fetch_at > timezone.now()
    stumbles.blame(f"image {pending.pk}")

    ended = fresh(pending)
    assert (ended.state, ended.error_code, ended.url) == ("lost", "stumbled", pending.url)
    assert ended.submission.status == "failed"
    assert "three times" in picture_sentence("stumbled")


def test_a_picture_that_is_kept_already_is_not_blamed(pending):
    Image.objects.update(state="kept")

    for _ in range(3):
        stumbles.blame(f"image {pending.pk}")

    assert fresh(pending).state == "kept"


class Buggy(FileSystemStorage):
    def exists(self, name: str) -> bool:
        raise BUG


def test_an_unforeseen_error_over_a_picture_is_counted_and_raised(pending, settings):
    backend = {"BACKEND": f"{__name__}.Buggy"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}

    with pytest.raises(KeyError):
        tasks.save_picture(pending.pk)

    assert fresh(pending).stumbles == 1


# References ---------------------------------------------------------------------------------------


def test_a_reference_that_kills_its_worker_is_given_up_at_once(bob):
    reference = Reference.objects.create(
        owner=bob, state="fetching", source_url="https://x.example"
    )

    stumbles.blame(f"reference {reference.pk}")

    reference.refresh_from_db()
    assert (reference.state, reference.error_code) == ("failed", "fetch_failed")
