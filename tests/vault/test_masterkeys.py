from __future__ import annotations

import base64
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from studio.accounts.models import User
from studio.vault import masterkeys
from studio.vault.cipher import open_sealed, seal
from studio.vault.errors import BadMasterKey, MasterKeyError, NoMasterKey
from studio.vault.models import ProviderKey
from tests.vault.conftest import sealed_key


def new_key() -> str:
    return secrets.token_urlsafe(32)


def test_the_first_one_is_made_once_and_for_us_alone(secrets_dir: Path) -> None:
    masterkeys.make_first()
    made = (secrets_dir / "master.keys").read_text()
    masterkeys.make_first()

    path = secrets_dir / "master.keys"
    assert path.read_text() == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(secrets_dir.stat().st_mode) == 0o700
    assert len(base64.urlsafe_b64decode(made.strip() + "=")) == 32


def test_many_at_once_make_one(secrets_dir: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: masterkeys.make_first() or masterkeys.ring(), range(32)))

    assert len({ring.first for ring in rings}) == 1
    assert sorted(path.name for path in secrets_dir.iterdir()) == ["master.keys", "master.lock"]


def test_the_first_seals_and_all_open() -> None:
    masterkeys.make_first()
    before = seal("old", b"row")
    masterkeys.add_first()
    after = seal("new", b"row")

    assert before[:9] != after[:9]
    assert open_sealed(before, b"row") == "old"
    assert open_sealed(after, b"row") == "new"


def test_the_environment_comes_before_the_file(settings: Settings) -> None:
    masterkeys.make_first()
    one, two = new_key(), new_key()
    settings.STUDIO_MASTER_KEYS = f"{one}, {two}="

    ring = masterkeys.ring()

    assert ring.first == masterkeys.key_id(base64.urlsafe_b64decode(one + "="))
    assert len(ring.keys) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        "too-short",
        "A" * 42,
        "A" * 44,
        "A" * 42 + "!",
        "kein Schlüssel",
        " ,, ",
    ],
)
def test_what_is_no_master_key_is_refused_without_repeating_it(
    settings: Settings, wrong: str
) -> None:
    settings.STUDIO_MASTER_KEYS = wrong

    with pytest.raises(BadMasterKey) as caught:
        masterkeys.ring()

    assert "STUDIO_MASTER_KEYS" in str(caught.value)
    assert wrong not in str(caught.value)


def test_a_missing_file_is_said() -> None:
    with pytest.raises(NoMasterKey, match=r"master\.keys is missing"):
        masterkeys.ring()


def test_a_folder_that_cannot_be_made_is_said(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.SECRETS_DIR = tmp_path / "file" / "secrets"

    with pytest.raises(MasterKeyError, match="cannot be written"):
        masterkeys.make_first()


def test_keys_do_not_appear_in_the_ring_as_text(secrets_dir: Path) -> None:
    masterkeys.make_first()

    raw = base64.urlsafe_b64decode((secrets_dir / "master.keys").read_text().strip() + "=")
    assert repr(raw) not in repr(masterkeys.ring())


@pytest.mark.promise(33)
def test_none_is_made_where_sealed_rows_say_that_there_was_one(
    alice: User, secrets_dir: Path
) -> None:
    key = sealed_key(alice)
    (secrets_dir / "master.keys").unlink()

    with pytest.raises(NoMasterKey):
        ProviderKey(owner=alice, provider="apimart").set_secret("sk-another-000000")

    assert not (secrets_dir / "master.keys").exists()
    assert list(ProviderKey.objects.all()) == [key]
