"""The composer in a browser: nothing typed is lost, and the options follow the choice."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from studio.accounts.models import User
from studio.jobs.models import Job
from studio.jobs.states import Status
from tests.conftest import make_key
from tests.pages.conftest import sign_in
from tests.pages.scenes import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def studio(page: Page, alice: User) -> Page:
    """Alice's studio page, with one sandbox key."""
    make_key(alice)
    sign_in(page, alice)
    page.goto("/")
    return page


def test_develop_puts_a_card_on_the_sheet_and_keeps_the_prompt(studio: Page) -> None:
    token = studio.locator("#composer-token").input_value()
    expect(studio.get_by_role("heading", name="Nothing developed yet")).to_be_visible()

    studio.fill("#prompt", "a lighthouse at dusk")
    studio.press("#prompt", "Control+Enter")

    expect(studio.locator(".card .say")).to_have_text("a lighthouse at dusk")
    expect(studio.locator("#hollow")).to_be_hidden()
    expect(studio.locator("#live-count")).to_have_text("1 waiting")
    expect(studio.locator("#prompt")).to_have_value("a lighthouse at dusk")
    expect(studio.locator("#composer-token")).not_to_have_value(token)
    assert Job.objects.get().prompt == "a lighthouse at dusk"


def test_a_choice_made_while_the_options_are_drawn_anew_stays(studio: Page) -> None:
    studio.evaluate(
        """() => document.addEventListener("htmx:afterSwap", () => {
            setTimeout(() => document.querySelector("[name=ratio][value='3:2']").click());
        }, { once: true })"""
    )

    studio.locator("[name=resolution][value='2k']").check(force=True)

    expect(studio.locator("#pixels")).to_contain_text("3:2")
    expect(studio.locator("[name=resolution][value='2k']")).to_be_checked()
    expect(studio.locator("[name=ratio][value='3:2']")).to_be_checked()


@pytest.mark.promise(12)
def test_a_double_click_makes_one_job(studio: Page) -> None:
    studio.fill("#prompt", "once is enough")

    studio.dblclick("#develop")

    expect(studio.locator(".card")).to_have_count(1)
    expect(studio.locator("#develop")).to_be_enabled()
    assert Job.objects.count() == 1


def test_a_wrong_order_is_explained_at_the_field(studio: Page) -> None:
    studio.complaints.expected.add("422")
    studio.get_by_text("Advanced").click()
    studio.fill("#size_width", "123")
    studio.fill("#size_height", "456")

    studio.get_by_role("button", name="Develop").click()

    expect(studio.locator("#prompt-error")).to_have_text("Describe the picture you want.")
    expect(studio.locator("#prompt")).to_be_focused()
    expect(studio.locator("#size_width")).to_have_value("123")
    expect(studio.locator("#size_width-error")).to_be_visible()
    assert not Job.objects.exists()


def test_the_draft_survives_a_reload(studio: Page) -> None:
    studio.fill("#prompt", "half a thought")

    studio.reload()

    expect(studio.locator("#prompt")).to_have_value("half a thought")
    expect(studio.locator("#prompt-count")).to_have_text("14")


def test_an_idea_fills_the_prompt(studio: Page) -> None:
    studio.get_by_role("button", name=re.compile("orange cat")).click()

    expect(studio.locator("#prompt")).to_have_value(re.compile("orange cat"))
    studio.get_by_role("button", name="Clear prompt").click()
    expect(studio.locator("#prompt")).to_have_value("")


def test_the_button_says_how_many(studio: Page) -> None:
    studio.get_by_role("button", name="One more").click()
    studio.get_by_role("button", name="One more").click()
    expect(studio.locator("#develop")).to_contain_text("Develop 3 pictures")
    expect(studio.get_by_role("button", name="One more")).to_be_visible()

    studio.get_by_role("button", name="One fewer").click()

    expect(studio.locator("#develop")).to_contain_text("Develop 2 pictures")


def test_a_choice_draws_the_options_anew_and_keeps_focus_and_folds(studio: Page) -> None:
    studio.get_by_text("Advanced").click()
    expect(studio.locator("#opt-ratio output")).to_contain_text("1024 × 1024")
    studio.locator("[name=ratio]:checked").focus()

    studio.keyboard.press("ArrowRight")

    expect(studio.locator("#opt-ratio output")).to_contain_text("3:2 · 1536 × 1024 px")
    expect(studio.locator("[name=ratio]:checked")).to_be_focused()
    expect(studio.locator("#size_width")).to_be_visible()


def test_an_ended_session_asks_to_sign_in_again_and_keeps_what_was_typed(
    studio: Page, alice: User
) -> None:
    studio.complaints.expected.add("401")
    studio.fill("#prompt", "a long and careful prompt")
    Session.objects.all().delete()

    studio.get_by_role("button", name="Develop").click()

    dialog = studio.get_by_role("dialog", name="You are signed out")
    expect(dialog.get_by_role("link", name="Sign in again")).to_have_attribute("target", "_blank")
    dialog.get_by_role("button", name="Stay on this page").click()
    expect(studio.locator("#prompt")).to_have_value("a long and careful prompt")
    sign_in(studio, alice)
    studio.get_by_role("button", name="Develop").click()
    expect(studio.locator(".card")).to_have_count(1)


def test_a_studio_that_is_gone_is_told_calmly(page: Page, alice: User) -> None:
    scene(alice, make_key(alice), Status.RUNNING)
    page.complaints.expected.add("ERR_")
    sign_in(page, alice)
    page.goto("/")

    page.route("**/jobs/changes*", lambda route: route.abort("connectionrefused"))
    expect(page.locator("#offline")).to_be_visible()
    page.unroute("**/jobs/changes*")

    expect(page.locator("#offline")).to_be_hidden()


def test_without_a_key_the_sandbox_is_one_click_away(page: Page, alice: User) -> None:
    sign_in(page, alice)
    page.goto("/")
    expect(page.get_by_role("button", name="Develop")).to_be_disabled()

    page.get_by_role("button", name="Try with the sandbox").click()

    page.goto("/")
    expect(page.get_by_role("button", name="Develop")).to_be_enabled()


def test_without_javascript_the_form_still_places_orders(browser, live_server, alice: User) -> None:
    make_key(alice)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.complaints = type("Host", (), {"origin": live_server.url.split("//")[1]})
    sign_in(page, alice)
    page.goto("/")

    page.fill("#prompt", "plain and simple")
    page.click("#develop")

    expect(page.locator(".card .say")).to_have_text("plain and simple")
    context.close()
