"""The hold in a browser: a line on every page, and the page where an admin lifts it."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from studio.accounts.models import User
from studio.engine import hold
from studio.engine.models import Reason
from tests.conftest import make_job, make_key
from tests.pages.conftest import sign_in
from tests.pages.test_looks import look

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.promise(36),
]


@pytest.mark.promise(46)
def test_an_admin_sees_what_waits_and_goes_on(page: Page, alice: User, bob: User) -> None:
    key = make_key(bob, is_shared=True)
    prompts = ["a lighthouse on ridges of paper", "a very long prompt about a cat " * 12]
    for prompt in prompts:
        make_job(bob, key, prompt=prompt)
    hold.begin(Reason.RESTORED, by="manage.py", doubtful_until=timezone.now())
    make_job(alice, key)
    sign_in(page, alice)

    page.goto("/")
    expect(page.locator("#hold")).to_contain_text("2 orders from the backup")
    look(page, "hold-studio")
    page.locator("#hold").get_by_role("link", name="Resume").click()
    expect(page.get_by_role("radio", name="Do not send them")).to_be_checked()
    look(page, "hold")
    page.get_by_role("button", name="Resume the studio").click()

    expect(page.locator(".messages")).to_contain_text("The studio goes on.")
    expect(page.locator("#hold")).to_have_count(0)
    expect(page.locator(".card[data-state=cancelled]")).to_have_count(2)
