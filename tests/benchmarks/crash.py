"""Killed with 20 orders under way, started again: `python -m tests.benchmarks.crash`."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.benchmarks._orders import Desk, rows, seconds
from tests.benchmarks._provider import Provider, picture
from tests.benchmarks._tree import show, until

ORDERS = 20
SECONDS = 5.0
UNFINISHED = (
    "SELECT count(*) AS n FROM jobs_job"
    " WHERE status IN ('queued', 'submitting', 'running', 'saving')"
)


def main() -> None:
    provider = Provider(lambda: SECONDS, picture(256, 256, noise=20))
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        provider,
        provider.studio(Path(folder, "data")) as tree,
    ):
        desk = Desk(tree)
        for number in range(ORDERS):
            desk.place(f"A lighthouse on ridges of paper, {number}")
        until(lambda: len(provider.orders) > ORDERS / 2, within=30, what="half of them sent")
        killed_at = time.time()
        tree.kill()
        began_at = time.time()
        tree.start()
        ready = time.time() - began_at
        until(lambda: not rows(tree, UNFINISHED)[0]["n"], within=120, what="all at their end")
        ends = Counter(row["status"] for row in rows(tree, "SELECT status FROM jobs_job"))
        kept = rows(tree, "SELECT max(kept_at) AS at FROM jobs_image")[0]["at"]
        desk.client.close()
    bought = Counter(order.prompt for order in provider.orders)
    twice = sum(times > 1 for times in bought.values())
    last = seconds(kept) - killed_at
    table = [
        ("bought twice", f"{twice} of {len(bought)}", "0; Shenbi 10 of 10"),
        ("with their pictures", f"{ends['succeeded']} of {ORDERS}", ""),
        ("unknown, for a person to decide", f"{ends['unknown']}", ""),
        ("ready again after", f"{ready:.2f} s", "≤ 3 s"),
        ("last picture after the kill", f"{last:.1f} s", "Shenbi 17–18, Panel 152"),
    ]
    show(f"kill -9 of everything with {ORDERS} orders of {SECONDS:.0f} s under way", table)


if __name__ == "__main__":
    main()
