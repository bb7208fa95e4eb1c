"""A request that the studio refuses as a whole leaves the page as it is, and says why."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from studio.accounts.models import User
from studio.jobs.states import Status
from tests.conftest import make_key
from tests.pages.conftest import sign_in
from tests.pages.scenes import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_far_too_much_text_is_refused_in_words_and_stays(page: Page, alice: User) -> None:
    make_key(alice)
    sign_in(page, alice)
    page.goto("/")
    page.complaints.expected |= {"413"}  # type: ignore[attr-defined]
    page.evaluate("document.getElementById('prompt').value = 'x'.repeat(3_000_000)")

    page.get_by_role("button", name="Develop").click()

    expect(page.locator("#refused")).to_contain_text("This is too much at once.")
    expect(page.locator("#refused")).to_be_visible()
    assert page.evaluate("document.getElementById('prompt').value.length") == 3_000_000


def test_a_button_of_a_job_that_changed_hands_says_so(page: Page, alice: User, bob: User) -> None:
    job = scene(alice, make_key(alice), Status.FAILED, error="busy")
    sign_in(page, alice)
    page.goto("/")
    page.complaints.expected |= {"404"}  # type: ignore[attr-defined]
    type(job).objects.update(owner=bob)

    page.get_by_role("button", name="Try again").click()

    expect(page.locator("#refused")).to_contain_text("This is not there any more.")
    expect(page.locator(f"#job-{job.pk}")).to_be_visible()
