"""Before the start: can what is sealed be opened?"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from studio.vault import masterkeys
from studio.vault.cipher import VERSION, master_key_id
from studio.vault.errors import CannotOpen, MasterKeyError, NoMasterKey, UnknownMasterKey
from studio.vault.models import SEALED, ProviderKey, WebhookSecret


def verify_master_keys() -> None:
    """Raise ImproperlyConfigured, in one line, if the ring cannot open what the database holds.

    Makes the first master key where nothing is sealed yet. Needs no tables.
    """
    tables = {model._meta.db_table for model in SEALED}
    is_migrated = tables <= set(connection.introspection.table_names())
    try:
        if is_migrated:
            ProviderKey.objects.ensure_master_keys()
            for model in SEALED:
                _open_samples(model)
        if is_migrated or masterkeys.is_from_environment():
            masterkeys.ring()
    except MasterKeyError as error:
        raise ImproperlyConfigured(f"Master keys: {error}") from error


def _open_samples(model: type[ProviderKey | WebhookSecret]) -> None:
    """One secret of each master key. Raises MasterKeyError."""
    for head, count in model.objects.seal_counts().items():
        sample = model.objects.sealed_by(head).order_by("pk").first()
        says = _says(model, count)
        try:
            if sample:
                sample.reveal()
        except NoMasterKey as error:
            raise MasterKeyError(f"{error} {says} Restore it from a backup.") from error
        except UnknownMasterKey as error:
            raise MasterKeyError(_missing(error.key_id, says)) from error
        except CannotOpen as error:
            raise MasterKeyError(_wrong(head, sample)) from error


def _says(model: type[ProviderKey | WebhookSecret], count: int) -> str:
    what = "provider key" if model is ProviderKey else "webhook secret"
    return f"Sealed with it: {count} {what}{'' if count == 1 else 's'}."


def _missing(key_id: str, says: str) -> str:
    return f"{key_id} is missing from {masterkeys.place()}. {says} Put it back."


def _wrong(head: bytes, sample: ProviderKey | WebhookSecret | None) -> str:
    name = f"provider key {sample.uid if sample else '?'}"
    if isinstance(sample, WebhookSecret):
        name = f"the webhook secret of {name}"
    if not head.startswith(VERSION):
        return f"{name} was sealed by another version of the studio."
    return f"{master_key_id(head).hex()} does not open {name}; its row was changed."
