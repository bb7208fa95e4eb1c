"""Unknown outcomes: looked up, or decided once, by somebody whose name stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from studio.accounts.models import User
from studio.jobs import actions, outcomes
from studio.jobs.errors import NoTaskId, TaskTaken
from studio.jobs.models import Decision, Job, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.pages.scenes import scene

pytestmark = pytest.mark.django_db

MODELS = {"chatgpt2api": "gpt-image-2", "aigptimage": "gpt-image-2-text-to-image"}


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob)


def unknown(owner: User, key: ProviderKey, **fields: Any) -> Submission:
    job = scene(owner, key, Status.UNKNOWN, error="answer_lost", **fields)
    Submission.objects.filter(job=job).update(sent_at=timezone.now(), accepted_at=None)
    return fresh(job.submissions.get())


def fresh(submission: Submission) -> Submission:
    """As another request would read it."""
    return Submission.objects.select_related("job__owner", "key").get(pk=submission.pk)


def kinds(job: Job) -> list[tuple[str, dict[str, Any]]]:
    events = job.events.exclude(kind__in=["placed", "sent"]).order_by("pk")
    return list(events.values_list("kind", "facts"))


def states(job: Job) -> tuple[str, list[tuple[str, bool]]]:
    rows = job.submissions.order_by("ordinal").values_list("status", "is_superseded")
    return Job.objects.get(pk=job.pk).status, list(rows)


def hints() -> int:
    return OrmQ.objects.count()


# Deciding ---------------------------------------------------------------------------------------


def test_what_was_charged_ends_and_tells_who_said_so(bob: User, key: ProviderKey) -> None:
    submission = unknown(bob, key)

    assert outcomes.decide(submission, Decision.CHARGED, by=bob)

    row = fresh(submission)
    assert (row.decision, row.decided_by, row.error_code) == ("charged", bob, "charged")
    assert row.decided_at is not None
    assert row.finished_at is not None
    assert states(row.job) == ("failed", [("failed", False)])
    assert kinds(row.job) == [("charged", {"by": bob.name})]


def test_what_was_not_charged_may_be_ordered_again(bob: User, key: ProviderKey) -> None:
    submission = unknown(bob, key)

    assert outcomes.decide(submission, Decision.NOT_CHARGED, by=bob)
    assert actions.retry(submission.job, by=bob)

    assert states(submission.job) == ("queued", [("failed", True), ("queued", False)])


@pytest.mark.promise(1)
@pytest.mark.promise(3)
def test_what_is_sent_again_is_a_new_order_under_a_new_id(bob: User, key: ProviderKey) -> None:
    submission = unknown(bob, key, count=3)

    assert outcomes.send_again(submission, by=bob)

    old, new = submission.job.submissions.order_by("ordinal")
    assert (old.pk, old.decision, old.decided_by) == (submission.pk, "not_charged", bob)
    assert (new.count, new.ordinal, new.sent_at, new.body_hash) == (3, 2, None, "")
    assert states(submission.job) == ("queued", [("failed", True), ("queued", False)])
    assert kinds(submission.job) == [
        ("not_charged", {"by": bob.name}),
        ("retried", {"by": bob.name}),
    ]


@pytest.mark.promise(1)
def test_where_one_id_is_charged_once_the_same_order_goes_out_again(bob: User) -> None:
    key = make_key(bob, provider="gptimage2plus")
    submission = unknown(bob, key)
    Submission.objects.filter(pk=submission.pk).update(body_hash="a" * 64, tries=5)

    assert outcomes.send_again(fresh(submission), by=bob)

    row = fresh(submission)
    assert (row.status, row.tries, row.body_hash) == ("queued", 0, "a" * 64)
    assert (row.decision, row.decided_by, row.may_have_arrived) == ("repeated", bob, True)
    assert kinds(row.job) == [("repeated", {"by": bob.name})]


@pytest.mark.promise(12)
@pytest.mark.parametrize("first", ["charged", "not_charged", "again"])
@pytest.mark.parametrize("second", ["charged", "not_charged", "again"])
def test_two_who_decide_at_once_are_one_decision(
    bob: User, charlie: User, key: ProviderKey, first: str, second: str
) -> None:
    ways = {
        "charged": lambda row, by: outcomes.decide(row, Decision.CHARGED, by=by),
        "not_charged": lambda row, by: outcomes.decide(row, Decision.NOT_CHARGED, by=by),
        "again": lambda row, by: outcomes.send_again(row, by=by),
    }
    mine = unknown(bob, key)
    theirs = fresh(mine)

    won = [ways[first](mine, bob), ways[second](theirs, charlie)]

    assert won == [True, False]
    assert fresh(mine).decided_by == bob
    assert mine.job.submissions.count() == (2 if first == "again" else 1)


@pytest.mark.parametrize("change", [{"deleted_at": "2026-01-01T00:00Z"}, {"is_shared": False}])
def test_nothing_is_sent_with_a_key_that_may_not_be_used_any_more(
    bob: User, charlie: User, change: dict[str, Any]
) -> None:
    lent = make_key(charlie, is_shared=True)
    submission = unknown(bob, lent)
    ProviderKey.objects.filter(pk=lent.pk).update(**change)

    assert not outcomes.send_again(fresh(submission), by=charlie)
    assert fresh(submission).status == "unknown"
    assert outcomes.decide(submission, Decision.NOT_CHARGED, by=charlie)


def test_of_several_orders_each_is_decided_alone(bob: User) -> None:
    key = make_key(bob, provider="aigptimage")
    job = make_job(bob, key, count=2, model=MODELS["aigptimage"], resolution="1K")
    first = job.submissions.get()
    second = Submission.objects.create(job=job, key=key, ordinal=2)
    job.submissions.update(status="unknown", count=1)
    job.follow()

    outcomes.decide(fresh(first), Decision.CHARGED, by=bob)
    half_way = states(job)
    outcomes.send_again(fresh(second), by=bob)

    assert half_way == ("unknown", [("failed", False), ("unknown", False)])
    assert states(job) == ("queued", [("failed", False), ("failed", True), ("queued", False)])


# A late answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", [Decision.CHARGED, Decision.NOT_CHARGED])
def test_a_late_answer_is_heeded_whatever_was_decided(
    bob: User, key: ProviderKey, decision: Decision
) -> None:
    submission = unknown(bob, key)
    outcomes.decide(submission, decision, by=bob)

    assert fresh(submission).revive({"task_id": "t"}, timezone.now())
    assert not fresh(submission).revive({"task_id": "t"}, timezone.now())

    row = fresh(submission)
    assert (row.status, row.ticket, row.decision) == ("running", {"task_id": "t"}, decision)
    assert states(row.job) == ("running", [("running", False)])
    assert kinds(row.job)[-1] == ("answered_late", {})


def test_a_late_answer_counts_beside_what_was_sent_again(bob: User, key: ProviderKey) -> None:
    submission = unknown(bob, key)
    outcomes.send_again(submission, by=bob)
    new = submission.job.submissions.get(status="queued")
    new.fail("busy")

    fresh(submission).revive({"task_id": "t"}, timezone.now())

    assert states(submission.job) == ("running", [("running", False), ("failed", False)])


def test_what_failed_without_a_decision_is_not_revived(bob: User, key: ProviderKey) -> None:
    job = scene(bob, key, Status.FAILED, error="busy")

    assert not fresh(job.submissions.get()).revive({"task_id": "t"}, timezone.now())


# Looking it up ----------------------------------------------------------------------------------


def test_it_is_asked_for_by_the_id_that_a_person_found(
    bob: User, key: ProviderKey, django_capture_on_commit_callbacks: Any
) -> None:
    submission = unknown(bob, key)

    with django_capture_on_commit_callbacks(execute=True):
        assert outcomes.look_up(submission, by=bob, task_id="  task_01K \n")

    row = fresh(submission)
    assert (row.sought_ticket, row.is_sought, row.status) == (
        {"task_id": "task_01K"},
        True,
        "unknown",
    )
    assert kinds(row.job) == [("sought", {"by": bob.name, "task": "task_01K"})]
    assert hints() == 1


def test_it_is_asked_for_by_our_own_id_where_the_provider_keeps_that(bob: User) -> None:
    submission = unknown(bob, make_key(bob, provider="chatgpt2api"))

    assert outcomes.look_up(submission, by=bob)

    assert fresh(submission).sought_ticket == {"task_id": str(submission.pk)}


def test_it_is_not_asked_for_twice_at_once_but_again_later(
    bob: User, key: ProviderKey, time_machine: Any
) -> None:
    time_machine.move_to("2026-11-21T12:00:00+00:00", tick=False)
    submission = unknown(bob, key)

    asked = [outcomes.look_up(submission, by=bob, task_id="task_01K") for _ in range(2)]
    time_machine.shift(61)
    later = outcomes.look_up(submission, by=bob, task_id="task_01K")

    assert (asked, later) == ([True, False], True)


@pytest.mark.parametrize("typed", ["", "   ", "...", "two words", "a,b", "x" * 501, "a\x00b", "“”"])
def test_what_can_be_no_id_is_refused(bob: User, key: ProviderKey, typed: str) -> None:
    submission = unknown(bob, key)

    with pytest.raises(NoTaskId):
        outcomes.look_up(submission, by=bob, task_id=typed)

    assert fresh(submission).sought_at is None


def test_an_id_that_belongs_to_another_order_is_refused(bob: User, key: ProviderKey) -> None:
    other = scene(bob, key, Status.SUCCEEDED)
    other.submissions.update(ticket={"task_id": "task_01K"})

    with pytest.raises(TaskTaken, match=str(other.pk)) as caught:
        outcomes.look_up(unknown(bob, key), by=bob, task_id="task_01K")

    assert f"job {other.pk}" in str(caught.value.message)


@pytest.mark.parametrize("status", [status for status in Status if status != Status.UNKNOWN])
def test_only_what_is_unknown_is_looked_up(bob: User, key: ProviderKey, status: Status) -> None:
    job = scene(bob, key, status)

    assert not outcomes.look_up(fresh(job.submissions.get()), by=bob, task_id="task_01K")


def test_what_came_of_it_is_told_once(bob: User, key: ProviderKey) -> None:
    submission = unknown(bob, key)
    outcomes.look_up(submission, by=bob, task_id="task_01K")
    asked = fresh(submission)

    assert asked.note_not_found("unknown_task")
    assert not asked.note_not_found("unknown_task")

    assert (fresh(submission).sought_code, fresh(submission).is_sought) == ("unknown_task", False)
    assert kinds(asked.job)[-1] == ("not_found", {"reason": "unknown_task"})


# Who --------------------------------------------------------------------------------------------


@pytest.mark.promise(34)
def test_owners_of_job_and_key_and_admins_may_decide(alice: User, bob: User, charlie: User) -> None:
    dora = User.objects.create_user("dora@example.com", name="Dora Stranger")
    submission = unknown(bob, make_key(charlie, is_shared=True))

    may = {
        member.name: Submission.objects.decidable_by(member).filter(pk=submission.pk).exists()
        for member in (alice, bob, charlie, dora)
    }

    assert may == {
        "Alice Admin": True,
        "Bob Member": True,
        "Charlie Other": True,
        "Dora Stranger": False,
    }
