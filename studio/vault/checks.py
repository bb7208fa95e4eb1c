"""Before the start: can what is sealed be opened?"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from studio.vault import masterkeys
from studio.vault.cipher import VERSION, master_key_id
from studio.vault.errors import CannotOpen, MasterKeyError, NoMasterKey, UnknownMasterKey
from studio.vault.models import ProviderKey


def verify_master_keys() -> None:
    """Raise ImproperlyConfigured, in one line, if the ring cannot open what the database holds.

    Makes the first master key where nothing is sealed yet. Needs no tables.
    """
    is_migrated = ProviderKey._meta.db_table in connection.introspection.table_names()
    try:
        if is_migrated:
            ProviderKey.objects.ensure_master_keys()
            _open_samples(ProviderKey.objects.seal_counts())
        if is_migrated or masterkeys.is_from_environment():
            masterkeys.ring()
    except MasterKeyError as error:
        raise ImproperlyConfigured(f"Master keys: {error}") from error


def _open_samples(counts: dict[bytes, int]) -> None:
    """One secret of each master key. Raises MasterKeyError."""
    for head, count in counts.items():
        sample = ProviderKey.objects.sealed_by(head).order_by("pk").first()
        try:
            if sample:
                sample.reveal()
        except NoMasterKey as error:
            raise MasterKeyError(f"{error} {_says(count)} Restore it from a backup.") from error
        except UnknownMasterKey as error:
            raise MasterKeyError(_missing(error.key_id, count)) from error
        except CannotOpen as error:
            raise MasterKeyError(_wrong(head, sample)) from error


def _says(count: int) -> str:
    return f"Sealed with it: {count} provider key{'' if count == 1 else 's'}."


def _missing(key_id: str, count: int) -> str:
    return f"{key_id} is missing from {masterkeys.place()}. {_says(count)} Put it back."


def _wrong(head: bytes, sample: ProviderKey | None) -> str:
    uid = sample.uid if sample else "?"
    if not head.startswith(VERSION):
        return f"the secret of provider key {uid} was sealed by another version of the studio."
    return f"{master_key_id(head).hex()} does not open provider key {uid}; its row was changed."
