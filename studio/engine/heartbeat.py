"""The workers' sign of life.

Every task shows one when it begins, a pump whenever it renews its lease, and the supervisor
enqueues an empty task when all is quiet. The limit is longer than a healthy cluster may be silent:
slow downloads can hold every worker for a while, and then none begins anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from studio.engine import leases
from studio.engine.models import Heartbeat, Lease

WORKERS = "workers"
SILENT_FOR = timedelta(seconds=60)


def beat(name: str = WORKERS) -> None:
    """Say that a worker of this name has just begun a task."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def last_beat(name: str = WORKERS) -> datetime | None:
    """When a worker last began a task or renewed a lease."""
    begun = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    until = Lease.objects.aggregate(latest=Max("until"))["latest"]
    renewed = until - leases.LENGTH if until else None
    return max((at for at in (begun, renewed) if at), default=None)
