"""What a pump asks of the database: what to send, what to poll, what others left behind."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from studio.engine import hold
from studio.engine.life import sort_out
from studio.engine.saving import hint_pending
from studio.jobs.models import Submission
from studio.jobs.orders import model_of
from studio.jobs.shards import of_shard
from studio.jobs.states import Status


def submissions(shard: int) -> Any:
    """All submissions that belong to this pump."""
    return of_shard(Submission.objects.all(), shard)


def has_due(shard: int, resting_keys: Collection[int]) -> bool:
    """Whether there is anything to claim. Reads only."""
    return bool(_due(shard, resting_keys).exists())


def claim_due(
    shard: int, claim: UUID, room: int, resting_keys: Collection[int]
) -> list[Submission]:
    """Claim what is due, `room` of it at most, with everything that a life reads."""
    claimed = []
    for submission in with_order(_due(shard, resting_keys))[:room]:
        limit = model_of(submission.job).max_concurrent
        if limit and _in_flight(submission.key_id) >= limit:
            continue
        if submission.take(claim):
            claimed.append(submission)
    return claimed


def take_up(shard: int, claim: UUID, known: Collection[UUID]) -> list[Submission]:
    """Sort out dead claims and deleted keys, hint at unsaved pictures, find what to poll."""
    rows = submissions(shard)
    for submission in with_order(rows.abandoned(claim)):
        sort_out(submission)
    for submission in with_order(rows.keyless()):
        submission.fail("key_deleted" if submission.status == Status.QUEUED else "key_deleted_late")
    hint_pending(shard, timezone.now())
    running = rows.filter(status=Status.RUNNING).exclude(pk__in=known)
    return list(with_order(running))


def has_called(shard: int) -> bool:
    """Whether a provider has called since the last look. Reads only."""
    return bool(submissions(shard).poked().exists())


def hear(shard: int, known: Collection[UUID]) -> list[UUID]:
    """Which of these have been called for. What was heard is wiped, so that it is heard once."""
    called = set(submissions(shard).poked().values_list("pk", flat=True)).intersection(known)
    if called:
        Submission.objects.filter(pk__in=called).update(poked_at=None)
    return list(called)


def no_longer_waited_for(known: Collection[UUID]) -> list[UUID]:
    """Which of these ended otherwise: cancelled, or their key deleted. Never one just going out."""
    over = [Status.CANCELLED, Status.FAILED]
    return list(
        Submission.objects.filter(pk__in=known, status__in=over).values_list("pk", flat=True)
    )


def with_order(rows: Any) -> Any:
    """Submissions with all that a life reads, so that it need not ask again."""
    return rows.select_related("job__owner", "job__mask", "key__owner").prefetch_related(
        "job__job_references__reference"
    )


def _due(shard: int, resting_keys: Collection[int]) -> QuerySet[Submission]:
    """Nothing while the studio is on hold."""
    due: QuerySet[Submission] = submissions(shard).due(timezone.now()).exclude(key__in=resting_keys)
    return due.none() if hold.is_on() else due


def _in_flight(key_id: int) -> int:
    flying = [Status.SUBMITTING, Status.RUNNING]
    return Submission.objects.filter(key=key_id, status__in=flying).count()
