"""What the workers do again and again, and every how many minutes."""

from __future__ import annotations

from studio.queue import keep_schedules

CALENDAR = {
    "studio.upkeep.sweeps.count": 1,
    "studio.upkeep.sweeps.rows": 60,
    "studio.upkeep.sweeps.files": 60,
}


def keep() -> None:
    """Have the workers follow this calendar and no other."""
    keep_schedules(CALENDAR)
