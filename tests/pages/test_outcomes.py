"""What became of it? An order whose answer was lost, in a browser: each way on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.db import connections
from playwright.sync_api import Locator, Page, expect

from studio.accounts.models import User
from studio.engine import leases, saving, tasks
from studio.engine.pump import Pump
from studio.jobs.models import Image, Job, Submission
from tests.conftest import make_key
from tests.pages.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = "demo-0123456789"


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    """One thread for what the workers do: Playwright's loop stays in the test's own."""
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(connections.close_all).result()


def pump() -> None:
    """One slice, and all that is to be saved after it."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(30.0))
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


@pytest.fixture
def card(
    page: Page, alice: User, live_server: Any, settings: Any, worker: ThreadPoolExecutor
) -> Locator:
    """An order that the sandbox answered with a web page: nobody knows what became of it."""
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    make_key(alice, label="Demo key").set_secret(SECRET)
    sign_in(page, alice)
    page.goto("/")
    page.fill("#prompt", "dunes at dawn [html] [fast]")
    page.get_by_role("button", name="Develop").click()
    card = page.locator(".card")
    expect(card).to_have_attribute("data-state", "queued")
    worker.submit(pump).result()
    expect(card).to_have_attribute("data-state", "unknown")
    return card


def go_on(page: Page, question: str) -> None:
    expect(page.locator("#confirm")).to_contain_text(question)
    page.get_by_role("button", name="Go on").click()


def test_it_was_charged(page: Page, card: Locator, alice: User) -> None:
    number = Job.objects.get().pk

    card.get_by_role("button", name=f"It was charged: job {number}").press("Enter")
    go_on(page, "charged, without pictures")

    expect(card).to_have_attribute("data-state", "failed")
    expect(card).to_contain_text("Charged, without pictures")
    page.goto(f"/jobs/{Job.objects.get().uid}")
    expect(page.get_by_text("Alice Admin decided on")).to_be_visible()
    expect(page.locator(".line")).to_contain_text("decided by Alice Admin")


def test_it_was_not_charged_and_is_sent_again(
    page: Page, card: Locator, worker: ThreadPoolExecutor
) -> None:
    Job.objects.update(prompt="dunes at dawn [fast]")

    card.get_by_role("button", name="Not charged, send again").click()
    go_on(page, "you pay for both")
    expect(card).to_have_attribute("data-state", "queued")
    worker.submit(pump).result()

    expect(card).to_have_attribute("data-state", "succeeded")
    assert list(Submission.objects.order_by("ordinal").values_list("decision", "status")) == [
        ("not_charged", "failed"),
        ("", "succeeded"),
    ]


def test_it_is_found_by_the_id_on_the_providers_page(
    page: Page, card: Locator, live_server: Any, worker: ThreadPoolExecutor
) -> None:
    order = {"model": "gpt-image-2", "prompt": "dunes [fast]", "size": "1:1", "resolution": "1k"}
    answer = httpx.post(
        f"{live_server.url}/sandbox/apimart/v1/images/generations",
        json=order,
        headers={"Authorization": f"Bearer {SECRET}"},
        timeout=30,
    )

    card.get_by_role("link", name="Look it up").click()
    panel = page.locator("#outcome")
    expect(panel).to_contain_text("The answer could not be read")
    expect(panel).to_contain_text("Demo key")
    panel.get_by_label("Its id there (task_id)").fill("two words")
    panel.get_by_role("button", name="Fetch its pictures").click()
    expect(page.get_by_text("Enter the id alone")).to_be_visible()
    panel.get_by_label("Its id there (task_id)").fill(answer.json()["data"][0]["task_id"])
    panel.get_by_label("Its id there (task_id)").press("Enter")
    expect(panel).to_contain_text("is being asked")
    pk = str(Submission.objects.get().pk)
    worker.submit(tasks.look_up, pk).result()
    worker.submit(pump).result()

    expect(page.locator("#viewer img").first).to_have_js_property("complete", value=True)
    expect(page.locator("#outcome")).to_have_count(0)
    expect(page.locator(".line")).to_contain_text("Looked up at Demo")


def test_what_is_not_known_there_is_said_without_a_reload(
    page: Page, card: Locator, worker: ThreadPoolExecutor
) -> None:
    card.get_by_role("link", name="Look it up").click()
    panel = page.locator("#outcome")
    panel.get_by_label("Its id there (task_id)").fill("task_nobody")
    panel.get_by_role("button", name="Fetch its pictures").click()
    expect(panel).to_contain_text("is being asked")
    pk = str(Submission.objects.get().pk)
    worker.submit(tasks.look_up, pk).result()

    expect(panel).to_contain_text("does not know this order")
    expect(panel.get_by_role("button", name="It was charged")).to_be_visible()


def test_the_buttons_fit_on_the_card(page: Page, card: Locator) -> None:
    for width in (390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        stage = card.locator(".stage").bounding_box()
        inside = [one.bounding_box() for one in card.locator(".msg > *").all()]

        assert stage
        assert all(box and box["y"] >= stage["y"] for box in inside), width
