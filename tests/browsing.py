"""A real browser. What the console, the CSP or the network complains of fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

# htmx's echo of a request that ended with its page or was replaced by a newer one; a real failure
# has the browser's own line.
ECHOES = ("htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage "
    "--disable-background-networking --disable-component-update --disable-sync"
)


def find_chromium() -> str | None:
    """The path of a Chromium: named by the environment, or found on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None and os.environ.get("STUDIO_REQUIRE_BROWSER") == "1":
        pytest.fail("STUDIO_REQUIRE_BROWSER=1, but there is no Chromium (set CHROMIUM to its path)")
    if path is None:
        pytest.skip("there is no Chromium on PATH, and CHROMIUM does not name one")
    # Playwright's loop runs in this thread, which Django takes for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


class Complaints:
    """What a page must not do. `expected` are pieces of console lines that a test provokes."""

    def __init__(self, page: Page, origin: str) -> None:
        self.found: list[str] = []
        self.expected: set[str] = set()
        self.origin = urlsplit(origin).netloc
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.found.append(f"page error: {error}"))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        is_expected = message.text.startswith(ECHOES) or any(
            text in message.text for text in self.expected
        )
        if message.type in ("error", "warning") and not is_expected:
            self.found.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.origin:
            self.found.append(f"left the studio: {request.url}")
