"""The workers' sign of life.

Every task shows one when it begins, a pump whenever it renews its lease, and the supervisor
enqueues an empty task when all is quiet. It goes to two places: the row of the lane tells everybody
that somebody serves it; the board tells the supervisor that its own workers do. The limit is longer
than a healthy cluster may be silent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from studio.engine import board, leases
from studio.engine.models import Heartbeat, Lease
from studio.queue import LANES, Lane

WORKERS = "workers"
SILENT_FOR = timedelta(seconds=60)

PUMPING = (WORKERS, "engine")


def name_of(lane: Lane | None) -> str:
    """Under which name the workers of a lane show signs of life; None is the only lane."""
    return lane or WORKERS


def names() -> list[str]:
    """Whose signs of life are to be expected."""
    return list(LANES) if settings.STUDIO_LANES == "SPLIT" else [WORKERS]


def beat() -> None:
    """Say that a worker of this branch has just begun a task."""
    board.ours().beat()
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=board.Branch.name, at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def last_beat(name: str = WORKERS) -> datetime | None:
    """When a worker of this lane last began a task or renewed a lease."""
    begun = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    until = Lease.objects.aggregate(latest=Max("until"))["latest"] if name in PUMPING else None
    renewed = until - leases.LENGTH if until else None
    return max((at for at in (begun, renewed) if at), default=None)
