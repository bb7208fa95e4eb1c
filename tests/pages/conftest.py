"""A real browser on Django's live server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from studio.accounts.models import User
from tests.browsing import Complaints


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
