"""Who pumps a shard: one holder at a time, by the database's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from studio.engine.models import Lease
from studio.jobs.models import Image, Submission
from studio.jobs.states import Status

LENGTH = timedelta(seconds=15)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _until() -> ExpressionWrapper[CombinedExpression]:
    return ExpressionWrapper(Now() + LENGTH, output_field=DateTimeField())


def take(shard: int) -> UUID | None:
    """A token when the shard was free, else None."""
    Lease.objects.get_or_create(shard=shard, defaults={"token": uuid4(), "until": LONG_AGO})
    token = uuid4()
    rows = Lease.objects.filter(shard=shard, until__lt=Now())
    return token if rows.update(token=token, until=_until()) else None


def renew(shard: int, token: UUID) -> bool:
    """Hold on for another LENGTH. False: somebody else has it, stop."""
    rows = Lease.objects.filter(shard=shard, token=token, until__gte=Now())
    return bool(rows.update(until=_until()))


def release(shard: int, token: UUID) -> None:
    """Give the shard back at once."""
    Lease.objects.filter(shard=shard, token=token).update(until=LONG_AGO)


def give_back(since: timedelta) -> None:
    """End the leases of a dead cluster, which were taken before so long ago, at once.

    On SQLite only: elsewhere another machine's pump may hold them.
    """
    if connection.vendor == "sqlite":
        begun = ExpressionWrapper(Now() + (LENGTH - since), output_field=DateTimeField())
        Lease.objects.filter(until__lt=begun).update(until=LONG_AGO)


def has_work() -> bool:
    """Whether anything is there to claim, to poll, to sort out or to fetch."""
    now = timezone.now()
    in_flight = Submission.objects.filter(status__in=[Status.SUBMITTING, Status.RUNNING])
    return (
        in_flight.exists()
        or Submission.objects.due(now).exists()
        or Submission.objects.keyless().exists()
        or Image.objects.filter(state="pending", fetch_at__lte=now).exists()
    )


def has_work_without_pump() -> bool:
    """Work is waiting and no pump holds a lease: the supervisor wakes one."""
    return not Lease.objects.filter(until__gte=Now()).exists() and has_work()
