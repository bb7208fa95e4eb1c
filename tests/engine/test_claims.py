"""What a pump reads of the rows: light, by its shard, and without a transaction."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.engine import claims
from studio.jobs.models import Job, Reference, Submission
from tests.conftest import make_job, make_key
from tests.engine.hooking import running

pytestmark = pytest.mark.django_db(transaction=True)


def look(shard: int = 0, *, known=(), polled=()) -> claims.Found:
    return claims.look_round(
        shard, uuid4(), known=set(known), polled=set(polled), sending=[], keys=[]
    )


def test_what_runs_and_is_not_known_is_found_without_its_prompt(bob):
    key = make_key(bob)
    new, known = running(key, {"task_id": "1"}), running(key, {"task_id": "2"})

    [found] = look(known=[known.pk]).running

    assert found == new
    assert found.ticket == {"task_id": "1"}
    assert "prompt" in found.job.get_deferred_fields()


def test_submissions_of_one_key_share_its_object(bob):
    key = make_key(bob)
    for number in range(3):
        running(key, {"task_id": str(number)})

    with CaptureQueriesContext(connection) as queries:
        found = look().running
        keys = {id(row.key) for row in found}

    assert len(keys) == 1
    assert len(queries) <= 8


def test_what_was_cancelled_meanwhile_is_left_and_what_was_saved_is_not(bob):
    key = make_key(bob)
    cancelled, saved = running(key, {"task_id": "1"}), running(key, {"task_id": "2"})
    cancelled.cancel(by="Bob")
    Submission.objects.filter(pk=saved.pk).update(status="saving")

    found = look(known=[cancelled.pk, saved.pk], polled=[cancelled.pk, saved.pk])

    assert list(found.left) == [cancelled.pk]


def test_each_shard_has_its_own(bob, settings):
    settings.STUDIO_SHARDS = 2
    rows = [running(make_key(bob, pk=pk), {"task_id": str(pk)}) for pk in (10, 11)]
    queued = make_job(bob, make_key(bob, pk=21)).submissions.get()

    assert [list(look(shard).running) for shard in (0, 1)] == [[rows[0]], [rows[1]]]
    assert [bool(claims.look_at_queue(shard).lines) for shard in (0, 1)] == [False, True]
    [line] = claims.look_at_queue(1).lines
    assert claims.claim(0, uuid4(), {line: 9}) == []
    assert claims.claim(1, uuid4(), {line: 9}) == [queued]


def test_what_only_sending_needed_is_forgotten_and_can_be_had_again(bob):
    make_job(bob, prompt="dunes at dawn")
    [row] = claims.with_order(Submission.objects.all())

    claims.lighten(row)

    assert "prompt" not in vars(row.job)
    assert row.job.prompt == "dunes at dawn"


def test_the_progress_of_many_takes_few_queries_and_moves_their_cards(bob):
    key = make_key(bob)
    rows = [running(key, {"task_id": str(number)}) for number in range(20)]
    before = dict(Job.objects.values_list("pk", "revision"))
    for number, row in enumerate(rows):
        row.progress = 10 if number % 2 else 90
    rows[0].cancel(by="Bob")
    before[rows[0].job_id] += 1

    with CaptureQueriesContext(connection) as queries:
        Submission.objects.note_progress(rows)

    after = dict(Job.objects.values_list("pk", "revision"))
    assert len(queries) == 3
    assert Submission.objects.filter(progress=10).count() == 10
    assert Submission.objects.filter(progress=90).count() == 9
    assert {pk for pk in after if after[pk] == before[pk] + 1} == {row.job_id for row in rows[1:]}


@pytest.mark.parametrize("status", ["queued", "running"])
def test_looking_for_work_reads_no_row_that_is_done_with(status):
    rows = Submission.objects.filter(status=status, not_before__lte=timezone.now())

    plan = rows.order_by().values("pk").explain()

    assert "submission_status" in plan


def test_a_claim_whose_commit_was_not_heard_of_is_put_back(bob):
    claim = uuid4()
    lost, sending = make_job(bob).submissions.get(), make_job(bob).submissions.get()
    for row in (lost, sending):
        row.take(claim)

    claims.tidy(0, claim, [sending.pk])

    assert Submission.objects.get(pk=lost.pk).status == "queued"
    assert Submission.objects.get(pk=sending.pk).status == "submitting"


def test_an_order_weighs_as_much_as_its_files(bob):
    job = make_job(bob)
    for size in (1000, 24):
        reference = Reference.objects.create(owner=bob, state="ready", size=size)
        job.job_references.create(reference=reference, position=size)
    job.mask = Reference.objects.create(owner=bob, state="ready", size=7)
    job.save()

    [row] = claims.with_order(Submission.objects.all())

    assert claims.weight(row) == 1031


# The queue --------------------------------------------------------------------------------------


def lines(shard: int = 0) -> dict[tuple[int, int], int]:
    return {line.pair: line.waiting for line in claims.look_at_queue(shard).lines}


def test_the_queue_is_told_by_member_and_key(bob, charlie):
    shared, own = make_key(bob, is_shared=True), make_key(charlie)
    for owner, key, count in [(bob, shared, 3), (charlie, shared, 1), (charlie, own, 2)]:
        for _ in range(count):
            make_job(owner, key)

    assert lines() == {(shared.pk, bob.pk): 3, (shared.pk, charlie.pk): 1, (own.pk, charlie.pk): 2}


@pytest.mark.parametrize(
    "change",
    [
        {"is_paused": True},
        {"is_shared": False},
        {"deleted_at": "2026-01-01T00:00Z"},
        {"owner": "disabled"},
        {"member": "disabled"},
        {"sandbox": "off"},
    ],
)
@pytest.mark.promise(39)
def test_nothing_goes_out_with_a_key_that_may_not_be_used(bob, charlie, settings, change):
    key = make_key(bob, is_shared=True)
    make_job(charlie, key)
    assert Submission.objects.due(timezone.now()).exists()

    if "sandbox" in change:
        settings.STUDIO_SANDBOX = False
    elif "owner" in change or "member" in change:
        who = bob if "owner" in change else charlie
        type(who).objects.filter(pk=who.pk).update(is_disabled=True)
    else:
        type(key).objects.update(**change)

    assert lines() == {}
    assert not Submission.objects.due(timezone.now()).exists()


def test_what_runs_with_the_key_of_a_disabled_member_is_still_asked_after(bob, charlie):
    key = make_key(bob, is_shared=True)
    row = running(key, {"task_id": "1"})
    type(bob).objects.filter(pk=bob.pk).update(is_disabled=True)

    assert list(look().running) == [row]


def test_what_waits_for_its_time_is_not_in_line(bob):
    make_job(bob)
    Submission.objects.update(not_before=timezone.now() + timedelta(seconds=9))

    assert lines() == {}


def test_the_oldest_orders_of_a_line_are_claimed_first(bob):
    key = make_key(bob)
    rows = [make_job(bob, key).submissions.get() for _ in range(5)]
    [line] = claims.look_at_queue(0).lines

    assert claims.claim(0, uuid4(), {line: 2}) == rows[:2]


def test_the_queue_is_read_from_its_index_alone(bob):
    waiting = Submission.objects.waiting(timezone.now())
    groups = waiting.order_by().values("key_id", "owner_id").annotate(n=Count("*"))

    plan = groups.explain()

    assert "COVERING INDEX submission_status" in plan or "Index Only Scan" in plan
    assert "TEMP B-TREE" not in plan


def test_the_next_of_a_line_are_found_without_sorting(bob):
    waiting = Submission.objects.waiting(timezone.now()).filter(key=1, owner=2)

    plan = waiting[:5].explain()

    assert "submission_status" in plan
    assert "TEMP B-TREE" not in plan


def test_many_are_taken_at_once_and_their_cards_say_so(bob):
    rows = [make_job(bob).submissions.select_related("job").get() for _ in range(3)]
    rows[2].cancel(by="Bob")
    claim = uuid4()

    with CaptureQueriesContext(connection) as queries:
        won = Submission.objects.take(rows, claim)

    assert won == rows[:2]
    assert len(queries) <= 8
    for row in won:
        assert (row.status, row.claim, row.tries, row.job.status) == (
            "submitting",
            claim,
            1,
            "submitting",
        )
    assert list(Job.objects.order_by("pk").values_list("status", "revision")) == [
        ("submitting", 2),
        ("submitting", 2),
        ("cancelled", 2),
    ]
    assert Submission.objects.take(rows, uuid4()) == []
