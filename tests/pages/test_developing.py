"""From the composer to a picture with each provider: page, pump and sandbox together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from studio.accounts.models import User
from studio.engine import leases, saving
from studio.engine.pump import Pump
from studio.jobs.models import Image, Job
from studio.providers.catalog import PROVIDERS
from tests.conftest import make_key
from tests.pages.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    """One thread for what the workers do: Playwright's loop stays in the test's own."""
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(connections.close_all).result()


def develop() -> None:
    """One slice of the pump, and all that is to be saved after it."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(30.0))
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_order_becomes_a_picture_on_the_sheet(
    page: Page, alice: User, live_server: Any, settings: Any, worker: ThreadPoolExecutor, name: str
) -> None:
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(alice, provider=name, label=f"Demo {name}")
    key.set_secret(f"demo-{uuid4()}")
    sign_in(page, alice)
    page.goto("/")

    page.fill("#prompt", "dunes at dawn [fast]")
    ratio = "3:2" if name == "gptimage2plus" else "16:9"
    page.locator(f"[name=ratio][value='{ratio}']").check()
    page.get_by_role("button", name="Develop").click()
    expect(page.locator(".card")).to_have_attribute("data-state", "queued")
    worker.submit(develop).result()

    card = page.locator(".card")
    expect(card).to_have_attribute("data-state", "succeeded")
    picture = card.locator(".print img")
    expect(picture).to_have_js_property("complete", value=True)
    job = Job.objects.get()
    image = job.images.get()
    assert (job.provider, job.ratio) == (name, ratio)
    assert image.width > image.height
    assert picture.evaluate("image => image.naturalWidth") > 0
    card.get_by_role("link", name="dunes at dawn").click()
    expect(page.locator("#viewer img").first).to_have_js_property("complete", value=True)
    expect(page.get_by_text("Archived", exact=True)).to_be_visible()


def test_several_submissions_fill_one_card_and_the_rest_can_be_had(
    page: Page, alice: User, live_server: Any, settings: Any, worker: ThreadPoolExecutor
) -> None:
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(alice, provider="chatgpt2api")
    key.set_secret(f"demo-{uuid4()}")
    sign_in(page, alice)
    page.goto("/")
    page.fill("#prompt", "dunes at dawn [short] [fast]")
    page.fill("#n", "5")

    page.get_by_role("button", name="Develop").click()
    expect(page.locator(".card")).to_be_visible()
    worker.submit(develop).result()
    card = page.locator(".card")
    expect(card.locator(".state")).to_contain_text("4 of 5 came")
    card.get_by_role("button", name="Get the missing 1").click()
    page.get_by_role("button", name="Go on").click()
    expect(card).to_have_attribute("data-state", "queued")
    expect(card.locator(".print img")).to_have_count(4)
    worker.submit(develop).result()

    expect(card.locator(".state")).to_contain_text("5 in ")
    expect(card.locator(".print img")).to_have_count(5)


def test_the_rule_of_a_size_answers_while_it_is_typed(page: Page, alice: User) -> None:
    make_key(alice, provider="apimodels")
    sign_in(page, alice)
    page.goto("/")
    page.get_by_text("Advanced").click()

    page.locator("#size_width").press_sequentially("1000")
    page.locator("#size_height").press_sequentially("1000")

    expect(page.locator("#size-note")).to_contain_text("992 × 992 would do.")
    expect(page.locator("#size_height")).to_be_focused()
    page.locator("#size_height").press("Control+a")
    page.locator("#size_height").press_sequentially("1024")
    page.locator("#size_width").fill("1024")
    expect(page.locator("#size-note")).to_contain_text("Billed as 1K")
    expect(page.locator("#pixels")).to_have_text("1024 × 1024 px")
    expect(page.locator("#size_height")).to_have_value("1024")
