"""A Chromium for benchmarks, signed in or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.benchmarks._tree import Tree
from tests.browsing import FLAGS, find_chromium


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS.split())
        yield browser
        browser.close()


def open_context(
    browser: Browser, tree: Tree, client: httpx.Client | None = None
) -> BrowserContext:
    """A browser with an empty cache, and with the client's session if there is one."""
    context = browser.new_context(
        base_url=tree.url, locale="en", viewport={"width": 1440, "height": 900}
    )
    if client:
        cookies = [
            {"name": name, "value": value, "url": tree.url}
            for name, value in client.cookies.items()
        ]
        context.add_cookies(cookies)
    return context
