"""Every page fits its screen, can be read by everybody and weighs little."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from studio.accounts.models import User
from tests.conftest import make_key
from tests.pages.conftest import sign_in
from tests.pages.scenes import every_state

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.promise(36),  # the page fixture fails on anything that the CSP stops
]

WIDTHS = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900)}
# Transitions have ended. What goes on for ever is not waited for, nor what a swap takes away.
SETTLED = """() => Promise.race([
  Promise.all(document.getAnimations()
    .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
    .map((one) => one.finished.catch(() => null))),
  new Promise((resolve) => { setTimeout(resolve, 1000); }),
]).then(() => null)"""
MOST_REQUESTS, MOST_BYTES = 12, 120_000


def photograph(page: Page, name: str) -> None:
    """Keep a screenshot where STUDIO_ARTEFACTS says so."""
    if folder := os.environ.get("STUDIO_ARTEFACTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")


def look(page: Page, name: str) -> None:
    """At each width, in both themes: no sideways scrolling, and nothing that axe finds."""
    page.emulate_media(reduced_motion="reduce")
    for screen, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{name} scrolls sideways by {overflow} px on a {screen}"
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.evaluate(SETTLED)
            found = Axe().run(page).response["violations"]
            problems = [(one["id"], node["html"][:160]) for one in found for node in one["nodes"]]
            assert problems == [], f"{name}, {screen}, {theme}"
            photograph(page, f"{name}-{screen}-{theme}")


def test_the_studio_with_cards_in_every_state(page: Page, alice: User) -> None:
    every_state(alice, make_key(alice))
    sign_in(page, alice)
    page.goto("/")
    page.locator(".drawer > summary, .opts > summary").locator("visible=true").first.click()

    look(page, "studio")


@pytest.mark.parametrize("has_key", [False, True])
def test_the_empty_studio(page: Page, alice: User, has_key: bool) -> None:
    if has_key:
        make_key(alice)
    sign_in(page, alice)
    page.goto("/")

    look(page, "empty" if has_key else "newcomer")


@pytest.mark.parametrize("state", ["running", "unknown", "failed", "four"])
def test_the_job_page(page: Page, alice: User, state: str) -> None:
    job = every_state(alice, make_key(alice))[state]
    sign_in(page, alice)
    page.goto(f"/jobs/{job.uid}")

    look(page, f"job-{state}")


def test_a_missing_page(page: Page) -> None:
    page.complaints.expected.add("404")
    page.goto("/jobs/99120/nowhere")

    look(page, "error")


def test_the_studio_in_chinese(page: Page, alice: User) -> None:
    alice.language = "zh-hans"
    alice.save()
    every_state(alice, make_key(alice))
    sign_in(page, alice)
    page.goto("/")

    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    look(page, "studio-zh")


def test_the_theme_is_kept(page: Page, alice: User) -> None:
    sign_in(page, alice)
    page.emulate_media(color_scheme="light")
    page.goto("/")
    page.get_by_role("button", name="AA: account and appearance").click()

    with page.expect_response("**/me/theme/"):
        page.get_by_label("Dark").check(force=True)
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    assert page.evaluate(scheme) == "dark"
    page.reload()

    assert page.evaluate(scheme) == "dark"
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_studio_page_is_light(page: Page, alice: User) -> None:
    """Requests and compressed bytes of a first visit, without pictures."""
    every_state(alice, make_key(alice))
    sign_in(page, alice)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))

    page.goto("/", wait_until="networkidle")

    counted = [one for one in answers if "/pictures/" not in one.url and "changes" not in one.url]
    packed = {one.url: len(gzip.compress(one.body(), 6)) for one in counted}
    assert len(packed) <= MOST_REQUESTS, sorted(packed)
    assert sum(packed.values()) <= MOST_BYTES, packed
