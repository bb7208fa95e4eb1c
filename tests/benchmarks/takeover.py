"""How long nobody asks after a death: `python -m tests.benchmarks.takeover`.

Orders in flight at a provider that is never done, asked after every five seconds. First the
process of the pump is killed, then everything at once and started again. With the word `postgres`:
on a PostgreSQL of its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.benchmarks._flight import cpu, environment, prepare, seed
from tests.benchmarks._still import Still
from tests.benchmarks._tree import Tree, show, until

IN_FLIGHT = 1000


def main() -> None:
    database = sys.argv[1] if sys.argv[1:] else ""
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        environment(database) as env,
        Still() as still,
    ):
        tree = Tree(Path(folder, "data"), **env)
        prepare(tree.environment)
        seed(still.url, IN_FLIGHT)
        with tree:
            until(lambda: still.count("polls") > 2 * IN_FLIGHT, within=60, what="polls")
            pumps = [time_to_poll(still, lambda: pump_of(tree).kill()) for _ in range(3)]
            until(lambda: still.count("polls") > 3 * IN_FLIGHT, within=60, what="polls")

            def restart() -> None:
                tree.kill()
                tree.start()

            trees = [time_to_poll(still, restart)]
    rows = [
        ("polling again, pump killed", f"{max(pumps):.1f} s", "≤ 20 s"),
        ("polling again, everything killed", f"{max(trees):.1f} s", "≤ 10 s, with the start"),
    ]
    show(f"kill -9 with {IN_FLIGHT:,} orders in flight (the worst of 3, and 1)", rows)


def time_to_poll(still: Still, disaster: Callable[[], None]) -> float:
    """Seconds from a death to the next poll."""
    began = time.monotonic()
    disaster()
    time.sleep(0.2)  # what was on its way when it died
    polls = still.count("polls")
    until(lambda: still.count("polls") > polls, within=60, what="polls")
    took = time.monotonic() - began
    until(lambda: still.count("polls") > polls + IN_FLIGHT, within=60, what="polls of all")
    return took


def pump_of(tree: Tree) -> psutil.Process:
    """The process that has worked most in a second."""
    workers = [one for one in tree.processes() if one.name() == "darkroom-tasks"]
    before = {one.pid: cpu(one) for one in workers}
    time.sleep(1.0)
    return max(workers, key=lambda one: cpu(one) - before[one.pid])


if __name__ == "__main__":
    main()
