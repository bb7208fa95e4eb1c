"""10,000 orders in flight, each asked after every five seconds: `python -m tests.benchmarks.pump`.

A real studio (`manage.py studio`) whose provider is never done, then the same polls by a task for
each and by a blocked worker for each job. `--database postgres`: on a PostgreSQL of its own.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks._flight import cpu, environment, ms, prepare, report, seed, share
from tests.benchmarks._still import Still
from tests.benchmarks._tree import ROOT, Tree, pss_kb, show, until

WARM_UP = 12.0


@dataclass(frozen=True, kw_only=True)
class Use:
    """What some processes have used up while they made some polls."""

    seconds: float
    polls: int
    cpu: float
    mb: float

    @property
    def cpu_per_poll(self) -> float:
        return self.cpu / max(1, self.polls)


def main() -> None:
    options = read_options()
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        environment(options.database) as env,
        Still() as still,
    ):
        tree = Tree(Path(folder, "data"), **env)
        prepare(tree.environment)
        seed(still.url, options.in_flight)
        ours, rows = measure_pump(tree, still, options.seconds)
        show(f"{options.in_flight:,} in flight, a poll of each every 5 s, one pump", rows)
        if options.alone:
            return
        per_task = measure_cluster(tree, still, 20.0, enqueue_polls)
        per_worker = measure_cluster(tree, still, 20.0, enqueue_waits, workers=8)
        show("The same polls otherwise", compare(ours, per_task, per_worker))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--in-flight", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--database", default="", help="postgres, or an address; SQLite without")
    parser.add_argument("--alone", action="store_true", help="only the pump, no comparison")
    return parser.parse_args()


# Our own -----------------------------------------------------------------------------------------


def measure_pump(
    tree: Tree, still: Still, seconds: float
) -> tuple[Use, list[tuple[str, str, str]]]:
    with tree, other_writer() as waits:
        until(lambda: report() and report().polls_per_second, within=60, what="polls")
        time.sleep(WARM_UP)
        waits.clear()
        cluster = [one for one in tree.processes() if one.name() == "darkroom-tasks"]
        before = {one.pid: cpu(one) for one in cluster}
        polls, began, lags = still.count("polls"), time.monotonic(), []
        while time.monotonic() < began + seconds:
            time.sleep(4)
            told = report()
            if told.lag_p50 is not None:
                lags.append((told.lag_p50, told.lag_p95, told.lag_max))
        elapsed = time.monotonic() - began
        polls = still.count("polls") - polls
        spent = {one.pid: cpu(one) - before[one.pid] for one in cluster}
        pump = max(cluster, key=lambda one: spent[one.pid])
        use = Use(
            seconds=elapsed,
            polls=polls,
            cpu=sum(spent.values()),
            mb=sum(pss_kb(one.pid) for one in cluster) / 1024,
        )
        core, mb = spent[pump.pid] / elapsed, pss_kb(pump.pid) / 1024
        rss = pump.memory_info().rss / 1024 / 1024
    lag_50, lag_95, lag_max = (list(column) for column in zip(*lags, strict=True))
    locked = tree.log.read_text().count("database is locked")
    return use, [
        ("polls a second", f"{polls / elapsed:,.0f}", ""),
        ("a poll begins late by, p50", ms(statistics.median(lag_50)), ""),
        ("… p95, in the worst 4 s", ms(max(lag_95)), "≤ 1,000 ms"),
        ("… at most", ms(max(lag_max)), ""),
        ("CPU of the pump's process", f"{core:.0%} of a core", "≤ 60 %"),
        ("CPU for a poll", f"{spent[pump.pid] / polls * 1e6:.0f} µs", ""),
        ("memory of it, PSS / RSS", f"{mb:.0f} / {rss:.0f} MB", "≤ 400 MB"),
        ("“database is locked”", str(locked), "0"),
        ("another writer waits, p95 / most", f"{ms(share(waits, 0.95))} / {ms(max(waits))}", ""),
    ]


@contextmanager
def other_writer() -> Iterator[list[float]]:
    """Somebody else who writes twenty times a second: how long each write took, in seconds."""
    from django.db import connection

    from studio.accounts.models import Studio

    waits: list[float] = []
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.05):
            began = time.monotonic()
            Studio.objects.update(name="Bench")
            waits.append(time.monotonic() - began)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


# The others --------------------------------------------------------------------------------------


def measure_cluster(
    tree: Tree, still: Still, seconds: float, work: Callable[[float], None], *, workers: int = 3
) -> Use:
    """A cluster with the studio's settings and without its pump."""
    env = {**tree.environment, "STUDIO_WORKERS": str(workers)}
    command = [sys.executable, str(ROOT / "manage.py"), "qcluster"]
    with tree.log.open("a") as log:
        root = subprocess.Popen(
            command, cwd=ROOT, env=env, stderr=log, stdout=log, start_new_session=True
        )
    try:
        feeder = threading.Thread(target=work, args=[seconds + 40])
        polls = still.count("polls")
        feeder.start()
        until(lambda: still.count("polls") >= polls + workers, within=60, what="polls")
        family = [psutil.Process(root.pid), *psutil.Process(root.pid).children(recursive=True)]
        before, polls, began = sum(map(cpu, family)), still.count("polls"), time.monotonic()
        time.sleep(seconds)
        use = Use(
            seconds=time.monotonic() - began,
            polls=still.count("polls") - polls,
            cpu=sum(map(cpu, family)) - before,
            mb=sum(pss_kb(one.pid) for one in family) / 1024,
        )
    finally:
        os.killpg(root.pid, signal.SIGKILL)  # at once: they start each other again
        root.wait()
        feeder.join()
        clear_queue()
    return use


