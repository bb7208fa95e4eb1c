"""The archive on disk: a file is whole under its name, or it is not there.

Names are made of a picture's SHA-256 and what we found it to be, never of what somebody said.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Protocol, cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage

HASH = re.compile(r"[0-9a-f]{64}")
EXTENSIONS = frozenset({"png", "jpg", "webp"})


def archive_name(sha256: str, extension: str) -> str:
    """`ab/cd/abcd….png`. Raises ValueError for anything but a hash in hex and a known extension."""
    if extension not in EXTENSIONS:
        raise ValueError(f"no picture ends in {extension!r}")
    return f"{_stem(sha256)}.{extension}"


def thumbnail_name(sha256: str, width: int) -> str:
    """`ab/cd/abcd….384.webp`, beside the original. Raises ValueError like archive_name."""
    return f"{_stem(sha256)}.{width:d}.webp"


def _stem(sha256: str) -> str:
    if not HASH.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 in hex: {sha256[:80]!r}")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


class Archive(Protocol):
    """What a place for pictures can do beyond Django's storages."""

    def public_address(self, name: str, *, media_type: str, disposition: str) -> str:
        """Where anybody with this address sees the file for a few minutes; empty if nowhere."""
        ...

    def check(self) -> None:
        """Raises OSError where nothing can be written."""
        ...


def archive() -> Archive:
    """The one of STORAGES, as an Archive."""
    return cast("Archive", default_storage)


class ArchiveStorage(FileSystemStorage):
    """Writes beside the final place, syncs to disk, then renames and syncs the folder."""

    def public_address(self, name: str, *, media_type: str, disposition: str) -> str:
        """None: it comes through the studio."""
        return ""

    def check(self) -> None:
        """The folder is made by the first picture."""

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        target = Path(self.path(name))
        _make_folder(target.parent)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Names are made of content hashes: the same name means the same bytes."""
        return name


def _make_folder(folder: Path) -> None:
    """Make it and what lies above it, each lasting beyond a power cut."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
