"""What a look at /metrics costs after 1,000 and after N ended orders, with 10,000 in flight.

`python -m tests.benchmarks.metrics [N]` (default 100,000); SQLite on disk, in this process.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from studio.accounts.models import User
from studio.jobs.models import Event, Job, Submission
from studio.upkeep.counting import roll_up
from studio.upkeep.figures import Figures
from studio.vault.models import ProviderKey
from tests.benchmarks._tree import show

IN_FLIGHT = 10_000
BATCH = 5_000
LOOKS = 9
LIFE: list[tuple[str, dict[str, object]]] = [
    ("placed", {}),
    ("sent", {}),
    ("accepted", {}),
    ("provider_done", {"pictures": 1, "seconds": 31.0}),
    ("archived", {"pictures": 1, "bytes": 900_000}),
]


def add(owner: User, key: ProviderKey, count: int, status: str) -> None:
    """So many orders in this state, an hour old, with their timelines."""
    facts = {"prompt": "a vase", "provider": "apimart", "model": "gpt-image-2", "status": status}
    orders = (Job(owner=owner, key=key, **facts) for _ in range(count))
    then = timezone.now() - timedelta(hours=1)
    while jobs := list(islice(orders, BATCH)):
        Job.objects.bulk_create(jobs)
        Submission.objects.bulk_create(
            Submission(job=job, key=key, owner=owner, status=status) for job in jobs
        )
        life = LIFE if status == "succeeded" else LIFE[:3]
        Event.objects.bulk_create(events(jobs, life))
    Event.objects.filter(at__gt=then).update(at=then)
    while roll_up():
        pass


def events(jobs: list[Job], life: list[tuple[str, dict[str, object]]]) -> Iterator[Event]:
    for job in jobs:
        for kind, facts in life:
            yield Event(job=job, kind=kind, facts=facts)


def look() -> tuple[float, int, int]:
    """Milliseconds (median), queries and bytes of a look."""
    times, size = [], 0
    for _ in range(LOOKS):
        registry = CollectorRegistry(auto_describe=False)
        began = time.perf_counter()
        registry.register(Figures())
        size = len(generate_latest(registry))
        times.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(connection) as queries:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Figures())
        generate_latest(registry)
    return statistics.median(times), len(queries), size


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("bob@example.com", name="Bob")
    key = ProviderKey.objects.create(owner=owner, provider="apimart")
    add(owner, key, IN_FLIGHT, "running")
    rows = []
    for count in (1_000, many - 1_000):
        add(owner, key, count, "succeeded")
        milliseconds, queries, size = look()
        ended = Submission.objects.filter(status="succeeded").count()
        name = f"{ended:,} ended"
        rows.append((name, f"{milliseconds:.0f} ms", f"{queries} queries, {size:,} bytes"))
    show("A look at /metrics, 10,000 in flight", rows)


if __name__ == "__main__":
    main()
