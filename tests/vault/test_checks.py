from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from studio.accounts.models import User
from studio.vault import masterkeys
from studio.vault.checks import verify_master_keys
from studio.vault.models import ProviderKey
from tests.vault.conftest import sealed_key


def refusal() -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        verify_master_keys()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_first_start_makes_a_master_key(db: None, secrets_dir: Path) -> None:
    verify_master_keys()

    assert (secrets_dir / "master.keys").exists()


def test_a_database_without_tables_is_fine(db: None, secrets_dir: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE vault_providerkey RENAME TO away")

    verify_master_keys()

    assert not secrets_dir.exists()


def test_the_right_ring_is_fine(alice: User) -> None:
    sealed_key(alice)
    masterkeys.add_first()
    sealed_key(alice, "sk-second-00000000")

    verify_master_keys()


def test_keys_without_a_secret_need_no_ring(alice: User, secrets_dir: Path) -> None:
    sealed_key(alice).delete_softly()
    (secrets_dir / "master.keys").unlink()

    verify_master_keys()


@pytest.mark.promise(33)
def test_a_missing_ring_refuses_the_start(alice: User, secrets_dir: Path) -> None:
    sealed_key(alice)
    (secrets_dir / "master.keys").unlink()

    text = refusal()

    assert "master.keys is missing" in text
    assert "1 provider key." in text
    assert not (secrets_dir / "master.keys").exists()


@pytest.mark.promise(33)
def test_another_ring_refuses_the_start(alice: User, settings: Settings) -> None:
    sealed_key(alice)
    sealed_key(alice)
    needed = masterkeys.ring().first.hex()
    settings.STUDIO_MASTER_KEYS = secrets.token_urlsafe(32)

    text = refusal()

    assert f"{needed} is missing from STUDIO_MASTER_KEYS" in text
    assert "2 provider keys." in text


@pytest.mark.promise(33)
def test_one_of_two_missing_refuses_the_start(alice: User, secrets_dir: Path) -> None:
    sealed_key(alice)
    masterkeys.add_first()
    sealed_key(alice, "sk-second-00000000")
    path = secrets_dir / "master.keys"
    path.write_text(path.read_text().splitlines()[0])

    assert "is missing from" in refusal()


@pytest.mark.promise(33)
def test_a_malformed_ring_refuses_the_start(alice: User, settings: Settings) -> None:
    settings.STUDIO_MASTER_KEYS = "hunter2"

    text = refusal()

    assert "32 bytes in base64url" in text
    assert "hunter2" not in text


@pytest.mark.promise(33)
def test_a_changed_row_refuses_the_start(alice: User) -> None:
    key = sealed_key(alice)
    sealed = bytearray(key.sealed)
    sealed[-1] ^= 1
    ProviderKey.objects.filter(pk=key.pk).update(sealed=bytes(sealed))

    assert f"does not open provider key {key.uid}" in refusal()


@pytest.mark.promise(33)
def test_a_row_of_another_version_refuses_the_start(alice: User) -> None:
    key = sealed_key(alice)
    ProviderKey.objects.filter(pk=key.pk).update(sealed=b"\x09" + bytes(key.sealed)[1:])

    assert "another version" in refusal()
