"""The keys that a pump works with: one object for each, however many submissions it has.

An object stays as it is. What an owner has changed comes as another one, so that a secret is never
sent to the address of its successor, nor blamed for it.
"""

from __future__ import annotations

from collections.abc import Iterable

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
            self._keys[key.pk] = key

    def lend(self, submission: Submission) -> ProviderKey:
        """The key of a submission as it is now, for the call to come."""
        key = self._keys.setdefault(submission.key_id, submission.key)
        if submission.key is not key:
            submission.key = key
        return key
