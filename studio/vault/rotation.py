"""Another master key for every secret. It may be killed at any time and started again.

Until nothing is sealed under the old master keys they stay in the ring, so everything opens at
every moment; a secret is exchanged only if it is still the one that was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from studio.vault import masterkeys
from studio.vault.cipher import master_key_id
from studio.vault.errors import VaultError
from studio.vault.models import ProviderKey
from studio.vault.queries import ProviderKeyQuerySet

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
    is_unfinished = ProviderKey.objects.not_sealed_by_first().exists()
    if is_unfinished or masterkeys.is_from_environment():
        return False
    masterkeys.add_first()
    return True


def reseal_all() -> Iterator[Tally]:
    """Seal everything under the first master key; tells after each batch. Raises MasterKeyError."""
    tally = Tally()
    while keys := list(_remaining(tally)[:BATCH]):
        with transaction.atomic():
            for key in keys:
                _reseal(key, tally)
        yield tally


def drop_old() -> int:
    """Remove the master keys that no secret needs; say how many. Only from our own file."""
    with transaction.atomic():  # nothing is sealed meanwhile: set_secret() waits for this lock
        needed = {master_key_id(head) for head in ProviderKey.objects.seal_counts()}
        return masterkeys.keep(needed)


def _remaining(tally: Tally) -> ProviderKeyQuerySet:
    keys = ProviderKey.objects.not_sealed_by_first().exclude(uid__in=tally.unopened)
    return keys.order_by("pk").only("uid", "sealed")


def _reseal(key: ProviderKey, tally: Tally) -> None:
    try:
        tally.done += key.reseal()
    except VaultError:
        tally.unopened.append(key.uid)
