"""What can go wrong with secrets. No text of these ever holds one.

VaultError
├── MasterKeyError       the ring of master keys
│   ├── BadMasterKey       what is kept there is not a master key
│   ├── NoMasterKey        there is none at all
│   └── UnknownMasterKey   a secret was sealed with one that is missing
├── CannotOpen           changed since it was sealed, or moved from another row
├── NoSecret             the key has none (any more)
└── BadSecret            what was typed cannot be a key; `message` is for the person
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise


class VaultError(Exception):
    """A secret could not be kept or read."""

    code: ClassVar[str] = "vault_error"

    def __init__(self, text: str = "") -> None:
        super().__init__(text or type(self).__doc__)


class MasterKeyError(VaultError):
    """The master keys cannot be used."""

    code = "no_master_key"


class BadMasterKey(MasterKeyError):
    """A master key must be 32 bytes in base64url."""


class NoMasterKey(MasterKeyError):
    """There is no master key."""


class UnknownMasterKey(MasterKeyError):
    """A secret is sealed with a master key that is missing."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"The master key {key_id} is missing.")
        self.key_id = key_id


class CannotOpen(VaultError):
    """The secret was changed, or does not belong to this row."""

    code = "cannot_open"


class NoSecret(VaultError):
    """The key has no secret; it must be entered again."""

    code = "no_secret"


class BadSecret(VaultError):
    """This cannot be a key."""

    code = "bad_secret"

    def __init__(self, message: str | Promise) -> None:
        super().__init__()
        self.message = message
