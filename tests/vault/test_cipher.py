from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.accounts.models import User
from studio.vault import masterkeys
from studio.vault.cipher import HEADER_BYTES, open_sealed, seal
from studio.vault.errors import CannotOpen, UnknownMasterKey
from studio.vault.models import ProviderKey
from tests.vault.conftest import sealed_key


@pytest.fixture(autouse=True)
def ring() -> None:
    masterkeys.make_first()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(plain=st.text(min_size=1), row=st.binary())
def test_what_is_sealed_opens_in_its_row(plain: str, row: bytes) -> None:
    assert open_sealed(seal(plain, row), row) == plain


def test_the_same_secret_never_looks_the_same() -> None:
    sealed = {seal("sk-1", b"row") for _ in range(100)}

    assert len(sealed) == 100


def test_it_tells_its_version_and_its_master_key() -> None:
    sealed = seal("sk-1", b"row")

    assert sealed[:HEADER_BYTES] == b"\x01" + masterkeys.ring().first


@pytest.mark.promise(31)
def test_another_row_refuses_it() -> None:
    sealed = seal("sk-1", b"row 1")

    with pytest.raises(CannotOpen):
        open_sealed(sealed, b"row 2")


@pytest.mark.promise(31)
def test_no_byte_of_it_can_be_changed() -> None:
    sealed = seal("sk-1", b"row")

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises((CannotOpen, UnknownMasterKey)):
            open_sealed(bytes(changed), b"row")


@pytest.mark.parametrize("length", [0, 1, 8, 9, 20, 21, 30])
def test_a_shortened_one_is_refused(length: int) -> None:
    sealed = seal("sk-1", b"row")[:length]

    with pytest.raises(CannotOpen):
        open_sealed(sealed, b"row")


def test_a_missing_master_key_is_named() -> None:
    sealed = seal("sk-1", b"row")
    missing = masterkeys.ring().first.hex()
    masterkeys.keys_file().unlink()
    masterkeys.make_first()

    with pytest.raises(UnknownMasterKey, match=missing):
        open_sealed(sealed, b"row")


@pytest.mark.promise(31)
def test_secrets_of_two_rows_cannot_be_swapped(alice: User, bob: User) -> None:
    hers, his = sealed_key(alice, "sk-alice-000000000"), sealed_key(bob, "sk-bob-0000000000000")

    ProviderKey.objects.filter(pk=hers.pk).update(sealed=his.sealed)
    ProviderKey.objects.filter(pk=his.pk).update(sealed=hers.sealed)

    for key in ProviderKey.objects.all():
        with pytest.raises(CannotOpen):
            key.reveal()
