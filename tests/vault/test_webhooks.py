"""The secret that a provider signs its webhooks with: entered, kept sealed, erased, never shown."""

from __future__ import annotations

import secrets
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from studio.accounts.models import User
from studio.vault import masterkeys
from studio.vault.checks import verify_master_keys
from studio.vault.cipher import master_key_id
from studio.vault.errors import CannotOpen
from studio.vault.models import SEALED, ProviderKey, WebhookSecret
from tests.vault.conftest import sealed_key

PUBLIC = "https://studio.example.com"
SIGNING = "whsec_0123456789abcdef"


@pytest.fixture(autouse=True)
def _public(settings: Settings) -> None:
    settings.STUDIO_PUBLIC_URL = PUBLIC


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return sealed_key(bob, provider="gptimage2plus", label="Studio")


def edit(client: Client, key: ProviderKey, **data: str) -> Any:
    return client.post(reverse("key-edit", args=[key.uid]), {"label": key.label, **data})


def stored(key: ProviderKey) -> str:
    return WebhookSecret.objects.get(key=key).reveal()


def keep(key: ProviderKey, secret: str = SIGNING) -> None:
    WebhookSecret.objects.keep(key, secret)


def page(client: Client) -> str:
    return client.get(reverse("keys")).content.decode()


def test_it_is_entered_beside_the_address_to_register(as_bob: Client, key: ProviderKey) -> None:
    before = page(as_bob)

    answer = edit(as_bob, key, webhook_secret=f" {SIGNING} ")

    assert answer.status_code == 302
    assert stored(key) == SIGNING
    assert before.count(f'data-copy="{PUBLIC}/hooks/gptimage2plus/{key.uid}"') == 1
    assert "webhook on" not in before
    assert "webhook on" in page(as_bob)


def test_another_one_takes_its_place(as_bob: Client, key: ProviderKey) -> None:
    keep(key)

    edit(as_bob, key, webhook_secret="whsec_another")

    assert stored(key) == "whsec_another"
    assert WebhookSecret.objects.count() == 1


def test_an_empty_field_leaves_it(as_bob: Client, key: ProviderKey) -> None:
    keep(key)

    edit(as_bob, key, webhook_secret="")

    assert stored(key) == SIGNING


def test_it_is_erased_when_that_is_asked_for(as_bob: Client, key: ProviderKey) -> None:
    keep(key)

    edit(as_bob, key, is_webhook_off="on")

    assert not WebhookSecret.objects.exists()
    assert ProviderKey.objects.get().has_secret


@pytest.mark.promise(18)
@pytest.mark.parametrize("text", [" ", "whsec_ with spaces", "whsec_é", "x" * 501])
def test_what_cannot_be_one_is_not_kept(as_bob: Client, key: ProviderKey, text: str) -> None:
    edit(as_bob, key, webhook_secret=text)

    assert not WebhookSecret.objects.exists()


@pytest.mark.promise(32)
def test_it_is_never_shown_again(as_bob: Client, as_alice: Client, key: ProviderKey) -> None:
    keep(key)
    key.share(is_shared=True)

    refused = edit(as_bob, key, base_url="http://10.0.0.1", webhook_secret=SIGNING)

    shown = [refused.content.decode(), page(as_bob), page(as_alice)]
    assert refused.status_code == 200
    assert [html for html in shown if SIGNING in html or SIGNING[-4:] in html] == []


@pytest.mark.promise(29)
def test_it_is_in_no_table(key: ProviderKey) -> None:
    keep(key)

    with connection.cursor() as cursor:
        tables = connection.introspection.table_names()
        rows = [row for table in tables for row in cursor.execute(f'SELECT * FROM "{table}"')]

    assert [row for row in rows if SIGNING in repr(row)] == []


@pytest.mark.parametrize(
    ("provider", "public", "is_sandbox"),
    [
        ("apimart", PUBLIC, False),  # tells of nothing
        ("apimodels", PUBLIC, False),  # is given an address with each order
        ("gptimage2plus", "", False),
        ("gptimage2plus", PUBLIC, True),
    ],
)
def test_there_is_no_field_where_there_are_no_signed_webhooks(
    as_bob: Client, bob: User, settings: Settings, provider: str, public: str, is_sandbox: bool
) -> None:
    settings.STUDIO_PUBLIC_URL = public
    key = sealed_key(bob, provider=provider, is_sandbox=is_sandbox)

    html = page(as_bob)
    edit(as_bob, key, webhook_secret=SIGNING)

    assert "webhook" not in html
    assert not WebhookSecret.objects.exists()


