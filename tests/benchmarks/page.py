"""What the studio page weighs with 24 finished cards: `python -m tests.benchmarks.page`."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession

from tests.benchmarks._browser import chromium, open_context
from tests.benchmarks._orders import Desk
from tests.benchmarks._provider import Provider, picture
from tests.benchmarks._tree import Tree, show

CARDS = 24
VISITS = 5

VITALS = """() => new Promise((resolve) => {
  const found = { lcp: 0, cls: 0 };
  new PerformanceObserver((list) => {
    found.lcp = list.getEntries().at(-1).startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) found.cls += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(found), 500);
})"""


@dataclass
class Visit:
    """What one visit with an empty cache took. Sizes in bytes, as they travelled."""

    sizes: dict[str, int] = field(default_factory=dict)
    vitals: dict[str, float] = field(default_factory=dict)

    def total(self, *, ending: str = "") -> int:
        return sum(size for path, size in self.sizes.items() if path.endswith(ending))

    @property
    def page(self) -> dict[str, int]:
        """Everything but the members' pictures."""
        return {path: size for path, size in self.sizes.items() if "/pictures/" not in path}


def visit(browser: Browser, tree: Tree, path: str, desk: Desk | None = None) -> Visit:
    context = open_context(browser, tree, desk.client if desk else None)
    page = context.new_page()
    found = Visit()
    listen(context.new_cdp_session(page), found)
    page.goto(path, wait_until="networkidle")
    found.vitals = page.evaluate(VITALS)
    context.close()
    return found


def listen(session: CDPSession, found: Visit) -> None:
    paths: dict[str, str] = {}

    def begun(event: dict[str, Any]) -> None:
        paths[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def ended(event: dict[str, Any]) -> None:
        path = paths[event["requestId"]]
        found.sizes[path] = found.sizes.get(path, 0) + int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", begun)
    session.on("Network.loadingFinished", ended)
    session.send("Network.enable")


def main() -> None:
    provider = Provider(lambda: 0.5, picture(1536, 1024, noise=20))
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        provider,
        provider.studio(Path(folder, "data")) as tree,
    ):
        desk = Desk(tree)
        for number in range(CARDS):
            desk.place(f"A lighthouse on seven ridges of paper, seen for the {number}. time")
        desk.wait_for(CARDS)
        with chromium() as browser:
            visits = [visit(browser, tree, "/", desk) for _ in range(VISITS)]
            login = visit(browser, tree, "/login/")
        desk.client.close()
    studio = visits[0]
    pictures = len(studio.sizes) - len(studio.page)
    rows = [
        ("requests without pictures", f"{len(studio.page)}", "≤ 12"),
        ("kB compressed without pictures", kb(sum(studio.page.values())), "≤ 120; Panel 191"),
        ("JavaScript, kB", kb(studio.total(ending=".js")), "CookSleep 133, Panel 155"),
        ("CSS, kB", kb(studio.total(ending=".css")), ""),
        ("HTML, kB", kb(studio.sizes["/"]), ""),
        (f"{pictures} pictures, kB", kb(studio.total() - sum(studio.page.values())), ""),
        ("LCP, median", f"{median(visits, 'lcp'):.0f} ms", "CookSleep 320, Panel 570"),
        ("CLS, worst", f"{max(one.vitals['cls'] for one in visits):.4f}", "0"),
        ("login page: requests", f"{len(login.sizes)}", ""),
        ("login page, kB with its picture", kb(login.total()), "Panel 502"),
    ]
    show(f"Studio page with {CARDS} finished cards, empty cache", rows)
    for path, size in sorted(studio.page.items(), key=lambda item: -item[1]):
        print(f"  {kb(size):>8} kB  {path}")


def median(visits: list[Visit], name: str) -> float:
    return statistics.median(one.vitals[name] for one in visits)


def kb(size: int) -> str:
    return f"{size / 1000:.1f}"


if __name__ == "__main__":
    main()
