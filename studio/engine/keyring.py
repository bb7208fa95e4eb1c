"""The keys that a pump works with: one object for each, however many submissions it has.

An object stays as it is. What an owner has changed comes as another one, so that a secret is never
sent to the address of its successor, nor blamed for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.jobs.models import Submission
from studio.vault.models import ProviderKey


class Keyring:
    def __init__(self) -> None:
        self._keys: dict[int, ProviderKey] = {}

    @property
    def ids(self) -> list[int]:
        return list(self._keys)

    def put(self, keys: Iterable[ProviderKey]) -> None:
        """These are how the keys are now."""
        for key in keys:
            known = self._keys.get(key.pk)
            if known is None or _facts(known) != _facts(key):
                self._keys[key.pk] = key

    def lend(self, submission: Submission) -> ProviderKey:
        """The key of a submission as it is now, for the call to come."""
        key = self._keys.setdefault(submission.key_id, submission.key)
        if submission.key is not key:
            submission.key = key
        return key


def _facts(key: ProviderKey) -> dict[str, Any]:
    return {field.attname: getattr(key, field.attname) for field in key._meta.concrete_fields}