@pytest.mark.promise(28)
def test_another_base_url_forgets_it_too(as_bob: Client, key: ProviderKey) -> None:
    keep(key)

    edit(as_bob, key, base_url="https://mirror.example.com")

    assert not WebhookSecret.objects.exists()


def test_it_may_come_with_the_new_address(as_bob: Client, key: ProviderKey) -> None:
    keep(key)

    edit(as_bob, key, base_url="https://mirror.example.com", webhook_secret="whsec_of_the_mirror")

    assert stored(key) == "whsec_of_the_mirror"


def test_another_key_of_the_account_leaves_it(as_bob: Client, key: ProviderKey) -> None:
    keep(key)

    as_bob.post(reverse("key-replace", args=[key.uid]), {"secret": "gimg_another_00000000"})

    assert stored(key) == SIGNING


def test_it_goes_with_its_key(key: ProviderKey) -> None:
    keep(key)

    key.delete_softly()

    assert not WebhookSecret.objects.exists()
    assert not key.has_webhook_secret


@pytest.mark.promise(31)
def test_it_opens_for_its_key_and_its_purpose_only(bob: User, key: ProviderKey) -> None:
    other = sealed_key(bob, provider="gptimage2plus")
    keep(key)
    sealed = bytes(WebhookSecret.objects.get(key=key).sealed)

    strangers = [WebhookSecret(key=other, sealed=sealed), ProviderKey(uid=key.uid, sealed=sealed)]

    for row in strangers:
        with pytest.raises(CannotOpen):
            row.reveal()


@pytest.mark.promise(30)
def test_a_rotation_seals_it_anew(key: ProviderKey, secrets_dir: Path) -> None:
    keep(key)
    out = StringIO()

    call_command("rotate_keys", "--drop-old", stdout=out)

    row = WebhookSecret.objects.get()
    assert master_key_id(bytes(row.sealed)) == masterkeys.ring().first
    assert row.reveal() == SIGNING
    assert "1 old master keys removed." in out.getvalue()
    assert not any(model.objects.not_sealed_by_first().exists() for model in SEALED)


@pytest.mark.promise(30)
def test_a_rotation_that_ended_between_the_two_is_finished(
    key: ProviderKey, secrets_dir: Path
) -> None:
    keep(key)
    masterkeys.add_first()
    assert ProviderKey.objects.get().reseal()

    call_command("rotate_keys", "--drop-old", stdout=StringIO())

    assert len((secrets_dir / "master.keys").read_text().split()) == 1
    assert (stored(key), ProviderKey.objects.get().reveal()[:3]) == (SIGNING, "sk-")


@pytest.mark.promise(33)
def test_the_start_is_refused_when_it_cannot_be_opened(
    key: ProviderKey, settings: Settings
) -> None:
    keep(key)
    ProviderKey.objects.update(sealed=b"")
    settings.STUDIO_MASTER_KEYS = secrets.token_urlsafe(32)

    with pytest.raises(ImproperlyConfigured, match=r"Sealed with it: 1 webhook secret\."):
        verify_master_keys()


@pytest.mark.promise(33)
def test_no_second_ring_is_begun_over_it(key: ProviderKey, secrets_dir: Path) -> None:
    keep(key)
    ProviderKey.objects.update(sealed=b"")
    (secrets_dir / "master.keys").unlink()

    with pytest.raises(ImproperlyConfigured, match=r"master\.keys is missing"):
        verify_master_keys()

    assert not (secrets_dir / "master.keys").exists()


def test_one_whose_row_was_changed_is_named(key: ProviderKey) -> None:
    keep(key)
    row = WebhookSecret.objects.get()
    WebhookSecret.objects.update(sealed=bytes(row.sealed)[:-1] + b"!")

    with pytest.raises(ImproperlyConfigured, match=f"the webhook secret of provider key {key.uid}"):
        verify_master_keys()
