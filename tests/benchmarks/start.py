"""How long a start takes and what an idle studio weighs: `python -m tests.benchmarks.start`."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks._tree import Tree, show

WARM_STARTS = 3
SETTLE = 12


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder:
        tree = Tree(Path(folder, "data"))
        cold = tree.start()
        tree.stop()
        warm = [restart(tree) for _ in range(WARM_STARTS)]
        with tree:
            tree.open_studio().get("/").raise_for_status()
            time.sleep(SETTLE)
            weight, count = tree.pss_mb(), len(tree.processes())
            before = time.monotonic()
            tree.stop()
            end = time.monotonic() - before
    rows = [
        ("cold start, empty folder", f"{cold:.2f} s", ""),
        ("warm start, median", f"{statistics.median(warm):.2f} s", "≤ 3 s"),
        (f"idle, {count} processes, PSS", f"{weight:.0f} MB", "≤ 250 MB"),
        ("SIGTERM until all is gone", f"{end:.2f} s", "≤ 30 s"),
    ]
    show("Start", rows)


def restart(tree: Tree) -> float:
    seconds = tree.start()
    tree.stop()
    return seconds


if __name__ == "__main__":
    main()
