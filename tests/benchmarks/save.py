"""From “it is done” to the picture in the archive: `python -m tests.benchmarks.save`.

A real studio; its provider hands out pictures of three weights, each a little different from the
last, so that every one is fetched, decoded, hashed, synced to disk and drawn in three sizes.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from studio.sandbox import art
from tests.benchmarks._orders import Desk, rows, seconds
from tests.benchmarks._provider import HOME, Provider, ProviderHandler, picture
from tests.benchmarks._tree import Tree, show, until

ONE_BY_ONE = 15
ORDERS, EACH = 8, 10
WAIT = 4.0  # seconds until all orders of a heap are done at once

TOLD = """
    SELECT image.kept_at AS kept_at, submission.done_at AS done_at, image.size AS size
    FROM jobs_image image JOIN jobs_submission submission ON submission.id = image.submission_id
    JOIN jobs_job job ON job.id = image.job_id WHERE job.prompt LIKE ?
"""


class ShopHandler(ProviderHandler):
    def get(self) -> None:
        shop, name = self.server.owner, self.path.rpartition("/")[2]
        if name.endswith(".png"):
            # What follows the end of a PNG is not read: another picture by its hash alone.
            self.answer(shop.picture + os.urandom(16), "image/png")
            return
        order = shop.orders[int(name.removeprefix("task_"))]
        data: dict[str, object] = {"id": name, "status": "processing", "progress": 50}
        if time.time() >= order.done_at:
            count = EACH if order.prompt.startswith("heap") else 1
            urls = [f"{shop.url}{HOME}/{name}-{number}.png" for number in range(count)]
            data |= {"status": "completed", "progress": 100, "result": {"images": [{"url": urls}]}}
        self.answer_json({"code": 200, "data": data})


class Shop(Provider):
    """Orders are done after `seconds()`; those of a heap have ten pictures each."""

    handler = ShopHandler


def main() -> None:
    pictures = {
        "small": picture(256, 256, noise=20),
        "1.9 MB": picture(1182, 1182, noise=60),
        "4K": art.draw(7, 0, 3840, 2160),
    }
    for name, data in pictures.items():
        measure(name, data)


def measure(name: str, data: bytes) -> None:
    gate = 0.0
    shop = Shop(lambda: max(0.3, gate - time.time()), data)
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        shop,
        shop.studio(Path(folder, "data")) as tree,
    ):
        desk = Desk(tree)
        for number in range(ONE_BY_ONE + 1):
            desk.place(f"one {number:02}")
            desk.wait_for(number + 1)
        delays = [kept - done for kept, done, _size in told(tree, "one %")[1:]]
        gate = time.time() + WAIT
        for number in range(ORDERS):
            desk.place(f"heap {number}", count=EACH)
        busy = cpu_seconds(tree)
        desk.wait_for(ONE_BY_ONE + 1 + ORDERS)
        until(lambda: is_drawn(tree), within=60, what="all thumbnails")
        busy = cpu_seconds(tree) - busy
        heap = told(tree, "heap %")
        desk.client.close()
    took = max(kept for kept, _, _ in heap) - min(done for _, done, _ in heap)
    weight = sum(size for _, _, size in heap) / 1e6
    lines = [
        ("told → picture kept and shown, ms", spread(delays), "p50 / p95 / worst; ≤ 100"),
        ("pictures a second", f"{len(heap) / took:.1f}", f"{len(heap)} at once, 2 workers save"),
        ("MB a second", f"{weight / took:.1f}", ""),
        ("CPU of the whole tree per picture", f"{1000 * busy / len(heap):.0f} ms", "with polls"),
    ]
    show(f"Saving {name} pictures ({len(data) / 1e6:.2f} MB)", lines)


def told(tree: Tree, prompts: str) -> list[tuple[float, float, int]]:
    """When each picture was kept, when the studio was told of it, its bytes; oldest first."""
    found = rows(tree, TOLD, prompts)
    times = [(seconds(row["kept_at"]), seconds(row["done_at"]), row["size"]) for row in found]
    return sorted(times, key=lambda row: row[1])


def is_drawn(tree: Tree) -> bool:
    return rows(tree, "SELECT count(*) AS n FROM jobs_image WHERE NOT is_saved")[0]["n"] == 0


def cpu_seconds(tree: Tree) -> float:
    """What all processes of the tree have used so far."""
    times = [process.cpu_times() for process in tree.processes()]
    return sum(one.user + one.system for one in times)


def spread(delays: Sequence[float]) -> str:
    """p50 / p95 / worst in milliseconds."""
    ordered = sorted(delays)
    p95 = ordered[round(0.95 * (len(ordered) - 1))]
    return " / ".join(f"{1000 * x:.0f}" for x in (statistics.median(ordered), p95, ordered[-1]))


if __name__ == "__main__":
    main()
