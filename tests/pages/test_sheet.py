"""The contact sheet in a browser: cards change in place, and what can be done with them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from studio.accounts.models import User
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from tests.conftest import make_key
from tests.pages.conftest import sign_in
from tests.pages.scenes import add_picture, every_state, scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def change(job: Job, status: Status) -> None:
    Submission.objects.filter(job=job).update(status=status)
    job.follow()


def test_a_card_finishes_in_place_and_nothing_below_moves(page: Page, alice: User) -> None:
    key = make_key(alice)
    scene(alice, key, Status.FAILED, error="busy")
    job = scene(alice, key, Status.RUNNING, ratio="3:2", count=4)
    sign_in(page, alice)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    card = page.locator(f"#job-{job.pk}")
    before = card.locator(".stage").bounding_box(), card.locator(".frames").bounding_box()
    assert page.locator("#live-count").inner_text() == "1 developing"

    for number in range(1, 5):
        add_picture(job, number=number)
    change(job, Status.SUCCEEDED)

    expect(card).to_have_attribute("data-state", "succeeded")
    expect(card.locator("img.fresh")).to_have_count(4)
    expect(page.locator("#live-count")).to_be_empty()
    assert card.locator(".stage").bounding_box() == before[0]
    assert card.locator(".frames").bounding_box()["width"] >= before[1]["width"]


def test_asking_stops_when_nothing_is_unfinished(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.RUNNING)
    sign_in(page, alice)
    asked: list[int] = []
    page.on("response", lambda answer: "changes" in answer.url and asked.append(answer.status))
    page.goto("/")
    with page.expect_response(re.compile("/jobs/changes")):
        change(job, Status.FAILED)

    expect(page.locator(f"#job-{job.pk}")).to_have_attribute("data-state", "failed")
    expect(page.locator("#announce")).to_contain_text(f"Job {job.pk}: Failed")
    page.clock.install()
    page.clock.run_for(10_000)
    assert asked.count(200) == 1
    assert asked[-1] == 200


def test_the_tab_counts_what_is_under_way(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.RUNNING)
    sign_in(page, alice)
    page.goto("/")
    expect(page).to_have_title("(1 developing) Studio · Halide Studio")

    change(job, Status.FAILED)

    expect(page).to_have_title("Studio · Halide Studio")


def test_stop_waiting_asks_first(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.RUNNING)
    sign_in(page, alice)
    page.goto("/")
    card = page.locator(f"#job-{job.pk}")
    stop = card.get_by_role("button", name="Stop waiting")

    stop.click()
    expect(page.locator("#confirm")).to_contain_text("may still charge")
    page.get_by_role("button", name="Go back").click()
    expect(card).to_have_attribute("data-state", "running")

    stop.click()
    page.get_by_role("button", name="Go on").click()
    expect(card).to_have_attribute("data-state", "cancelled")


def test_a_queued_card_is_cancelled_and_run_after_all(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.QUEUED)
    sign_in(page, alice)
    page.goto("/")
    card = page.locator(f"#job-{job.pk}")

    card.get_by_role("button", name="Cancel").click()
    expect(card).to_have_attribute("data-state", "cancelled")
    card.get_by_role("button", name="Try again").click()

    expect(card).to_have_attribute("data-state", "queued")
    with page.expect_response(re.compile("/jobs/changes")):
        change(job, Status.FAILED)
    expect(card).to_have_attribute("data-state", "failed")


def test_others_cannot_act_on_a_card(page: Page, alice: User, bob: User) -> None:
    job = scene(alice, make_key(alice), Status.RUNNING)
    sign_in(page, bob)
    page.goto("/")

    card = page.locator(f"#job-{job.pk}")

    expect(card.get_by_role("button")).to_have_count(0)
    expect(card.get_by_role("link", name=f"Remix {job.pk}")).to_be_visible()


def test_remix_fills_the_composer_in_place(page: Page, alice: User) -> None:
    key = make_key(alice)
    job = scene(alice, key, Status.SUCCEEDED, prompt="a red kite", ratio="16:9", resolution="2k")
    add_picture(job)
    sign_in(page, alice)
    page.goto("/")

    page.get_by_role("link", name=f"Remix {job.pk}").click()

    expect(page.locator("#prompt")).to_have_value("a red kite")
    expect(page.locator("#prompt")).to_be_focused()
    expect(page.locator("[name=ratio]:checked")).to_have_value("16:9")
    expect(page.locator("[name=resolution]:checked")).to_have_value("2k")


def test_a_finished_card_offers_its_picture(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.SUCCEEDED)
    image = add_picture(job)
    sign_in(page, alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    card = page.locator(f"#job-{job.pk}")

    card.get_by_role("button", name="Copy URL").click()
    expect(page.locator("#copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == image.url
    card.get_by_role("button", name=f"Edit {job.pk}").click()
    expect(page.locator("#tray .ref img")).to_be_visible()
    with page.expect_download() as download:
        card.get_by_role("link", name=f"Download {job.pk}").click()
    assert download.value.suggested_filename == f"darkroom-{job.pk}-1.png"


def test_a_card_leaves_the_sheet(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.FAILED, error="busy")
    sign_in(page, alice)
    page.goto("/")

    page.get_by_role("button", name=f"Remove {job.pk} from the sheet").click()

    expect(page.locator(f"#job-{job.pk}")).to_have_count(0)
    assert Job.objects.get(pk=job.pk).is_hidden


def test_mine_shows_only_mine(page: Page, alice: User, bob: User) -> None:
    theirs = scene(bob, make_key(bob), Status.FAILED, error="busy")
    own = scene(alice, make_key(alice), Status.FAILED, error="busy")
    sign_in(page, alice)
    page.goto("/")
    expect(page.locator(f"#job-{theirs.pk}")).to_be_visible()

    page.get_by_role("link", name="Mine").click()

    expect(page.locator(f"#job-{own.pk}")).to_be_visible()
    expect(page.locator(f"#job-{theirs.pk}")).to_have_count(0)


def test_older_cards_come_while_scrolling(page: Page, alice: User) -> None:
    key = make_key(alice)
    jobs = [scene(alice, key, Status.CANCELLED) for _ in range(30)]
    sign_in(page, alice)
    page.goto("/")
    expect(page.locator(".card")).to_have_count(24)

    page.locator("#older").scroll_into_view_if_needed()

    expect(page.locator(".card")).to_have_count(len(jobs))
    expect(page.locator("#older")).to_have_count(0)


def test_every_state_has_a_card_with_its_words(page: Page, alice: User) -> None:
    jobs = every_state(alice, make_key(alice))
    sign_in(page, alice)
    page.goto("/")

    shown = {name: page.locator(f"#job-{job.pk} .state").inner_text() for name, job in jobs.items()}

    assert {name: text for name, text in shown.items() if name not in ("one", "four")} == {
        "cancelled": "Cancelled",
        "blocked": "Blocked",
        "unknown": "Outcome unknown",
        "failed": "Failed",
        "saving": "Fetching",
        "submitting": "Sending",
        "queued": "Queued",
        "running": "Developing",
    }
