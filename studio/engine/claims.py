"""What a pump asks of the database: what to send, what to poll, what others left behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Min
from django.utils import timezone

from studio.accounts.models import User
from studio.engine import hold
from studio.engine.rota import Line
from studio.engine.saving import hint_pending, unsaved
from studio.engine.stumbles import sort_out
from studio.jobs.models import Submission
from studio.jobs.shards import of_shard
from studio.jobs.states import Status
from studio.providers.catalog import PROVIDERS
from studio.vault.models import ProviderKey
from studio.vault.queries import hurdle

POLLED = (
    *(
        "job_id",
        "key_id",
        "owner_id",
        "status",
        "claim",
        "count",
        "ordinal",
        "ticket",
        "accepted_at",
    ),
    *("progress", "poll_at", "forgotten_times", "forgotten_at", "sent_at", "tries"),
    *("job__provider", "job__model", "job__ratio", "job__resolution", "job__quality"),
    *("job__width", "job__height", "job__owner_id"),
)


def submissions(shard: int) -> Any:
    """All submissions that belong to this pump."""
    return of_shard(Submission.objects.all(), shard)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Who waits before which key. keys: by id, each with its owner."""

    lines: Sequence[Line]
    keys: Mapping[int, ProviderKey]


def look_at_queue(shard: int) -> Waiting:
    """What may go out as far as keys and members are concerned; nothing on hold. Reads only.

    The queue is read from its index alone, one row for each member and key.
    """
    groups = submissions(shard).waiting(timezone.now()).order_by().values("key_id", "owner_id")
    rows = [] if hold.is_on() else list(groups.annotate(waiting=Count("*"), first=Min("job_id")))
    if not rows:
        return Waiting(lines=(), keys={})
    lines = [Line(**row) for row in rows]
    keys = ProviderKey.objects.select_related("owner").in_bulk({line.key_id for line in lines})
    owners = {line.owner_id for line in lines}
    here = set(User.objects.filter(pk__in=owners, is_disabled=False).values_list("pk", flat=True))
    return Waiting(
        lines=[
            line
            for line in lines
            if line.owner_id in here and not hurdle(keys[line.key_id], line.owner_id)
        ],
        keys=keys,
    )


def claim(shard: int, claim: UUID, chosen: Mapping[Line, int]) -> list[Submission]:
    """Claim the oldest of each line, so many of it, with everything that a life reads."""
    claimed = []
    for line, count in chosen.items():
        waiting = submissions(shard).waiting(timezone.now())
        rows = with_order(waiting.filter(key=line.key_id, owner=line.owner_id))
        claimed += Submission.objects.take(list(rows[:count]), claim)
    return claimed


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look round has shown.

    running: what the pump does not know yet. left: what it polls and nobody waits for any more.
    keys: as they are now. is_untidy: whether there is anything for `tidy`.
    """

    running: Sequence[Submission]
    left: Sequence[UUID]
    keys: Sequence[ProviderKey]
    is_untidy: bool


def look_round(
    shard: int,
    claim: UUID,
    *,
    known: Set[UUID],
    polled: Set[UUID],
    sending: Collection[UUID],
    keys: Collection[int],
) -> Found:
    """Compare what a pump carries with the rows. Reads only."""
    rows = submissions(shard)
    running = set(rows.filter(status=Status.RUNNING).values_list("pk", flat=True))
    new, gone = running - known, polled - running
    askable = rows.filter(pk__in=new, status=Status.RUNNING, key__provider__in=PROVIDERS)
    return Found(
        running=list(with_ticket(askable)) if new else [],
        left=no_longer_waited_for(gone) if gone else [],
        keys=list(ProviderKey.objects.filter(pk__in=keys)),
        is_untidy=rows.abandoned(claim, sending).exists()
        or rows.keyless().exists()
        or unsaved(shard, timezone.now()).exists(),
    )


def tidy(shard: int, claim: UUID, sending: Collection[UUID]) -> None:
    """Sort out dead claims and deleted keys, hint at unsaved pictures."""
    rows = submissions(shard)
    for submission in with_order(rows.abandoned(claim, sending)):
        sort_out(submission)
    for submission in with_order(rows.keyless()):
        what = "key_deleted" if submission.key.deleted_at else "provider_gone"
        submission.fail(f"{what}_late" if submission.may_have_arrived else what)
    hint_pending(shard, timezone.now())


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
    """Submissions with all that is sent, so that a life need not ask again."""
    return rows.select_related("job__mask").prefetch_related(
        "key", "job__job_references__reference"
    )


def with_ticket(rows: Any) -> Any:
    """Submissions with what is needed to ask after them: thousands of them are kept in memory."""
    return rows.select_related("job").prefetch_related("key").only(*POLLED)


def weight(submission: Submission) -> int:
    """Bytes of the files that are sent with it; asks nothing when it came `with_order`."""
    job = submission.job
    files = [use.reference for use in job.job_references.all()]
    return sum(file.size for file in [*files, job.mask] if file)


def lighten(submission: Submission) -> None:
    """Forget what only sending needed."""
    job = submission.job
    job.__dict__.pop("prompt", None)  # read again where somebody asks
    job.__dict__.pop("_prefetched_objects_cache", None)
    job._state.fields_cache.pop("mask", None)
