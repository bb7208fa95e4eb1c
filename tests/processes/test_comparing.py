"""The same order on three providers, in a browser, on a real tree: from the switch to the pick."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.benchmarks._tree import Tree
from tests.browsing import Complaints
from tests.processes.test_newcomer import ARTEFACTS, Album, set_up

pytestmark = [pytest.mark.processes, pytest.mark.browser]

BESIDE_THE_FIRST = ("gptimage2plus", "apimodels")
DEVELOPED_WITHIN = 60_000  # milliseconds


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with Tree(tmp_path / "data") as tree:
        context = browser.new_context(base_url=tree.url, locale="en")
        context.set_default_timeout(10_000)
        page = context.new_page()
        complaints = Complaints(page, tree.url)
        yield page
        context.close()
        assert complaints.found == []


def add_pretenders(page: Page) -> None:
    for provider in BESIDE_THE_FIRST:
        page.goto("/keys/")
        page.select_option("#to-play", provider)
        page.locator("#try-sandbox").get_by_role("button").click()
        expect(page.locator("#prompt")).to_be_visible()


def test_three_providers_are_compared_and_one_is_picked(page: Page) -> None:
    album = Album(page, ARTEFACTS.with_name("comparing"))
    set_up(page, album)
    add_pretenders(page)

    page.fill("#prompt", "a paper boat on a still lake [fast]")
    page.get_by_role("switch", name="Compare on several").check()
    boxes = page.locator("#picker [name=compared]")
    expect(boxes).to_have_count(3)
    for box in boxes.all():
        box.check()
    expect(page.locator("#picker [name=compared]:checked")).to_have_count(3)
    expect(page.locator("#picker summary")).to_contain_text("APIMart, GPTImage2 Plus, APIModels")
    expect(page.locator("[name=ratio]")).to_have_count(3)  # what GPTImage2 Plus offers
    page.locator("[name=ratio][value='3:2']").check(force=True)
    expect(page.locator("#picker")).to_contain_text("1536 × 1024 px")
    album.keep("composer")
    page.get_by_role("button", name="Develop on each").click()

    cards = page.locator(".comparison > .card")
    expect(cards).to_have_count(3)
    expect(page.locator(".comparison > .card[data-state=succeeded]")).to_have_count(
        3, timeout=DEVELOPED_WITHIN
    )
    picks = page.locator(".comparison").get_by_role("button", name=re.compile("^Pick"))
    expect(picks).to_have_count(3)
    expect(page.locator(".comparison > header")).to_contain_text("Pick the one you like best")
    page.set_viewport_size({"width": 1440, "height": 900})
    album.keep("developed")
    figures = cards.locator(".verdict dl").all_inner_texts()
    assert all(re.search(r"\d+ s\b", one) and re.search(r"\d+ × \d+", one) for one in figures)

    page.get_by_role("button", name="Pick Demo: APIModels").click()
    expect(page.locator(".comparison > header")).to_contain_text("Picked: Demo: APIModels")
    expect(picks).to_have_count(2)
    expect(page.locator(".card.passed")).to_have_count(2)
    page.locator(".comparison").scroll_into_view_if_needed()
    album.keep("picked")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".comparison").scroll_into_view_if_needed()
    album.keep("picked-on-a-phone")
    page.get_by_role("button", name="Pick Demo: GPTImage2 Plus").click()
    expect(page.locator(".comparison > header")).to_contain_text("Picked: Demo: GPTImage2 Plus")

    cards.first.get_by_role("link", name="Details of").click()
    expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
    expect(page.locator("[id^=contender-]")).to_have_count(3)
    page.get_by_role("heading", name="Comparison").scroll_into_view_if_needed()
    album.keep("job-on-a-phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    album.keep("job")
