"""From Develop to the picture, step by step: `python -m tests.benchmarks.develop`."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from playwright.sync_api import Page

from studio.sandbox import art
from tests.benchmarks._browser import chromium, open_context
from tests.benchmarks._orders import Desk
from tests.benchmarks._provider import Provider, picture
from tests.benchmarks._tree import Tree, show

ONE_BY_ONE = 20
AT_ONCE = 50
POLL_SECONDS = 0.8  # between two polls for a sandbox key; 2.6 for a real one
RESTED = 5
REST_SECONDS = 8  # a pump lingers for 5

# Times in milliseconds since 1970: of the click, of the card, of its picture on the screen.
PRESS = """() => new Promise((resolve) => {
  const now = () => performance.timeOrigin + performance.now();
  const known = new Set([...document.querySelectorAll(".card")].map((card) => card.id));
  const marks = { placed: now(), card: 0 };
  const look = () => {
    const card = [...document.querySelectorAll(".card")].find(({ id }) => !known.has(id));
    if (card && !marks.card) marks.card = now();
    const picture = card?.querySelector(".stage a.print img");
    if (picture?.naturalWidth) resolve({ ...marks, shown: now() });
    else requestAnimationFrame(look);
  };
  document.getElementById("develop").click();
  look();
})"""


def main() -> None:
    small = picture(256, 256, noise=20)
    one_by_one(small)
    after_a_rest(small)
    at_once(small, "small")
    at_once(art.draw(7, 0, 1536, 1024), "large")


def one_by_one(small: bytes) -> None:
    steps: dict[str, list[float]] = {"card": [], "post": [], "kept": [], "shown": []}
    provider = Provider(lambda: random.uniform(1.5, 3.5), small)
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        provider,
        provider.studio(Path(folder, "data")) as tree,
        chromium() as browser,
    ):
        desk = Desk(tree)
        page = open_context(browser, tree, desk.client).new_page()
        page.goto("/", wait_until="networkidle")
        for number in range(ONE_BY_ONE + 1):
            prompt = f"A lighthouse on ridges of paper, {number}"
            placed, card, shown = watch(page, prompt)
            order = provider.order_of(prompt)
            if number == 0:
                continue  # the browser is still warming up
            steps["card"].append(card - placed)
            steps["post"].append(order.posted_at - placed)
            steps["kept"].append(desk.kept_at(prompt) - order.done_at)
            steps["shown"].append(shown - order.done_at)
        desk.client.close()
    limit = f"≤ {POLL_SECONDS + 1:.1f} s (one poll + 1 s)"
    rows = [
        ("place → card", spread(steps["card"]), "p95 ≤ 150 ms"),
        ("place → POST at the provider", spread(steps["post"]), "p95 ≤ 300 ms; Shenbi 5, Panel 10"),
        ("done → picture kept", spread(steps["kept"]), "Shenbi 20, Panel 1,025, both told at once"),
        ("done → picture in the card", spread(steps["shown"]), limit),
    ]
    show(f"{len(steps['card'])} orders, one after the other, ms: p50 / p95 / worst", rows)


def watch(page: Page, prompt: str) -> tuple[float, float, float]:
    """Place an order in the browser; seconds since 1970 of the click, the card, the picture."""
    page.locator("#prompt").fill(prompt)
    marks = page.evaluate(PRESS)
    return marks["placed"] / 1000, marks["card"] / 1000, marks["shown"] / 1000


def after_a_rest(small: bytes) -> None:
    """Nobody pumps: a message has to wake a worker first."""
    provider = Provider(lambda: 0.2, small)
    waits = []
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        provider,
        provider.studio(Path(folder, "data")) as tree,
    ):
        desk = Desk(tree)
        for number in range(RESTED):
            time.sleep(REST_SECONDS)
            prompt = f"A lighthouse on ridges of paper, {number}"
            placed_at = time.time()
            desk.place(prompt)
            desk.wait_for(number + 1)
            waits.append(provider.order_of(prompt).posted_at - placed_at)
        desk.client.close()
    row = ("place → POST at the provider", spread(waits), "p95 ≤ 300 ms")
    show(f"{RESTED} orders, each after {REST_SECONDS} s of rest, ms: p50 / p95 / worst", [row])


def at_once(data: bytes, name: str) -> None:
    """What PEERS.md measured: 50 orders at once, and a provider that takes a second for each."""
    provider = Provider(lambda: 1.0, data)
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        provider,
        provider.studio(Path(folder, "data")) as tree,
    ):
        desk = Desk(tree)
        desk.place("a first one, to warm up")
        desk.wait_for(1)
        busy = cpu_seconds(tree)
        began_at = time.time()
        prompts = [f"A lighthouse on ridges of paper, {number}" for number in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            accepted = sum(pool.map(lambda prompt: is_placed(desk, prompt), prompts))
        placed_in = time.time() - began_at
        desk.wait_for(accepted + 1)
        busy = cpu_seconds(tree) - busy
        all_in = max(desk.kept_at(prompt) for prompt in prompts) - began_at
        posted_in = max(order.posted_at for order in provider.orders) - began_at
        desk.client.close()
    rows = [
        ("accepted", f"{accepted} of {AT_ONCE}", "Panel 22 of 50, Shenbi all"),
        ("all accepted after", f"{placed_in:.2f} s", ""),
        ("all at the provider after", f"{posted_in:.2f} s", ""),
        ("in the making at once", f"{provider.most_at_once()}", "Panel 50, Shenbi 10, tuned"),
        ("all pictures kept after", f"{all_in:.2f} s", "tuned: Panel 2.9–3.9, Shenbi 5.4–6.1"),
        ("CPU per job", f"{1000 * busy / AT_ONCE:.0f} ms", "Panel 65–98, Shenbi 96–172"),
    ]
    show(f"{AT_ONCE} orders at once, 1 s each, {name} pictures ({len(data) / 1000:.0f} kB)", rows)


def is_placed(desk: Desk, prompt: str) -> bool:
    try:
        desk.place(prompt)
    except httpx.HTTPError:
        return False
    return True


def cpu_seconds(tree: Tree) -> float:
    """What all processes of the tree have used so far."""
    times = [process.cpu_times() for process in tree.processes()]
    return sum(one.user + one.system for one in times)


def spread(seconds: Sequence[float]) -> str:
    """p50 / p95 / worst in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[round(0.95 * (len(ordered) - 1))]
    return " / ".join(f"{1000 * x:.0f}" for x in (statistics.median(ordered), p95, ordered[-1]))


if __name__ == "__main__":
    main()
