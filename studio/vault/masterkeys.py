"""The ring of master keys: outside the database, the first one seals, all of them open.

Either the operator keeps it (STUDIO_MASTER_KEYS), or it lies in the data folder with mode 0600.
A process sees a change of the file at its next look: no restart is needed to rotate.
"""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from studio.vault.errors import BadMasterKey, MasterKeyError, NoMasterKey, UnknownMasterKey

KEY_BYTES = 32
ID_BYTES = 8


@dataclass(frozen=True, kw_only=True)
class Ring:
    """Master keys by their id (the first bytes of their SHA-256), the sealing one first."""

    keys: Mapping[bytes, bytes] = field(repr=False)

    @property
    def first(self) -> bytes:
        """The id of the key that seals."""
        return next(iter(self.keys))

    def find(self, key_id: bytes) -> bytes:
        """Raises UnknownMasterKey."""
        if key_id not in self.keys:
            raise UnknownMasterKey(key_id.hex())
        return self.keys[key_id]


def ring() -> Ring:
    """The keys as they are now. Raises BadMasterKey, NoMasterKey."""
    if is_from_environment():
        return _parse(settings.STUDIO_MASTER_KEYS, "STUDIO_MASTER_KEYS")
    path = str(keys_file())  # a text: hashing a Path takes longer than the rest, on each call sent
    try:
        stat = os.stat(path)
        return _read(path, stat.st_ino, stat.st_mtime_ns)
    except FileNotFoundError as error:
        raise NoMasterKey(f"{path} is missing.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadMasterKey(f"{path} cannot be read.") from error


def is_from_environment() -> bool:
    return bool(settings.STUDIO_MASTER_KEYS)


def keys_file() -> Path:
    return Path(settings.SECRETS_DIR) / "master.keys"


def place() -> str:
    """Where the operator finds the keys, for a message."""
    return "STUDIO_MASTER_KEYS" if is_from_environment() else str(keys_file())


def make_first() -> None:
    """Begin the file with a new key, unless there is one already. Never with sealed rows."""
    with _changing() as path:
        if not path.exists():
            _write(path, [_new_key()])


def put_back(lines: Sequence[str]) -> None:
    """Begin the file with keys out of a backup, unless there is one already."""
    with _changing() as path:
        if not path.exists():
            _write(path, lines)


def add_first() -> None:
    """A new key from now on seals; the others still open."""
    with _changing() as path:
        _write(path, [_new_key(), *_lines(path.read_text())])


def keep(ids: set[bytes]) -> int:
    """Drop the keys that are neither the first nor in `ids`; say how many went."""
    with _changing() as path:
        lines = _lines(path.read_text())
        kept = [line for line in lines if line == lines[0] or key_id(_decode(line)) in ids]
        _write(path, kept)
    return len(lines) - len(kept)


def key_id(key: bytes) -> bytes:
    return sha256(key).digest()[:ID_BYTES]


@contextmanager
def _changing() -> Iterator[Path]:
    """One process at a time writes the file. Readers need no lock: it is replaced as a whole."""
    path = keys_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise MasterKeyError(f"{path.parent} cannot be written: {error.strerror}.") from error
    with os.fdopen(handle, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def _write(path: Path, lines: Sequence[str]) -> None:
    """Durably, and whole or not at all: without this file nothing can be opened."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".master-")  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _new_key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


@lru_cache(maxsize=2)
def _read(path: str, inode: int, mtime: int) -> Ring:
    return _parse(Path(path).read_text(), path)


def _lines(text: str) -> list[str]:
    return text.replace(",", "\n").split()


@lru_cache(maxsize=2)
def _parse(text: str, where: str) -> Ring:
    keys = {}
    for number, line in enumerate(_lines(text), start=1):
        try:
            key = _decode(line)
        except ValueError:
            raise BadMasterKey(
                f"{where}: key number {number} is not 32 bytes in base64url."
            ) from None
        keys[key_id(key)] = key
    if not keys:
        raise BadMasterKey(f"{where} holds no master key.")
    return Ring(keys=keys)


def _decode(line: str) -> bytes:
    """Raises ValueError."""
    padding = "=" * (-len(line) % 4)
    key = base64.b64decode(line + padding, altchars=b"-_", validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError
    return key
