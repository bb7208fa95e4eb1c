"""The keys page in a real browser: dialogs, the menu, and a row that waits for its test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings

from studio.accounts.models import User
from studio.vault.models import ProviderKey
from tests.pages.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = "sk-live-0123456789abcdef9c1e"


@pytest.fixture(autouse=True)
def _own_master_keys(settings: Settings, tmp_path: Path) -> None:
    settings.STUDIO_MASTER_KEYS = ""
    settings.SECRETS_DIR = tmp_path / "secrets"


def key_of(owner: User) -> ProviderKey:
    key = ProviderKey(owner=owner, provider="apimart", label="Studio")
    key.set_secret(SECRET)
    return key


def test_a_key_is_added_with_the_keyboard(page: Page, bob: User) -> None:
    sign_in(page, bob)
    page.goto("/keys/")

    page.get_by_role("link", name="Add a key").click()
    dialog = page.get_by_role("dialog", name="Add a provider key")
    dialog.get_by_label("Name").fill("Client work")
    dialog.get_by_label("API key").fill("not a key")
    page.keyboard.press("Enter")

    expect(dialog.get_by_text("A key has no spaces")).to_be_visible()
    expect(dialog.get_by_label("API key")).to_be_focused()
    expect(dialog.get_by_label("API key")).to_have_value("")
    expect(dialog.get_by_label("Name")).to_have_value("Client work")
    dialog.get_by_label("API key").fill(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Client work")).to_be_visible()
    expect(page.get_by_text("…9c1e", exact=True)).to_be_visible()
    assert SECRET not in page.content()


def test_a_row_waits_for_its_test_and_changes_in_place(page: Page, bob: User) -> None:
    key = key_of(bob)
    sign_in(page, bob)
    page.goto("/keys/")

    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text("Testing")).to_be_visible()
    expect(page.get_by_role("button", name="Test")).to_be_focused()
    ProviderKey.objects.get(pk=key.pk).note_test(ok=True, milliseconds=214)

    expect(page.get_by_text("Tested OK")).to_be_visible()
    expect(page.get_by_text("214 ms")).to_be_visible()


def test_the_switch_shares_and_the_menu_pauses(page: Page, bob: User) -> None:
    key = key_of(bob)
    sign_in(page, bob)
    page.goto("/keys/")

    with page.expect_response("**/share/"):
        page.get_by_role("switch", name="Let the team use it").check()
    page.get_by_role("button", name="More for Studio").click()
    page.get_by_role("button", name="Pause this key").click()

    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    key.refresh_from_db()
    assert (key.is_shared, key.is_paused) == (True, True)


def test_deleting_can_be_thought_over(page: Page, bob: User) -> None:
    key = key_of(bob)
    sign_in(page, bob)
    page.goto("/keys/")

    page.get_by_role("button", name="More for Studio").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("link", name="Keep it")).to_be_focused()
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert ProviderKey.objects.get(pk=key.pk).deleted_at is None

    page.get_by_role("button", name="More for Studio").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete key").click()

    expect(page.get_by_role("heading", name="No key yet")).to_be_visible()


def test_everything_works_without_scripts(
    browser: Browser, context: BrowserContext, page: Page, live_server: Any, bob: User
) -> None:
    key_of(bob)
    sign_in(page, bob)
    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=context.storage_state()
    )
    bare = plain.new_page()
    bare.goto("/keys/")

    bare.get_by_role("button", name="Test").click()
    expect(bare.get_by_text("Testing")).to_be_visible()
    bare.get_by_role("switch", name="Let the team use it").check()
    bare.get_by_role("button", name="Save").click()
    expect(bare.get_by_role("switch", name="Let the team use it")).to_be_checked()
    bare.get_by_role("link", name="Replace").click()
    bare.get_by_label("New API key").fill("sk-brand-new-00004242")
    bare.get_by_role("button", name="Test and replace").click()

    expect(bare.get_by_text("…4242", exact=True)).to_be_visible()
    plain.close()
