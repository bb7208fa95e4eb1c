"""The job page in a browser, in every state."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from studio.accounts.models import User
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from tests.conftest import make_key
from tests.pages.conftest import sign_in
from tests.pages.scenes import add_picture, scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def four(page: Page, alice: User) -> Job:
    """A finished job with four pictures."""
    job = scene(alice, make_key(alice), Status.SUCCEEDED, ratio="3:2", count=4)
    for number in range(1, 5):
        add_picture(job, number=number)
    sign_in(page, alice)
    return job


def test_the_filmstrip_changes_picture_and_links(page: Page, four: Job) -> None:
    page.goto(f"/jobs/{four.uid}")
    expect(page.locator("#links")).to_contain_text(f"/{four.pk}/1.png")
    expect(page.locator("#links")).to_contain_text("Gone in 21 h")

    page.get_by_role("link", name="Picture 3").click()

    expect(page.locator("#links")).to_contain_text(f"/{four.pk}/3.png")
    expect(page.get_by_role("link", name="Picture 3")).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile(r"\?picture=3$"))
    third = four.images.get(number=3)
    expect(page.locator("#viewer figure img")).to_have_attribute(
        "src", re.compile(f"{third.uid}/1600.webp")
    )


def test_the_timeline_and_the_bill_are_told(page: Page, four: Job) -> None:
    page.goto(f"/jobs/{four.uid}")

    expect(page.locator(".line li").first).to_contain_text("by Alice Admin")
    expect(page.get_by_role("region", name="Cost")).to_contain_text("play money")


def test_family_is_shown(page: Page, four: Job, alice: User) -> None:
    child = scene(alice, four.key, Status.QUEUED, made_from=four)
    page.goto(f"/jobs/{child.uid}")

    page.get_by_role("group", name="Lineage").get_by_role("link", name=str(four.pk)).click()

    expect(page).to_have_url(re.compile(str(four.uid)))
    expect(page.get_by_role("group", name="Lineage").get_by_role("link")).to_have_count(2)


def test_a_job_under_way_goes_on_by_itself(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.RUNNING)
    sign_in(page, alice)
    page.goto(f"/jobs/{job.uid}")
    expect(page.locator(".stage")).to_contain_text("Developing 1 picture")

    add_picture(job)
    Submission.objects.filter(job=job).update(status=Status.SUCCEEDED)
    job.follow()

    expect(page.locator("#viewer figure img")).to_be_visible()
    expect(page.locator("#job-body")).not_to_have_attribute("hx-get", re.compile("."))


def test_stop_waiting_asks_first_here_too(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.RUNNING)
    sign_in(page, alice)
    page.goto(f"/jobs/{job.uid}")

    page.get_by_role("button", name="Stop waiting").click()
    page.get_by_role("button", name="Go on").click()

    expect(page.locator(".jobnav")).to_contain_text("Cancelled")


def test_a_failed_job_says_why_and_can_be_tried_again(page: Page, alice: User) -> None:
    job = scene(alice, make_key(alice), Status.FAILED, error="busy")
    Submission.objects.filter(job=job).update(error_detail="server is busy, sorry")
    sign_in(page, alice)
    page.goto(f"/jobs/{job.uid}")
    expect(page.locator(".stage")).to_contain_text("The provider is busy")
    expect(page.locator(".words")).to_have_text("server is busy, sorry")

    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".jobnav")).to_contain_text("Queued")


def test_edit_takes_the_picture_to_the_studio(page: Page, four: Job) -> None:
    page.goto(f"/jobs/{four.uid}")

    page.get_by_role("button", name="Edit this picture").click()

    expect(page.locator("#tray .ref img")).to_be_visible()
