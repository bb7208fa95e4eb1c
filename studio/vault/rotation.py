"""Another master key for every secret. It may be killed at any time and started again.

Until nothing is sealed under the old master keys they stay in the ring, so everything opens at
every moment; a secret is exchanged only if it is still the one that was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from studio.vault import masterkeys
from studio.vault.cipher import master_key_id
from studio.vault.errors import VaultError
from studio.vault.models import SEALED, ProviderKey, WebhookSecret
from studio.vault.models.sealed import sealing

BATCH = 500


@dataclass(kw_only=True)
class Tally:
    """How far it is: secrets sealed again, and those that could not be opened."""

    done: int = 0
    unopened: list[UUID] = field(default_factory=list)


def begin() -> bool:
    """Add a new master key, unless an earlier rotation is to be finished; say whether it did.

    The operator's own ring must begin with the new one already. Raises MasterKeyError.
    """
    ProviderKey.objects.ensure_master_keys()
    is_unfinished = any(model.objects.not_sealed_by_first().exists() for model in SEALED)
    if is_unfinished or masterkeys.is_from_environment():
        return False
    masterkeys.add_first()
    return True


def reseal_all() -> Iterator[Tally]:
    """Seal everything under the first master key; tells after each batch. Raises MasterKeyError."""
    tally = Tally()
    for model in SEALED:
        unopened: list[Any] = []
        while rows := _remaining(model, unopened):
            with sealing():
                unopened += [row.pk for row in rows if not _reseal(row, tally)]
            yield tally


def drop_old() -> int:
    """Remove the master keys that no secret needs; say how many. Only from our own file."""
    with sealing(alone=True):  # set_secret() waits
        heads = {head for model in SEALED for head in model.objects.seal_counts()}
        return masterkeys.keep({master_key_id(head) for head in heads})


def _remaining(model: type[ProviderKey | WebhookSecret], unopened: list[Any]) -> list[Any]:
    rows = model.objects.not_sealed_by_first().exclude(pk__in=unopened)
    return list(rows.order_by("pk")[:BATCH])


def _reseal(row: ProviderKey | WebhookSecret, tally: Tally) -> bool:
    """False where it cannot be opened."""
    try:
        tally.done += row.reseal()
    except VaultError:
        tally.unopened.append(row.uid)
        return False
    return True
