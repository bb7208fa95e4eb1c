"""Orders under way in a studio's database, written there by this process; and what it costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import django
import psutil

KEYS = 20


@contextmanager
def environment(database: str) -> Iterator[dict[str, str]]:
    """For a studio that asks every five seconds, on SQLite or a `postgres` of this block's own."""
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.every5",
        "STUDIO_ALLOW_PRIVATE_HOSTS": "127.0.0.0/8",
    }
    with ExitStack() as stack:
        if database == "postgres":
            from tests.services import Services

            env["DATABASE_URL"] = Services(stack).database_url()
        elif database:
            env["DATABASE_URL"] = database
        yield env


def prepare(env: dict[str, str]) -> None:
    """Django in this process, on the studio's database, which is new."""
    os.environ.update(env)
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def seed(url: str, in_flight: int) -> None:
    """Orders under way as they look when they have been accepted, of several keys."""
    from django.utils import timezone

    from studio.accounts.models import Role, Studio, User
    from studio.jobs.models import Job, Submission
    from studio.vault.models import ProviderKey

    Studio.objects.create(name="Bench")
    owner = User.objects.create_user("a@example.com", "x" * 20, name="Alice", role=Role.ADMIN)
    keys = [ProviderKey(owner=owner, provider="apimart", base_url=url) for _ in range(KEYS)]
    for number, key in enumerate(keys):
        key.set_secret(f"sk-bench-{number:08}")
    jobs = Job.objects.bulk_create(
        [
            Job(
                owner=owner,
                key=keys[number % KEYS],
                provider="apimart",
                model="gpt-image-2",
                prompt=f"A lighthouse on ridges of paper, number {number}. " * 8,
                ratio="1:1",
                resolution="1k",
                status="running",
            )
            for number in range(in_flight)
        ],
        batch_size=500,
    )
    now = timezone.now()
    Submission.objects.bulk_create(
        [
            Submission(
                job=job,
                key_id=job.key_id,
                owner=owner,
                status="running",
                ticket={"task_id": f"task_{job.pk:026}"},
                sent_at=now,
                accepted_at=now,
                poll_at=now,
                tries=1,
            )
            for job in jobs
        ],
        batch_size=500,
    )


def report() -> Any:
    from studio.engine.models import PumpReport

    return PumpReport.objects.first()


def cpu(process: psutil.Process) -> float:
    """Seconds of a core that it has used, without its children."""
    times = process.cpu_times()
    return float(times.user + times.system)


def share(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[round((len(ordered) - 1) * part)]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
