from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from studio.accounts.models import User
from studio.vault import masterkeys, rotation
from studio.vault.cipher import master_key_id, open_sealed
from studio.vault.models import ProviderKey
from tests.vault.conftest import sealed_key

ROOT = Path(__file__).parents[2]
MANY = 10_000


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


def lines(secrets_dir: Path) -> list[str]:
    return (secrets_dir / "master.keys").read_text().split()


def test_everything_is_sealed_under_the_new_one(alice: User, secrets_dir: Path) -> None:
    keys = [sealed_key(alice, f"sk-number-{number:08}") for number in range(7)]
    (old,) = lines(secrets_dir)

    said = rotate()

    new, kept = lines(secrets_dir)
    assert kept == old != new
    assert ProviderKey.objects.seal_counts() == {b"\x01" + masterkeys.ring().first: 7}
    for number, key in enumerate(keys):
        key.refresh_from_db()
        assert key.reveal() == f"sk-number-{number:08}"
    assert "7 provider keys sealed again in " in said


def test_old_ones_go_when_nothing_needs_them(alice: User, secrets_dir: Path) -> None:
    key = sealed_key(alice, "sk-0123456789abcd")

    said = rotate("--drop-old")

    key.refresh_from_db()
    assert len(lines(secrets_dir)) == 1
    assert key.reveal() == "sk-0123456789abcd"
    assert "1 old master keys removed." in said


def test_an_old_one_stays_while_a_row_needs_it(alice: User, secrets_dir: Path) -> None:
    sealed_key(alice)
    masterkeys.add_first()
    masterkeys.add_first()

    assert rotation.drop_old() == 1
    assert len(lines(secrets_dir)) == 2
    assert ProviderKey.objects.get().reveal()


def test_an_interrupted_rotation_is_finished_not_begun_again(
    alice: User, secrets_dir: Path
) -> None:
    for _ in range(3):
        sealed_key(alice)
    masterkeys.add_first()

    said = rotate()

    assert len(lines(secrets_dir)) == 2
    assert not ProviderKey.objects.not_sealed_by_first().exists()
    assert "No new master key." in said


def test_a_secret_that_is_replaced_meanwhile_stays_replaced(alice: User) -> None:
    key = sealed_key(alice, "sk-before-00000000")
    masterkeys.add_first()
    ProviderKey.objects.get().set_secret("sk-after-000000000")

    assert not key.reseal()

    assert ProviderKey.objects.get().reveal() == "sk-after-000000000"


def test_one_that_cannot_be_opened_is_named_and_the_others_go_on(
    alice: User, secrets_dir: Path
) -> None:
    broken, fine = sealed_key(alice), sealed_key(alice)
    ProviderKey.objects.filter(pk=broken.pk).update(sealed=bytes(broken.sealed)[:-1] + b"!")

    with pytest.raises(CommandError, match=str(broken.uid)):
        rotate("--drop-old")

    fine.refresh_from_db()
    assert master_key_id(bytes(fine.sealed)) == masterkeys.ring().first
    assert len(lines(secrets_dir)) == 2


def test_the_operators_ring_begins_with_the_new_one(alice: User, settings: Settings) -> None:
    old, new = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    settings.STUDIO_MASTER_KEYS = old
    key = sealed_key(alice, "sk-0123456789abcd")
    settings.STUDIO_MASTER_KEYS = f"{new},{old}"

    said = rotate("--drop-old")

    settings.STUDIO_MASTER_KEYS = new
    key.refresh_from_db()
    assert key.reveal() == "sk-0123456789abcd"
    assert "remove all but the first from STUDIO_MASTER_KEYS" in said


def test_an_empty_studio_can_rotate(db: None, secrets_dir: Path) -> None:
    rotate("--drop-old")

    assert len(lines(secrets_dir)) == 1


class House:
    """A studio in its own folder, worked on by real processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def manage(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *words]

    @property
    def environment(self) -> dict[str, str]:
        own = {"STUDIO_DATA_DIR": str(self.folder), "DJANGO_SETTINGS_MODULE": "studio.settings"}
        return {**os.environ, **own}

    def run(self, *words: str) -> str:
        return subprocess.run(
            self.manage(*words), env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def rows(self) -> list[tuple[str, bytes]]:
        with sqlite3.connect(self.folder / "darkroom.sqlite3") as database:
            return database.execute("SELECT uid, sealed FROM vault_providerkey").fetchall()


FILL = f"""
from studio.accounts.models import User
from studio.vault.cipher import seal
from studio.vault.models import ProviderKey
owner = User.objects.create_user("a@example.com", name="A")
ProviderKey.objects.ensure_master_keys()
keys = [ProviderKey(owner=owner, provider="apimart") for _ in range({MANY})]
for key in keys:
    key.sealed = seal(f"sk-{{key.uid}}", key.bond)
ProviderKey.objects.bulk_create(keys, batch_size=500)
"""


@pytest.mark.processes
@pytest.mark.promise(30)
def test_ten_thousand_killed_half_way_all_open(tmp_path: Path, settings: Settings) -> None:
    house = House(tmp_path)
    settings.SECRETS_DIR = tmp_path / "secrets"
    house.run("migrate", "-v", "0", "--skip-checks")
    house.run("shell", "-v", "0", "-c", FILL)

    with subprocess.Popen(
        house.manage("rotate_keys"), env=house.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(f"{MANY // 2} "):
                process.kill()
    half = house.rows()
    said = house.run("rotate_keys")

    print(said)
    first = masterkeys.ring().first
    assert 0 < sum(master_key_id(sealed) != first for _, sealed in half) < MANY
    assert_all_open(half)
    assert_all_open(house.rows())
    assert all(master_key_id(sealed) == first for _, sealed in house.rows())
    assert seconds_in(said) <= 60


def assert_all_open(rows: list[tuple[str, bytes]]) -> None:
    assert len(rows) == MANY
    for text, sealed in rows:
        uid = UUID(text)
        assert open_sealed(sealed, f"providerkey:{uid}".encode()) == f"sk-{uid}"


def seconds_in(said: str) -> float:
    return float(said.split(" sealed again in ")[1].split(" s.")[0])
