"""Comparing in a browser: the switch, the boxes, the reasons, and all of it without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from studio.accounts.models import User
from studio.jobs.models import Job
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.jobs.carding import in_state
from tests.pages.conftest import sign_in
from tests.pages.scenes import add_picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def keys(alice: User) -> list[ProviderKey]:
    return [make_key(alice, provider=name) for name in ("apimart", "gptimage2plus", "apimodels")]


@pytest.fixture
def studio(page: Page, alice: User, keys: list[ProviderKey]) -> Page:
    sign_in(page, alice)
    page.goto("/")
    return page


def box(page: Page, key: ProviderKey) -> str:
    return f"#compare-{key.uid}"


def test_the_switch_turns_radios_into_boxes_and_back(studio: Page, keys: list[ProviderKey]) -> None:
    expect(studio.locator("#develop")).to_contain_text("Develop")

    studio.get_by_role("switch", name="Compare on several").check()

    expect(studio.locator(box(studio, keys[0]))).to_be_checked()
    expect(studio.locator("#picker [type=radio]").first).to_be_hidden()
    expect(studio.get_by_role("button", name="Develop on each")).to_be_visible()
    studio.get_by_role("button", name="One more").click()
    expect(studio.get_by_role("button", name="Develop 2 on each")).to_be_visible()
    studio.get_by_role("switch", name="Compare on several").uncheck()
    expect(studio.get_by_role("button", name="Develop 2 pictures")).to_be_visible()
    expect(studio.locator(box(studio, keys[0]))).to_be_hidden()


def test_a_click_on_a_name_ticks_its_box_and_leaves_the_list_open(
    studio: Page, keys: list[ProviderKey]
) -> None:
    studio.get_by_role("switch", name="Compare on several").check()
    expect(studio.locator("[name=ratio]")).to_have_count(3)

    studio.locator(f"label:has({box(studio, keys[1])}) .pname").click()

    expect(studio.locator(box(studio, keys[1]))).not_to_be_checked()
    expect(studio.locator("#picker")).to_have_attribute("open", "")
    expect(studio.locator("[name=ratio]")).to_have_count(16)


def test_who_cannot_do_it_says_so_at_its_key(studio: Page, keys: list[ProviderKey]) -> None:
    studio.locator("[name=ratio][value='21:9']").check(force=True)
    expect(studio.locator("#opt-ratio output")).to_contain_text("21:9")

    studio.get_by_role("switch", name="Compare on several").check()

    row = studio.locator(f"label:has({box(studio, keys[1])})")
    expect(row).to_contain_text("GPTImage2 Plus does not offer “21:9” here.")
    expect(studio.get_by_text("Not all of them offer 21:9.")).to_be_visible()


def test_a_refused_comparison_keeps_the_text_and_the_boxes(
    studio: Page, keys: list[ProviderKey]
) -> None:
    studio.complaints.expected.add("422")
    studio.fill("#prompt", "two boats")
    studio.get_by_role("switch", name="Compare on several").check()
    studio.locator(box(studio, keys[1])).uncheck()
    expect(studio.locator("[name=ratio]")).to_have_count(16)

    studio.get_by_role("button", name="Develop on each").click()

    expect(studio.get_by_text("Choose two keys at least to compare them.")).to_be_visible()
    expect(studio.locator("#prompt")).to_have_value("two boats")
    expect(studio.locator(box(studio, keys[0]))).to_be_checked()
    assert not Job.objects.exists()


def test_the_picks_come_with_the_last_card(studio: Page) -> None:
    studio.fill("#prompt", "two boats")
    studio.get_by_role("switch", name="Compare on several").check()
    expect(studio.locator("[name=ratio]")).to_have_count(3)
    studio.get_by_role("button", name="Develop on each").click()
    expect(studio.locator(".comparison > .card")).to_have_count(2)
    expect(studio.locator("#hollow")).to_be_hidden()
    first, second = Job.objects.order_by("pk")

    finish(first)
    expect(studio.locator(f"#job-{first.pk}")).to_have_attribute("data-state", "succeeded")
    expect(studio.locator(".comparison > header")).to_contain_text("1 of 2 finished")
    expect(studio.locator("[id^=pick-]")).to_have_count(0)
    finish(second)

    expect(studio.locator("[id^=pick-]")).to_have_count(2)
    studio.locator(f"#pick-{second.pk}").click()
    expect(studio.locator(f"#job-{first.pk}")).to_have_class("card passed")
    expect(studio.locator(f"#job-{second.pk} .verdict")).to_contain_text("Picked")


def finish(job: Job) -> None:
    add_picture(job)
    in_state(job, Status.SUCCEEDED)
    job.follow()


def test_without_javascript_it_compares_and_picks(
    browser: Browser, live_server, alice: User, keys: list[ProviderKey]
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.complaints = type("Host", (), {"origin": live_server.url.split("//")[1]})
    sign_in(page, alice)
    page.goto("/")
    page.fill("#prompt", "plain and simple")
    page.locator("[name=resolution][value='2k']").check(force=True)

    page.locator("#compare").check()
    page.locator("#picker > summary").click()
    page.locator(box(page, keys[1])).uncheck()
    page.locator(box(page, keys[2])).check()
    page.click("#develop")

    expect(page.locator(".comparison > .card")).to_have_count(2)
    jobs = list(Job.objects.order_by("pk"))
    assert [(job.provider, job.resolution) for job in jobs] == [
        ("apimart", "2k"),
        ("apimodels", "2K"),
    ]
    for job in jobs:
        finish(job)
    page.reload()
    page.locator(f"#pick-{jobs[0].pk}").click()
    expect(page.locator("#h-comp + .state")).to_contain_text("Picked: Demo: APIMart")
    context.close()
