"""Counting what happened, from the timelines of the jobs.

The events are a log that only grows: each is counted once, in the order of its number. A task adds
what is a minute old to a small table; whoever wants to know adds the events since. So a look costs
the same after a million jobs as after a hundred, and all processes agree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from studio.jobs.models import Event
from studio.jobs.models.job import Kind
from studio.upkeep.models import Count

BATCH = 20_000
# Numbers are given before a transaction is committed: by then those that were given earlier are.
SETTLED_AFTER = timedelta(seconds=60)
BOUNDS = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)  # seconds

ENDS = {
    Kind.ARCHIVED: "succeeded",
    Kind.PICTURES_LOST: "failed",
    Kind.FAILED: "failed",
    Kind.BLOCKED: "blocked",
    Kind.CANCELLED: "cancelled",
    Kind.STOPPED_WAITING: "cancelled",
    Kind.LOST_TRACK: "unknown",
}
FAULTS = {Kind.FAILED, Kind.BLOCKED, Kind.LOST_TRACK, Kind.PUT_BACK}

Key = tuple[str, str, str]  # name, provider, label
Counts = Counter[Key]


class Happening(NamedTuple):
    """One event, as far as it counts."""

    number: int
    at: Any
    kind: str
    provider: str
    facts: dict[str, Any]


def counts() -> Counts:
    """Everything up to now. Two queries; the first is one statement, and so of one moment."""
    found: Counts = Counter(
        {(row.name, row.provider, row.label): row.value for row in Count.objects.all()}
    )
    mark = int(found.pop((Count.MARK, "", ""), 0))
    found.update(counted(_since(mark)))
    return found


def roll_up(most: int = BATCH) -> int:
    """Add what is old enough to the table, so much at most. How many events that were."""
    with transaction.atomic():
        Count.objects.get_or_create(name=Count.MARK)
        mark = Count.objects.select_for_update().get(name=Count.MARK)
        cutoff = timezone.now() - SETTLED_AFTER
        rows = list(takewhile(lambda row: row.at <= cutoff, _since(int(mark.value), most)))
        if rows:
            _add(counted(rows))
            Count.objects.filter(pk=mark.pk).update(value=rows[-1].number)
    return len(rows)


def counted(rows: Iterable[Happening]) -> Counts:
    """What these events come to."""
    found: Counts = Counter()
    for row in rows:
        kind, provider, facts = row.kind, row.provider, row.facts
        if kind == Kind.PLACED:
            found["orders", provider, ""] += 1
        if kind == Kind.SENT:
            found["sent", provider, ""] += 1
        if kind in ENDS:
            found["ended", provider, ENDS[Kind(kind)]] += 1
        if kind in FAULTS:
            found["errors", provider, str(facts.get("reason") or "none")[:32]] += 1
        if kind == Kind.ARCHIVED:
            found["pictures", provider, ""] += facts.get("pictures", 0)
            found["bytes", provider, ""] += facts.get("bytes", 0)
        if kind == Kind.PROVIDER_DONE and "seconds" in facts:
            found["seconds", provider, _bucket(facts["seconds"])] += 1
            found["seconds", provider, "sum"] += facts["seconds"]
    return found


def _since(mark: int, most: int = BATCH) -> Iterable[Happening]:
    rows = Event.objects.filter(pk__gt=mark).order_by("pk")
    facts = rows.values_list("pk", "at", "kind", "job__provider", "facts")
    return (Happening(*row) for row in facts[:most])


def _bucket(seconds: float) -> str:
    place = bisect_left(BOUNDS, seconds)
    return str(BOUNDS[place]) if place < len(BOUNDS) else "+Inf"


def _add(found: Counts) -> None:
    for (name, provider, label), value in found.items():
        row = {"name": name, "provider": provider, "label": label}
        if not Count.objects.filter(**row).update(value=F("value") + value):
            Count.objects.create(**row, value=value)
