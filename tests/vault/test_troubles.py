from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio.engine.errors import FetchError, WireError
from studio.providers.errors import BadOrder, Blocked, Failed, ProviderError, Refused, UnknownTask
from studio.vault.errors import BadSecret, MasterKeyError, VaultError
from studio.vault.models import PROVIDER_PAUSES
from studio.vault.troubles import OTHER, TROUBLES, trouble_of

# What only an order or a picture can meet, never a key test.
NOT_OF_KEYS = (BadOrder, Blocked, Failed, UnknownTask, FetchError, BadSecret)
BASES = {ProviderError, Refused, WireError, VaultError}


def kinds(base: type[Exception]) -> Iterator[type[Exception]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


CODES = {
    kind.code  # type: ignore[attr-defined]
    for base in (ProviderError, WireError, VaultError)
    for kind in kinds(base)
    if kind not in BASES and not issubclass(kind, NOT_OF_KEYS)
}


@pytest.mark.parametrize("code", sorted(CODES | set(PROVIDER_PAUSES)))
def test_everything_that_a_key_can_meet_has_its_own_sentence(code: str) -> None:
    assert trouble_of(code) is not OTHER


@pytest.mark.parametrize("code", [*TROUBLES, "something else"])
def test_every_sentence_can_be_filled_in(code: str) -> None:
    trouble = trouble_of(code)

    sentence = str(trouble.sentence) % {"provider": "APIMart", "host": "api.apimart.ai"}

    assert "%(" not in sentence
    assert sentence.endswith(".")
    assert "charge" in sentence or code == "by_owner"


def test_master_key_faults_share_one_code() -> None:
    assert {kind.code for kind in kinds(MasterKeyError)} == {"no_master_key"}  # type: ignore[attr-defined]
