"""How the studio is doing, in figures: all from the database, so that every process says the same.

Nine queries, two more with split lanes; none reads more than what is unfinished or of the last
minute.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import django
from django.conf import settings
from django.db.models import Count as Number
from django.db.models import Min
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from studio import queue
from studio.engine import hold
from studio.engine.disk import MB, free_mb
from studio.engine.heartbeat import names
from studio.engine.models import Heartbeat, PumpReport
from studio.jobs.models import Image, Submission
from studio.jobs.states import Status
from studio.upkeep.counting import BOUNDS, Counts, counts
from studio.upkeep.manifest import release
from studio.vault.models import ProviderKey

UNDECIDED = [Status.QUEUED, Status.SUBMITTING, Status.RUNNING, Status.SAVING, Status.UNKNOWN]
COUNTERS = {
    "orders": ("darkroom_orders", "Orders placed", ["provider"]),
    "sent": ("darkroom_calls_sent", "Calls that may cost money, sent", ["provider"]),
    "ended": ("darkroom_submissions_ended", "Submissions ended", ["provider", "status"]),
    "errors": ("darkroom_errors", "What went wrong, by error code", ["provider", "code"]),
    "pictures": ("darkroom_pictures_saved", "Pictures archived", ["provider"]),
    "bytes": ("darkroom_saved_bytes", "Bytes of archived originals", ["provider"]),
}


class Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        yield build()
        yield from submissions()
        found = counts()
        yield from counters(found)
        yield durations(found)
        yield from lanes()
        yield from pumps()
        yield keys()
        yield from pictures()
        yield from machine()


def build() -> Metric:
    versions = {
        "version": release(),
        "python": platform.python_version(),
        "django": django.get_version(),
    }
    return InfoMetricFamily("darkroom_build", "What is running", value=versions)


def submissions() -> Iterator[Metric]:
    """What is unfinished, and what waits for a person."""
    by = ["provider", "status"]
    number = GaugeMetricFamily("darkroom_submissions", "Submissions not ended", labels=by)
    age = GaugeMetricFamily("darkroom_submissions_age_seconds", "Age of the oldest", labels=by)
    rows = Submission.objects.filter(status__in=UNDECIDED, is_superseded=False)
    found = rows.values_list("job__provider", "status").order_by()
    for provider, status, count, oldest in found.annotate(Number("pk"), Min("created_at")):
        number.add_metric([provider, status], count)
        age.add_metric([provider, status], seconds_since(oldest))
    yield number
    yield age


def counters(found: Counts) -> Iterator[Metric]:
    for name, (metric, help_text, labels) in COUNTERS.items():
        family = CounterMetricFamily(metric, help_text, labels=labels)
        for (counted, provider, label), value in sorted(found.items()):
            if counted == name:
                family.add_metric([provider, label][: len(labels)], value)
        yield family


def durations(found: Counts) -> Metric:
    """From a provider's acceptance to its “done”."""
    family = HistogramMetricFamily(
        "darkroom_submission_seconds", "From accepted to done", labels=["provider"]
    )
    mine = {(p, label): value for (name, p, label), value in found.items() if name == "seconds"}
    for provider in sorted({provider for provider, _ in mine}):
        buckets, total = [], 0.0
        for bound in (*map(str, BOUNDS), "+Inf"):
            total += mine.get((provider, bound), 0)
            buckets.append((bound if bound == "+Inf" else f"{bound}.0", total))
        family.add_metric([provider], buckets, mine.get((provider, "sum"), 0.0))
    return family


def lanes() -> Iterator[Metric]:
    waits = GaugeMetricFamily(
        "darkroom_queue_age_seconds", "Age of the oldest message nobody took", labels=["lane"]
    )
    is_split = settings.STUDIO_LANES == "SPLIT"
    for lane in queue.LANES if is_split else queue.LANES[-1:]:
        with suppress(queue.QueueError):  # what cannot be known is left out
            since = queue.first_waiting(lane)
            waits.add_metric([lane if is_split else "all"], seconds_since(since))
    yield waits
    beats = GaugeMetricFamily(
        "darkroom_heartbeat_age_seconds", "Since workers began a task", labels=["name"]
    )
    for beat in Heartbeat.objects.filter(name__in=names()):
        beats.add_metric([beat.name], seconds_since(beat.at))
    yield beats


def pumps() -> Iterator[Metric]:
    now = PumpReport.objects.filter(shard__lt=settings.STUDIO_SHARDS)
    reports = list(now.order_by("shard"))
    facts = {
        "in_flight": ("Submissions that a pump carries", GaugeMetricFamily),
        "calls_out": ("Calls that are out", GaugeMetricFamily),
        "polls": ("Polls begun", CounterMetricFamily),
        "sent": ("Orders sent", CounterMetricFamily),
    }
    for name, (help_text, family) in facts.items():
        metric = family(f"darkroom_pump_{name}", help_text, labels=["shard"])
        for report in reports:
            metric.add_metric([str(report.shard)], getattr(report, name))
        yield metric
    age = GaugeMetricFamily("darkroom_pump_age_seconds", "Since it reported", labels=["shard"])
    lag = GaugeMetricFamily(
        "darkroom_poll_lag_seconds", "How late polls begin", labels=["shard", "quantile"]
    )
    for report in reports:
        age.add_metric([str(report.shard)], seconds_since(report.at))
        lags = {"0.5": report.lag_p50, "0.95": report.lag_p95, "1": report.lag_max}
        for quantile, value in lags.items():
            lag.add_metric([str(report.shard), quantile], value or 0.0)
    yield age
    yield lag


def keys() -> Metric:
    family = GaugeMetricFamily("darkroom_keys", "Provider keys", labels=["provider", "state"])
    rows = ProviderKey.objects.filter(deleted_at=None).order_by()
    found = rows.values_list("provider", "is_paused").annotate(Number("pk"))
    for provider, is_paused, count in found:
        family.add_metric([provider, "paused" if is_paused else "ready"], count)
    return family


def pictures() -> Iterator[Metric]:
    pending = Image.objects.filter(state="pending").count()
    yield GaugeMetricFamily("darkroom_pictures_pending", "Pictures not yet saved", value=pending)


def machine() -> Iterator[Metric]:
    """Of the machine that answers."""
    least = settings.STUDIO_MIN_FREE_MB * MB
    yield GaugeMetricFamily("darkroom_disk_free_bytes", "Free disk here", value=free_mb() * MB)
    yield GaugeMetricFamily("darkroom_disk_least_bytes", "Below it nothing is sent", value=least)
    yield GaugeMetricFamily("darkroom_on_hold", "1 while nothing is sent", value=hold.is_on())


def seconds_since(moment: datetime | None) -> float:
    """Never negative: clocks differ. 0 for nothing."""
    return max(0.0, (timezone.now() - moment).total_seconds()) if moment else 0.0
