"""The file of a backup: a plain tar, with the hash of everything in it at its end.

manifest.json, database/<table>.jsonl, secrets/master.keys (if asked for), pictures/<name>,
missing.txt, SHA256SUMS. Ordinary tools read it: `tar -x`, then `sha256sum -c SHA256SUMS`.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, Self

from studio.upkeep.errors import NotABackup

SUMS = "SHA256SUMS"
PIECE = 1024 * 1024


class Hashing:
    """A file that is read once, and hashed while it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self.digest.update(piece)
        return piece


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file in it, to be read before the next one is asked for."""

    name: str
    size: int
    file: IO[bytes]


class PackageWriter:
    """Streams: nothing of what is added stays in memory."""

    def __init__(self, file: IO[bytes], *, mtime: float) -> None:
        self.tar = tarfile.TarFile(mode="w", fileobj=file, format=tarfile.PAX_FORMAT)
        self.mtime = int(mtime)
        self.sums = TemporaryFile()  # noqa: SIM115 - closed with the package

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            size = self.sums.tell()
            self.sums.seek(0)
            self._write(SUMS, self.sums, size)
            self.tar.close()
        self.sums.close()

    def add(self, name: str, file: IO[bytes], size: int) -> str:
        """Exactly `size` bytes of the file; their SHA-256. Raises OSError when there are fewer."""
        source = Hashing(file)
        self._write(name, source, size)
        sha256 = source.digest.hexdigest()
        self.sums.write(f"{sha256}  {name}\n".encode())
        return sha256

    def add_bytes(self, name: str, data: bytes) -> None:
        self.add(name, BytesIO(data), len(data))

    def _write(self, name: str, source: Any, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, self.mtime, 0o600
        self.tar.addfile(info, source)
        _forget(self.tar)


def members(path: Path) -> Iterator[Member]:
    """What is in the file, in order. Raises NotABackup."""
    with _reading(path), tarfile.open(path, "r:") as tar:
        while (info := tar.next()) is not None:
            _forget(tar)
            file = tar.extractfile(info) if info.isreg() else None
            if file is None:
                raise NotABackup(f"{path} holds something that is no file: {info.name!r}.")
            yield Member(name=info.name, size=info.size, file=file)


def read(path: Path, name: str) -> bytes:
    """One of the first files in it, whole. Raises NotABackup."""
    for member in members(path):
        if member.name == name:
            with _reading(path):
                return member.file.read()
    raise NotABackup(f"{path} is not a backup of Darkroom: it has no {name}.")


def verify(path: Path) -> int:
    """Read everything and compare its hashes; how many files. Raises NotABackup."""
    with TemporaryFile() as sums:
        for member in members(path):
            if member.name == SUMS:
                sums.seek(0)
                return _compare(path, sums, member.file)
            digest = hashlib.sha256()
            with _reading(path):
                while piece := member.file.read(PIECE):
                    digest.update(piece)
            sums.write(f"{digest.hexdigest()}  {member.name}\n".encode())
    raise NotABackup(f"{path} is cut short: its end, with the hashes, is missing.")


def _compare(path: Path, found: IO[bytes], told: IO[bytes]) -> int:
    count = 0
    for mine, theirs in zip_longest(found, told, fillvalue=b""):
        count += 1
        if mine != theirs:
            name = (mine or theirs).decode(errors="replace")[66:].strip()
            raise NotABackup(f"{path} is damaged: {name} is not what it was.")
    return count


def _forget(tar: tarfile.TarFile) -> None:
    """It remembers every file, and a studio has a million."""
    tar.members.clear()  # type: ignore[attr-defined]


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except tarfile.TarError as error:
        raise NotABackup(f"{path} is no tar file, or is cut short.") from error
    except OSError as error:
        raise NotABackup(f"{path} cannot be read: {error.strerror or error}.") from error
