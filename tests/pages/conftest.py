"""A real browser on a real server. Whatever the console, the CSP or the network complains about fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

from studio.accounts.models import User

# htmx's echo of a request that ended with its page; a real failure has the browser's own line.
ECHOES = ("htmx:afterRequest", "htmx:sendError")
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


@pytest.fixture
def context(browser: Browser, live_server: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, locale="en")
    context.set_default_timeout(8_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, live_server: Any) -> Iterator[Page]:
    page = context.new_page()
    complaints = Complaints(page, live_server.url)
    page.complaints = complaints  # type: ignore[attr-defined]
    yield page
    page.close()
    assert complaints.found == []


def sign_in(page: Page, user: User) -> None:
    """Give the browser a session of the member."""
    client = Client()
    client.force_login(user, backend="studio.accounts.backends.EmailBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    host = page.complaints.origin.split(":")[0]  # type: ignore[attr-defined]
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": host, "path": "/"}]
    )
