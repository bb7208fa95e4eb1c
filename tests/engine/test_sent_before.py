"""An order that may have arrived before, or that is refused and forgotten again and again."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from studio.engine import claims
from studio.engine.errors import AnswerLost, NeverSent
from studio.engine.sending import CROWDED_TIMES
from studio.jobs.models import JobReference, Submission
from studio.jobs.references import add_file
from tests.conftest import make_job, make_key
from tests.engine.crew import live, resume
from tests.engine.test_life import TAKEN, an_error, row_of
from tests.jobs.pictures import photo, written
from tests.providers.driving import answer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(bob):
    key = make_key(bob, is_sandbox=False)
    key.set_secret("sk-0123456789abcdef")
    return make_job(bob, key)


@pytest.fixture
def remembered(bob):
    """An order to a provider that knows it again by its idempotency key."""
    key = make_key(bob, provider="gptimage2plus", is_sandbox=False)
    key.set_secret("gimg_0123456789abcdef")
    return make_job(bob, key, resolution="", quality="low")


# What may have arrived before -------------------------------------------------------------------


def busy_aigptimage(status: int) -> object:
    return answer(status, {"code": status, "msg": "活跃任务数超限或请求冲突"})


@pytest.fixture
def conflicting(bob):
    """An order to a provider whose 409 may mean that there are too many, or a conflict."""
    key = make_key(bob, provider="aigptimage", is_sandbox=False)
    key.set_secret("sk-0123456789abcdef")
    return make_job(bob, key, model="gpt-image-2-text-to-image", resolution="1K")


def test_too_many_orders_at_once_are_waited_for_but_not_for_ever(conflicting):
    live(conflicting, busy_aigptimage(409))
    waiting = row_of(conflicting)
    Submission.objects.update(crowded_times=CROWDED_TIMES - 1)

    live(conflicting, busy_aigptimage(409))

    row = row_of(conflicting)
    assert (waiting.status, waiting.crowded_times, waiting.tries) == ("queued", 1, 0)
    assert (row.status, row.error_code) == ("failed", "crowded")


@pytest.mark.promise(7)
def test_too_many_calls_are_waited_for_as_often_as_it_takes(conflicting):
    Submission.objects.update(crowded_times=CROWDED_TIMES - 1)

    live(conflicting, busy_aigptimage(429))

    assert (row_of(conflicting).status, row_of(conflicting).tries) == ("queued", 0)


@pytest.mark.promise(1)
def test_a_conflict_of_what_may_have_arrived_is_unknown(conflicting):
    Submission.objects.update(body_hash="a" * 64)

    live(conflicting, busy_aigptimage(409))

    assert row_of(conflicting).status == "unknown"


@pytest.mark.promise(1)
@pytest.mark.parametrize(("status", "is_paused"), [(401, True), (402, True), (403, True)])
def test_a_key_that_fails_at_the_second_sending_says_nothing_of_the_first(
    remembered, status, is_paused
):
    live(remembered, AnswerLost())

    live(remembered, answer(status, {"error": "no"}))

    row = row_of(remembered)
    assert (row.status, row.error_code, row.key.is_paused) == ("unknown", "answer_lost", is_paused)


@pytest.mark.promise(1)
@pytest.mark.parametrize("status", [400, 401, 402, 422])
def test_an_upload_that_is_refused_says_nothing_of_the_order_before(remembered, status):
    file = SimpleUploadedFile("a", written(photo()))
    reference = add_file(remembered.owner, file)
    JobReference.objects.create(job=remembered, reference=reference, position=1)
    Submission.objects.update(body_hash="a" * 64)

    crew = live(remembered, answer(status, {"error": "no"}))

    assert (row_of(remembered).status, crew.wire.calls[0].is_billable) == ("unknown", False)


def test_an_order_that_is_refused_itself_at_the_second_sending_has_failed(remembered):
    live(remembered, AnswerLost())

    live(remembered, answer(400, {"error": "bad size"}))

    assert (row_of(remembered).status, row_of(remembered).error_code) == ("failed", "bad_order")


def test_a_key_without_its_secret_says_nothing_of_what_may_have_arrived(remembered):
    live(remembered, AnswerLost())
    key = row_of(remembered).key
    type(key).objects.filter(pk=key.pk).update(sealed=b"")

    live(remembered)

    assert row_of(remembered).status == "unknown"


@pytest.mark.parametrize(
    ("outcome", "is_remembered"),
    [
        (answer(429, {"error": "slow down"}), False),
        (NeverSent(), False),
        (AnswerLost(), True),
        (answer(502, "<html>"), True),
    ],
)
def test_only_what_may_have_arrived_is_asked_after_first(remembered, outcome, is_remembered):
    live(remembered, outcome)

    assert bool(row_of(remembered).body_hash) == is_remembered


def test_a_refusal_does_not_make_an_answer_that_was_lost_before_undone(remembered):
    live(remembered, AnswerLost())

    live(remembered, answer(429, {"error": "slow down"}))

    assert row_of(remembered).body_hash


@pytest.mark.promise(1)
def test_a_deleted_key_may_have_cost_something_where_an_order_may_have_arrived(remembered):
    live(remembered, AnswerLost())
    row_of(remembered).key.delete_softly()

    claims.tidy(0, uuid4(), [])

    assert row_of(remembered).error_code == "key_deleted_late"


# Forgotten --------------------------------------------------------------------------------------


def test_a_provider_that_forgets_three_times_over_five_minutes_has_lost_it(job):
    forgotten = an_error(404, "no such task")
    live(job, TAKEN, forgotten, forgotten, forgotten)
    kept_on = row_of(job)
    Submission.objects.update(forgotten_at=timezone.now() - timedelta(minutes=5))

    resume(job, forgotten)

    row = row_of(job)
    assert (kept_on.status, kept_on.forgotten_times) == ("running", 3)
    assert (row.status, row.error_code) == ("failed", "unknown_task")
    assert "no such task" in row.error_detail


def test_a_provider_that_forgets_twice_in_an_hour_has_not_lost_it(job):
    live(job, TAKEN, an_error(404))
    Submission.objects.update(forgotten_at=timezone.now() - timedelta(hours=1))

    resume(job, an_error(404))

    assert row_of(job).status == "running"
