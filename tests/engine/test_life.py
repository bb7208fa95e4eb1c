"""What every answer and every fault makes of a submission: never paid twice, never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from studio.engine.errors import AnswerLost, NeverSent, TimedOut, TooLarge
from studio.engine.schedule import CONNECT_TRIES, LONGEST, LOST_TRIES
from studio.engine.stumbles import sort_out
from studio.jobs.models import Submission
from tests.conftest import make_job, make_key
from tests.engine.crew import live
from tests.providers.driving import answer
from tests.providers.test_apimart import ACCEPTED, COMPLETED, TASK

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = answer(200, ACCEPTED)
DONE = answer(200, COMPLETED)
SECRET = "sk-live-canary-0123456789"


def an_error(status: int, words: str = "no") -> object:
    return answer(status, {"error": {"code": status, "message": words, "type": "t"}})


def working(progress: int) -> object:
    return answer(200, {"code": 200, "data": {"status": "processing", "progress": progress}})


@pytest.fixture
def job(bob):
    key = make_key(bob, is_sandbox=False, base_url="https://api.example.com")
    key.set_secret(SECRET)
    return make_job(bob, key)


def row_of(job) -> Submission:
    return Submission.objects.select_related("key").get(job=job)


def test_an_order_is_sent_asked_after_and_done(job):
    crew = live(job, TAKEN, working(10), working(60), DONE)

    row = row_of(job)
    assert (row.status, row.ticket, row.cost) == (
        "saving",
        {"task_id": TASK},
        Decimal("0.052790"),
    )
    assert [call.method for call in crew.wire.calls] == ["POST", "GET", "GET", "GET"]
    assert [image.url for image in row.images.all()] == ["https://upload.example/a_0.png"]


@pytest.mark.promise(5)
def test_the_claim_is_on_disk_before_the_first_byte_leaves(job):
    seen = []

    def look() -> None:
        """Over another connection, which sees what is committed."""
        row = row_of(job)
        seen.append((row.status, bool(row.sent_at), len(row.body_hash), bool(row.claim)))
        connection.close()

    def arrives(_call):
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(look).result()
        return TAKEN

    live(job, arrives, DONE)

    assert seen == [("submitting", True, 64, True)]


@pytest.mark.promise(3)
@pytest.mark.parametrize(
    "fault",
    [
        AnswerLost(),
        TimedOut(),
        TooLarge(),
        answer(200, "<html>busy</html>"),
        answer(200, '{"code": 200, "data": [{"sta'),
        answer(502, "<html>bad gateway</html>"),
        answer(504, ""),
        answer(500, "not an envelope"),
    ],
)
def test_an_order_whose_answer_is_lost_is_unknown_and_never_sent_again(job, fault):
    crew = live(job, fault)

    assert (row_of(job).status, crew.wire.posts) == ("unknown", 1)
    assert not Submission.objects.due(timezone.now() + timedelta(days=9)).exists()


@pytest.mark.promise(6)
def test_an_order_that_never_left_goes_back_to_the_queue(job):
    crew = live(job, NeverSent())

    row = row_of(job)
    assert (row.status, row.tries, row.sent_at, crew.wire.posts) == ("queued", 1, None, 1)
    assert timedelta(0) < row.not_before - timezone.now() < timedelta(seconds=3)


@pytest.mark.promise(6)
def test_what_can_never_be_reached_fails_after_five_tries(job):
    Submission.objects.update(tries=CONNECT_TRIES - 1)

    live(job, NeverSent())

    row = row_of(job)
    assert (row.status, row.tries, row.error_code) == ("failed", CONNECT_TRIES, "never_sent")


@pytest.fixture
def remembered(bob):
    """An order to a provider that knows it again by its idempotency key."""
    key = make_key(bob, provider="gptimage2plus", is_sandbox=False)
    key.set_secret("gimg_0123456789abcdef")
    return make_job(bob, key, resolution="", quality="low")


@pytest.mark.promise(4)
@pytest.mark.parametrize("last", [AnswerLost(), NeverSent(), answer(504, "<html>")])
def test_what_may_have_arrived_is_sent_again_for_longer_and_never_fails(remembered, last):
    Submission.objects.update(tries=CONNECT_TRIES - 2)
    live(remembered, AnswerLost())
    live(remembered, last)
    kept_on = row_of(remembered).status
    Submission.objects.update(tries=LOST_TRIES - 1)

    live(remembered, last)

    assert (kept_on, row_of(remembered).status) == ("queued", "unknown")


@pytest.mark.promise(4)
def test_one_try_that_may_have_arrived_outweighs_all_that_never_left(remembered):
    live(remembered, TimedOut())
    Submission.objects.update(not_before=None, tries=LOST_TRIES - 1)

    live(remembered, NeverSent())

    row = row_of(remembered)
    assert (row.status, row.error_code) == ("unknown", "answer_lost")


@pytest.mark.promise(4)
def test_a_claim_that_died_after_it_was_sent_stays_open(remembered):
    row = row_of(remembered)
    claim = uuid4()
    row.take(claim)
    row.mark_sent(claim, "a" * 64)

    sort_out(row)

    assert (row.status, row.may_have_arrived) == ("queued", True)


def test_who_takes_back_an_order_that_may_have_arrived_is_told_so(remembered, bob):
    live(remembered, AnswerLost())

    row_of(remembered).cancel(by=bob.name)

    row = row_of(remembered)
    assert (row.status, row.error_code) == ("cancelled", "stopped_waiting")


@pytest.mark.promise(4)
def test_what_can_be_sent_twice_but_never_left_fails_as_any_other(remembered):
    Submission.objects.update(tries=CONNECT_TRIES - 2)
    live(remembered, NeverSent())

    live(remembered, NeverSent())

    assert (row_of(remembered).status, row_of(remembered).error_code) == ("failed", "never_sent")


@pytest.mark.promise(7)
def test_a_limit_is_waited_for_and_is_no_failure(job):
    limited = answer(429, {"error": {"code": 429, "message": "slow down"}}, **{"retry-after": "7"})

    crew = live(job, limited)

    row = row_of(job)
    assert (row.status, row.tries, row.error_code) == ("queued", 0, "")
    assert timedelta(seconds=6.5) < row.not_before - timezone.now() <= timedelta(seconds=8)
    assert abs(row.key.pace.rests_until - row.not_before) < timedelta(seconds=1)
    assert crew.wire.posts == 1


@pytest.mark.parametrize("status", [500, 503])
def test_busy_in_the_providers_own_words_is_tried_three_times(job, status):
    for expected in ("queued", "queued", "failed"):
        Submission.objects.update(not_before=None)
        live(job, an_error(status))
        assert row_of(job).status == expected

    assert row_of(job).error_code == "busy"


@pytest.mark.parametrize(
    ("status", "code", "is_paused"),
    [
        (400, "bad_order", False),
        (401, "bad_key", True),
        (402, "no_money", True),
        (403, "no_permission", True),
        (404, "bad_order", False),
    ],
)
def test_a_definite_no_is_final_and_a_faulty_key_is_paused(job, status, code, is_paused):
    live(job, an_error(status, "the provider's words"))

    row = row_of(job)
    assert (row.status, row.error_code, row.error_detail) == (
        "failed",
        code,
        "the provider's words",
    )
    assert row.key.is_paused == is_paused


def test_a_policy_refusal_is_blocked_not_failed(job):
    live(job, an_error(400, "prompt violates our content policy"))

    assert row_of(job).status == "blocked"


@pytest.mark.promise(29)
def test_a_secret_in_the_providers_words_is_not_kept(job):
    live(job, an_error(400, f"you sent Bearer {SECRET} to us"))

    assert SECRET not in row_of(job).error_detail
    assert "you sent" in row_of(job).error_detail


@pytest.mark.parametrize(
    "trouble",
    [
        NeverSent(),
        AnswerLost(),
        answer(200, "<html>"),
        answer(503, {"error": {"code": 503, "message": "busy"}}),
        answer(429, {"error": {"code": 429, "message": "slow down"}}),
        answer(401, {"error": {"code": 401, "message": "who are you"}}),
        answer(404, {"error": {"code": 404, "message": "no such task"}}),
    ],
)
def test_a_poll_that_goes_wrong_never_fails_the_job(job, trouble):
    crew = live(job, TAKEN, trouble, trouble, DONE)

    assert (row_of(job).status, crew.wire.posts) == ("saving", 1)


def test_polls_slow_down_while_they_go_wrong(job):
    crew = live(job, TAKEN, AnswerLost(), AnswerLost(), AnswerLost(), DONE)

    assert crew.rests[1] > 1.5 * crew.rests[0]
    assert max(crew.rests) < LONGEST * 1.1


def test_a_task_that_the_provider_gave_up_has_failed(job):
    gave_up = answer(200, {"data": {"status": "failed", "error": {"message": "gpu on fire"}}})

    live(job, TAKEN, gave_up)

    row = row_of(job)
    assert (row.status, row.error_code, row.error_detail) == ("failed", "failed", "gpu on fire")


GAVE_UP = answer(200, {"data": {"status": "failed", "error": {"message": "gpu on fire"}}})


@pytest.mark.parametrize("told", [DONE, GAVE_UP])
def test_what_ended_elsewhere_while_it_was_asked_after_is_left_alone(job, told):
    def end_elsewhere(_call):
        Submission.objects.update(status="succeeded")
        return told

    crew = live(job, TAKEN, end_elsewhere)

    assert (row_of(job).status, len(crew.wire.calls), len(crew.rests)) == ("succeeded", 2, 1)


def test_a_key_that_cannot_be_opened_fails_before_anything_is_sent(job):
    key = row_of(job).key
    type(key).objects.filter(pk=key.pk).update(sealed=b"")

    crew = live(job)

    assert (row_of(job).error_code, crew.wire.calls) == ("no_secret", [])


def test_a_bug_while_sending_leaves_the_outcome_open_not_the_row(job):
    with pytest.raises(ZeroDivisionError):
        live(job, ZeroDivisionError())

    assert row_of(job).status == "unknown"
