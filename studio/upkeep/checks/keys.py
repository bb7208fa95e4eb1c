"""Secrets: does everything that is sealed open, and which keys are paused."""

from __future__ import annotations

from collections import Counter

from studio.upkeep.checks.finding import Finding, Scope, counted, fail, ok, warn
from studio.vault import masterkeys
from studio.vault.errors import MasterKeyError, NoMasterKey, VaultError
from studio.vault.models import BY_OWNER, SEALED, ProviderKey


def check_master_keys(scope: Scope) -> Finding:
    try:
        count = len(masterkeys.ring().keys)
    except NoMasterKey as error:
        if not any(model.objects.sealed().exists() for model in SEALED):
            return ok("There is none yet, and nothing sealed.")
        return fail(str(error), "Put back the file that was kept apart from the backups.")
    except MasterKeyError as error:
        return fail(str(error), f"See {masterkeys.place()}.")
    return ok(f"{counted(count, 'master key')} in {masterkeys.place()}.")


def check_keys(scope: Scope) -> Finding:
    """Every secret is opened, and forgotten at once."""
    shut, count = [], 0
    for model in SEALED:
        for row in model.objects.sealed().iterator():
            count += 1
            try:
                row.reveal()
            except VaultError:
                shut.append(str(row.uid))
    if shut:
        return fail(
            f"{len(shut)} of {count} secrets do not open, the first of key {shut[0]}.",
            "Put back the master keys they were sealed with, or have the keys entered again.",
        )
    return ok(f"{counted(count, 'secret')} sealed, and each opens.")


def check_paused(scope: Scope) -> Finding:
    """By provider and reason; what owners paused themselves is no trouble."""
    rows = ProviderKey.objects.filter(is_paused=True, deleted_at=None).exclude(pause_code=BY_OWNER)
    found = Counter(rows.values_list("provider", "pause_code"))
    if not found:
        return ok("No key is paused for a reason of its provider's.")
    words = ", ".join(f"{count} × {name} ({code})" for (name, code), count in found.items())
    return warn(f"Paused keys: {words}.", "Their owners see on the keys page what to do.")
