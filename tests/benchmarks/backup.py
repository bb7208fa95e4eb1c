"""A studio with many jobs, backed up and restored: `python -m tests.benchmarks.backup [jobs]`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.benchmarks._orders import Desk, rows
from tests.benchmarks._tree import ROOT, Tree, show

JOBS = 100_000
FILES = 2_000
# Each file is a picture of its own, 256 kB; ten jobs in a hundred share one of them.
FILL = """
import hashlib, os, uuid
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from studio.accounts.models import User
from studio.jobs.models import Image, Job, Submission
from studio.jobs.storage import archive_name
from studio.vault.models import ProviderKey
owner, key, jobs, count = User.objects.get(), ProviderKey.objects.first(), {jobs}, {files}
made = []
for number in range(count):
    data = os.urandom(256 * 1024)
    made.append((hashlib.sha256(data).hexdigest(), len(data)))
    default_storage.save(archive_name(made[-1][0], "png"), ContentFile(data))
fields = dict(owner=owner, key=key, provider="apimart", model="gpt-image-2", status="succeeded")
text = "Paper-cut tide in nine layers, apricot to navy, hard side light, grain. " * 4
for start in range(0, jobs, 5000):
    some = Job.objects.bulk_create(
        [Job(prompt=f"{{text}}{{n}}", is_hidden=True, **fields) for n in range(start, start + 5000)]
    )
    subs = Submission.objects.bulk_create(
        [Submission(job=job, key=key, owner=owner, status="succeeded") for job in some]
    )
    Image.objects.bulk_create(
        [
            Image(
                job=sub.job, submission=sub, number=1, state="kept", sha256=made[n % count][0],
                path=archive_name(made[n % count][0], "png"), size=made[n % count][1],
            )
            for n, sub in enumerate(subs)
        ]
    )
"""


def manage(tree: Tree, *words: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of one command."""
    before = time.monotonic()
    process = subprocess.Popen(tree.command(*words), cwd=ROOT, env=tree.environment)
    _pid, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return time.monotonic() - before, usage.ru_maxrss / 1024


def longest_page(desk: Desk, is_over: threading.Event) -> list[float]:
    """How long the studio page took, asked again and again until it is over."""
    seconds = []
    while not is_over.is_set():
        before = time.monotonic()
        desk.client.get("/").raise_for_status()
        seconds.append(time.monotonic() - before)
    return sorted(seconds)


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else JOBS
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as name:
        folder, target = Path(name), Path(name, "one.tar")
        with Tree(folder / "old") as tree:
            desk = Desk(tree)
            manage(tree, "shell", "-v0", "-c", FILL.format(jobs=jobs, files=FILES))
            is_over, pages = threading.Event(), []
            watcher = threading.Thread(target=lambda: pages.extend(longest_page(desk, is_over)))
            watcher.start()
            took, memory = manage(tree, "backup", str(target))
            is_over.set()
            watcher.join()
            small, _memory = manage(tree, "backup", "--database-only", str(folder / "two.tar"))
            count = sum(
                rows(tree, f"SELECT count(*) AS n FROM {table}")[0]["n"]
                for table in ("jobs_job", "jobs_submission", "jobs_image")
            )
            desk.client.close()
        other = Tree(folder / "new")
        back, back_memory = manage(other, "restore", str(target))
        size = target.stat().st_size / 1e6
    table = [
        ("rows", f"{count:,}", ""),
        ("file", f"{size:,.0f} MB, {FILES} pictures", ""),
        ("backup", f"{took:.1f} s, {memory:.0f} MB", "the studio runs on"),
        ("studio page meanwhile, p50", f"{pages[len(pages) // 2] * 1000:.0f} ms", ""),
        ("studio page meanwhile, longest", f"{pages[-1] * 1000:.0f} ms", ""),
        ("backup, database only", f"{small:.1f} s", ""),
        ("restore, verified", f"{back:.1f} s, {back_memory:.0f} MB", ""),
    ]
    show(f"A studio with {jobs:,} jobs", table)


if __name__ == "__main__":
    main()
