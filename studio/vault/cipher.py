"""AES-256-GCM. A sealed secret is: version, id of the master key, nonce, ciphertext with tag.

Everything before the nonce, and the row that the secret belongs to, is authenticated with it: a
sealed secret that is changed or copied into another row does not open.

Nothing passes here without the log knowing what it must not write.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from studio import logs
from studio.vault import masterkeys
from studio.vault.errors import CannotOpen
from studio.vault.redaction import forms

VERSION = b"\x01"
NONCE_BYTES = 12
HEADER_BYTES = len(VERSION) + masterkeys.ID_BYTES


def seal(plain: str, bound_to: bytes) -> bytes:
    """Encrypt under the first master key, for this row only. Raises MasterKeyError."""
    ring = masterkeys.ring()
    head = header(ring.first)
    logs.keep_out(forms(plain))
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = AESGCM(ring.find(ring.first))
    return head + nonce + box.encrypt(nonce, plain.encode(), head + bound_to)


def open_sealed(sealed: bytes, bound_to: bytes) -> str:
    """Raises CannotOpen, MasterKeyError."""
    head, rest = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    if not head.startswith(VERSION) or len(rest) <= NONCE_BYTES:
        raise CannotOpen
    box = AESGCM(masterkeys.ring().find(master_key_id(head)))
    try:
        plain = box.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + bound_to)
    except InvalidTag:
        raise CannotOpen from None
    secret = plain.decode()
    logs.keep_out(forms(secret))
    return secret


def header(key_id: bytes) -> bytes:
    """How everything begins that is sealed under this master key."""
    return VERSION + key_id


def master_key_id(sealed: bytes) -> bytes:
    """Which master key opens it."""
    return sealed[len(VERSION) : HEADER_BYTES]
