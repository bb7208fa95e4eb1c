"""On hold nothing is sent, asked after or fetched; lifting it pays for nothing twice."""

from __future__ import annotations

from datetime import timedelta
from inspect import isfunction
from uuid import uuid4

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from studio.engine import claims, hold, leases, tasks
from studio.engine.models import Hold, Lease, Reason
from studio.jobs import actions
from studio.jobs.models import WAITING, Event, Image, Reference, Submission
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key

OBEYING = {"pump", "save_picture", "fetch_reference", "test_key", "look_up"}
CONNECTING_TO_NOBODY = {"beat"}
STATUSES = ["queued", "submitting", "running", "saving", "unknown", "succeeded"]


def restored() -> Hold:
    """As a restore leaves it: everything that is there came out of the backup."""
    return hold.begin(Reason.RESTORED, by="manage.py", doubtful_until=timezone.now())


def one_of_each(owner, key) -> dict[str, Submission]:
    found = {}
    for status in STATUSES:
        job = make_job(owner, key, prompt=status)
        job.submissions.update(status=status, claim=uuid4() if status == "submitting" else None)
        job.follow()
        found[status] = job.submissions.get()
    return found


def outcome(submission: Submission) -> tuple[str, str]:
    submission.refresh_from_db()
    return submission.status, submission.error_code


@pytest.mark.promise(46)
def test_no_task_connects_to_anybody(bob):
    key = make_key(bob, test_status="waiting")
    job = make_job(bob, key)
    image = Image.objects.create(
        job=job, submission=job.submissions.get(), number=1, url="http://127.0.0.1:9/a.png"
    )
    reference = Reference.objects.create(
        owner=bob, state="fetching", source_url="http://127.0.0.1:9/b.png"
    )
    lost = make_job(bob, key).submissions.get()
    Submission.objects.filter(pk=lost.pk).update(
        status="unknown", sought_code=WAITING, sought_ticket={"task_id": "task_1"}
    )
    restored()

    tasks.look_up(str(lost.pk))
    tasks.pump(0)
    tasks.save_picture(image.pk)
    tasks.fetch_reference(reference.pk)
    tasks.test_key(key.pk)

    assert not Lease.objects.exists()
    assert outcome(job.submissions.get())[0] == "queued"
    assert Image.objects.values_list("state", "tries").get() == ("pending", 0)
    assert Reference.objects.get().state == "fetching"
    assert ProviderKey.objects.get().test_status == "waiting"
    lost.refresh_from_db()
    assert (lost.status, lost.sought_code) == ("unknown", WAITING)


@pytest.mark.promise(46)
def test_every_task_is_known_to_obey_or_to_connect_to_nobody():
    """A new task belongs into one of the two; what the first ones do on hold is shown above."""
    functions = {name for name, one in vars(tasks).items() if isfunction(one)}
    own = {name for name in functions if vars(tasks)[name].__module__ == tasks.__name__}

    assert {name for name in own if name[0] != "_"} == OBEYING | CONNECTING_TO_NOBODY


@pytest.mark.promise(46)
def test_nobody_wakes_a_pump_and_a_running_one_claims_nothing(bob):
    make_job(bob)
    assert leases.has_work_without_pump()

    restored()

    assert not leases.has_work(0)
    assert not leases.has_work_without_pump()
    assert claims.look_at_queue(0).lines == ()


@pytest.mark.promise(46)
@pytest.mark.promise(1)
def test_what_the_backup_held_is_set_aside_unless_told_otherwise(bob):
    rows = one_of_each(bob, make_key(bob))
    sent = make_job(bob, rows["queued"].key, prompt="sent").submissions.get()
    Submission.objects.filter(pk=sent.pk).update(
        status="submitting", claim=uuid4(), sent_at=timezone.now()
    )
    found = restored()

    assert hold.plan(found) == hold.Plan(doubtful=3, waiting=0, running=2, unknown=1)
    assert hold.lift(found, by="Alice Admin")

    assert outcome(rows["queued"]) == outcome(rows["submitting"]) == ("cancelled", "restored")
    assert outcome(sent) == ("unknown", "restored")
    for status in ["running", "saving", "unknown", "succeeded"]:
        assert outcome(rows[status])[0] == status
    found.refresh_from_db()
    assert (found.lifted_by, found.set_aside, hold.current()) == ("Alice Admin", 3, None)
    assert {event.kind for event in rows["queued"].job.events.all()} == {"set_aside"}


