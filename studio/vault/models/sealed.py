"""Rows with a secret that opens only there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from studio.vault.cipher import open_sealed, seal
from studio.vault.errors import BadSecret, NoSecret

LONGEST_SECRET = 500
SEALING = 0x7365616C  # the number of our advisory lock


@contextmanager
def sealing(*, alone: bool = False) -> Iterator[None]:
    """A transaction in which no master key is dropped; `alone`, one in which nothing is sealed.

    SQLite lets one write at a time. On PostgreSQL what is just being sealed is not seen yet.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {lock}(%s)", [SEALING])
        yield


def check_secret(text: str) -> str:
    """The secret as it is sent in a header: printable ASCII without spaces. Raises BadSecret."""
    secret = text.strip()
    if not secret:
        raise BadSecret(_("Paste the key."))
    if len(secret) > LONGEST_SECRET:
        raise BadSecret(_("This is too long to be a key."))
    if not all("!" <= character <= "~" for character in secret):
        raise BadSecret(_("A key has no spaces, line breaks or accents. Copy it once more."))
    return secret


class Sealed(models.Model):
    """A secret as ciphertext. `bond` ties it to its row and to what it is for."""

    sealed = models.BinaryField(editable=False, default=b"")

    class Meta:
        abstract = True

    @property
    def bond(self) -> bytes:
        """What ties the sealed secret to this row."""
        raise NotImplementedError

    def reveal(self) -> str:
        """The secret. Only where it is about to be used. Raises VaultError."""
        if not self.sealed:
            raise NoSecret
        return open_sealed(bytes(self.sealed), self.bond)

    def reseal(self) -> bool:
        """Seal under the first master key, unless the secret is another by now."""
        before = bytes(self.sealed)
        sealed = seal(self.reveal(), self.bond)
        rows = type(self)._default_manager.filter(pk=self.pk, sealed=before)
        return bool(rows.update(sealed=sealed))
