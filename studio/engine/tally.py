"""A pump's account of itself: how much it carries, and how late its polls are."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from studio.engine.models import PumpReport


class Tally:
    """Counts for a period; `take` ends it and begins the next."""

    def __init__(self) -> None:
        self.begun_at = monotonic()
        self.lags: list[float] = []
        self.sent = 0

    def poll(self, planned_at: datetime | None) -> None:
        """A poll begins now."""
        late = (timezone.now() - planned_at).total_seconds() if planned_at else 0.0
        self.lags.append(max(0.0, late))  # earlier than planned after a hint

    def take(self) -> dict[str, Any]:
        """The facts of the period that ends now, as `write` takes them. Times in seconds."""
        now = monotonic()
        seconds, lags, sent = now - self.begun_at, sorted(self.lags), self.sent
        self.begun_at, self.lags, self.sent = now, [], 0
        return {
            "seconds": seconds,
            "polls": len(lags),
            "sent": sent,
            "polls_per_second": len(lags) / max(seconds, 0.001),
            "lag_p50": _share(lags, 0.5),
            "lag_p95": _share(lags, 0.95),
            "lag_max": _share(lags, 1.0),
        }


def write(shard: int, **facts: Any) -> None:
    """Keep the facts of a period; those that are counted since the beginning grow."""
    rows = PumpReport.objects.filter(shard=shard)
    grown = {"polls": F("polls") + facts["polls"], "sent": F("sent") + facts["sent"]}
    if not rows.update(**{**facts, **grown}, at=Now()):
        PumpReport.objects.create(shard=shard, at=Now(), **facts)


def _share(ordered: list[float], share: float) -> float | None:
    return ordered[round((len(ordered) - 1) * share)] if ordered else None