@pytest.mark.promise(46)
def test_they_are_sent_where_that_was_chosen(bob):
    rows = one_of_each(bob, make_key(bob))
    found = restored()

    hold.lift(found, by="Alice Admin", send_doubtful=True)

    assert outcome(rows["queued"])[0] == "queued"
    assert outcome(rows["submitting"])[0] == "submitting"  # the pump sorts it out
    assert not Event.objects.exists()
    assert leases.has_work_without_pump()


def test_what_is_placed_on_hold_waits_and_is_sent_afterwards(bob, charlie):
    found = restored()
    job = make_job(bob)

    assert hold.plan(found) == hold.Plan(doubtful=0, waiting=1, running=0, unknown=0)
    hold.lift(found, by="Alice Admin")

    assert outcome(job.submissions.get())[0] == "queued"
    assert leases.has_work_without_pump()


def test_ordering_again_what_was_set_aside_is_a_new_submission_that_goes_out(bob):
    job = make_job(bob)
    found = restored()
    hold.lift(found, by="Alice Admin")
    job.refresh_from_db()

    assert actions.retry(job, by=bob)

    assert sorted(job.submissions.values_list("status", "is_superseded")) == [
        ("cancelled", True),
        ("queued", False),
    ]


def test_a_pause_doubts_nothing(bob):
    rows = one_of_each(bob, make_key(bob))
    found = hold.begin(Reason.PAUSED, by="Alice Admin")

    assert hold.plan(found).doubtful == 0
    assert hold.lift(found, by="Alice Admin")

    assert outcome(rows["queued"])[0] == "queued"
    assert not hold.lift(found, by="Bob Member")
    found.refresh_from_db()
    assert found.lifted_by == "Alice Admin"


def test_a_second_hold_is_the_first(alice):
    first = hold.begin(Reason.PAUSED, by="Alice Admin")

    assert hold.begin(Reason.PAUSED, by="Bob Member") == first
    assert Hold.objects.count() == 1


def test_a_lifting_that_was_killed_half_way_is_finished_later(bob):
    rows = one_of_each(bob, make_key(bob))
    found = restored()
    rows["queued"].set_aside()

    assert hold.is_on()
    hold.lift(found, by="Alice Admin")

    assert outcome(rows["submitting"]) == ("cancelled", "restored")


def test_lifting_asks_for_everything_that_was_not_done(bob, django_capture_on_commit_callbacks):
    key = make_key(bob, test_status="waiting")
    make_job(bob, key).submissions.update(status="unknown", sought_code=WAITING)
    Reference.objects.create(owner=bob, state="fetching", source_url="https://example.com/a.png")
    found = hold.begin(Reason.PAUSED, by="Alice Admin")

    with django_capture_on_commit_callbacks(execute=True):
        hold.lift(found, by="Alice Admin")

    asked = {message.task["func"].rpartition(".")[2] for message in OrmQ.objects.all()}
    assert asked == {"pump", "fetch_reference", "test_key", "look_up"}


def test_cards_of_waiting_orders_are_drawn_again(bob):
    job = make_job(bob)
    before = job.revision

    hold.lift(hold.begin(Reason.PAUSED, by="Alice Admin"), by="Alice Admin")

    job.refresh_from_db()
    assert job.revision == before + 2


def test_an_order_of_a_moment_before_the_backup_is_in_doubt(bob):
    job = make_job(bob)
    until = job.submissions.get().created_at
    found = hold.begin(Reason.RESTORED, by="manage.py", doubtful_until=until)
    later = make_job(bob, job.key)
    Submission.objects.filter(job=later).update(created_at=until + timedelta(microseconds=1))

    assert list(hold.doubtful(found)) == [job.submissions.get()]
