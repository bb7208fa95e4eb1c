"""Who pumps a shard: one holder at a time, by the database's clock."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import DateTimeField, Exists, ExpressionWrapper
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from studio.engine import board, hold
from studio.engine.claims import submissions
from studio.engine.models import Lease
from studio.engine.saving import unsaved
from studio.jobs.states import Status

LENGTH = timedelta(seconds=15)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _until() -> ExpressionWrapper[CombinedExpression]:
    return ExpressionWrapper(Now() + LENGTH, output_field=DateTimeField())


def take(shard: int) -> UUID | None:
    """A token when the shard was free, and no pump runs by another number of shards; else None."""
    Lease.objects.get_or_create(shard=shard, defaults={"token": uuid4(), "until": LONG_AGO})
    token = uuid4()
    others = Lease.objects.filter(until__gte=Now()).exclude(shards=settings.STUDIO_SHARDS)
    rows = Lease.objects.filter(~Exists(others), shard=shard, until__lt=Now())
    won = rows.update(token=token, until=_until(), shards=settings.STUDIO_SHARDS, holder=machine())
    return token if won else None


def renew(shard: int, token: UUID) -> bool:
    """Hold on for another LENGTH. False: somebody else has it, stop."""
    rows = Lease.objects.filter(shard=shard, token=token, until__gte=Now())
    won = bool(rows.update(until=_until()))
    if won:
        board.ours().beat()
    return won


def release(shard: int, token: UUID) -> None:
    """Give the shard back at once."""
    Lease.objects.filter(shard=shard, token=token).update(until=LONG_AGO)


def give_back(since: timedelta) -> None:
    """End the leases of this machine's dead cluster, which were taken before so long ago, at once.

    Those of other machines run out by themselves.
    """
    begun = ExpressionWrapper(Now() + (LENGTH - since), output_field=DateTimeField())
    Lease.objects.filter(holder=machine(), until__lt=begun).update(until=LONG_AGO)


def machine() -> UUID:
    """The data folder that this process works in: its lock lets one cluster pump there."""
    path = Path(settings.RUN_DIR, "machine")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(str(uuid4()))
        with suppress(FileExistsError):
            path.hardlink_to(draft)  # whole or not at all, and only the first
        draft.unlink()
    return UUID(path.read_text())


def has_work(shard: int) -> bool:
    """Whether anything is there to claim, to poll, to sort out or to fetch: never on hold."""
    if hold.is_on():
        return False
    now = timezone.now()
    rows = submissions(shard)
    return bool(
        rows.filter(status__in=[Status.SUBMITTING, Status.RUNNING]).exists()
        or rows.due(now).exists()
        or rows.keyless().exists()
        or unsaved(shard, now).exists()
    )


def shards_without_pump() -> list[int]:
    """Where work is waiting and no pump holds the lease: the supervisor wakes these."""
    held = set(Lease.objects.filter(until__gte=Now()).values_list("shard", flat=True))
    return [
        shard for shard in range(settings.STUDIO_SHARDS) if shard not in held and has_work(shard)
    ]


def has_work_without_pump() -> bool:
    """Work is waiting somewhere that nobody looks after."""
    return bool(shards_without_pump())