def enqueue_polls(seconds: float) -> None:
    """As many tasks as the workers can take, never more than a few hundred ahead of them."""
    from django.db import connection
    from django_q.models import OrmQ
    from django_q.tasks import async_task

    from studio.jobs.models import Submission

    ids = [str(pk) for pk in Submission.objects.values_list("pk", flat=True)[:5000]]
    over, number = time.monotonic() + seconds, 0
    while time.monotonic() < over:
        if OrmQ.objects.count() > 200:
            time.sleep(0.05)
            continue
        for _ in range(100):
            async_task("tests.benchmarks._per_poll.poll", ids[number % len(ids)])
            number += 1
    connection.close()


def enqueue_waits(seconds: float) -> None:
    from django.db import connection
    from django_q.tasks import async_task

    from studio.jobs.models import Submission

    for pk in Submission.objects.values_list("pk", flat=True)[:8]:
        async_task("tests.benchmarks._per_poll.wait", str(pk), seconds)
    connection.close()


def clear_queue() -> None:
    from django_q.models import OrmQ

    OrmQ.objects.all().delete()


def compare(ours: Use, per_task: Use, per_worker: Use) -> list[tuple[str, str, str]]:
    ratio = per_task.cpu_per_poll / ours.cpu_per_poll
    waiting = per_worker.mb / 8
    return [
        ("CPU for a poll, the whole cluster", f"{ours.cpu_per_poll * 1e3:.2f} ms", ""),
        ("… a task for each poll", f"{per_task.cpu_per_poll * 1e3:.2f} ms", f"{ratio:.0f} × ours"),
        ("… most of them a second", f"{per_task.polls / per_task.seconds:.0f}", ""),
        (
            "… a blocked worker for each job",
            f"{per_worker.cpu_per_poll * 1e3:.2f} ms",
            f"{per_worker.cpu_per_poll / ours.cpu_per_poll:.0f} × ours",
        ),
        ("… memory for each job in flight", f"{waiting:.0f} MB", f"ours {ours.mb:.0f} MB in all"),
    ]


if __name__ == "__main__":
    main()
