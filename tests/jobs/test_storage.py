from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile

from studio.jobs.storage import ArchiveStorage, archive_name, thumbnail_name

HASH = "abcd" + "0123456789ef" * 5
NAME = f"ab/cd/{HASH}.png"


@pytest.fixture
def archive(tmp_path: Path) -> ArchiveStorage:
    return ArchiveStorage(location=tmp_path / "pictures")


def files(archive: ArchiveStorage) -> list[str]:
    root = Path(archive.location)
    return [str(path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file()]


def content(archive: ArchiveStorage) -> bytes:
    with archive.open(NAME) as file:
        return file.read()


class TestNames:
    def test_they_are_made_of_the_hash(self):
        assert archive_name(HASH, "png") == NAME
        assert thumbnail_name(HASH, 384) == f"ab/cd/{HASH}.384.webp"

    @pytest.mark.promise(41)
    @pytest.mark.parametrize(
        "sha256",
        ["", "ab", "../../etc/passwd", HASH.upper(), HASH[:-1], f"{HASH}/", f"{HASH}\n", "a/" * 32],
    )
    def test_nothing_else_becomes_a_path(self, sha256: str):
        with pytest.raises(ValueError, match="SHA-256"):
            archive_name(sha256, "png")
        with pytest.raises(ValueError, match="SHA-256"):
            thumbnail_name(sha256, 384)

    @pytest.mark.promise(41)
    @pytest.mark.parametrize(
        "extension", ["", "html", "svg", "PNG", "png/../../x", ".png", "png\x00"]
    )
    def test_only_our_own_extensions_do(self, extension: str):
        with pytest.raises(ValueError, match="no picture ends in"):
            archive_name(HASH, extension)


class TestTheArchive:
    def test_a_file_is_kept_under_its_name(self, archive: ArchiveStorage):
        name = archive.save(NAME, ContentFile(b"pixels"))

        assert name == NAME
        assert files(archive) == [NAME]
        assert content(archive) == b"pixels"

    def test_the_same_name_is_the_same_file(self, archive: ArchiveStorage):
        for _ in range(2):
            archive.save(NAME, ContentFile(b"pixels"))

        assert files(archive) == [NAME]

    def test_a_write_that_fails_leaves_nothing_and_keeps_what_was(self, archive: ArchiveStorage):
        class Failing(ContentFile):  # type: ignore[type-arg]
            def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
                yield b"half"
                raise OSError("disk full")

        archive.save(NAME, ContentFile(b"whole"))

        with pytest.raises(OSError, match="disk full"):
            archive.save(NAME, Failing(b""))

        assert files(archive) == [NAME]
        assert content(archive) == b"whole"

    def test_everything_is_on_disk_before_it_is_called_kept(
        self, archive: ArchiveStorage, monkeypatch: pytest.MonkeyPatch
    ):
        synced: list[str] = []
        sync = os.fsync

        def watched(handle: int) -> None:
            synced.append(os.readlink(f"/proc/self/fd/{handle}"))
            sync(handle)

        monkeypatch.setattr(os, "fsync", watched)
        archive.save(NAME, ContentFile(b"pixels"))

        root = Path(archive.location)
        folders = [str(root.parent), str(root), str(root / "ab"), str(root / "ab/cd")]
        assert synced[:3] == folders[:3]
        assert Path(synced[3]).name.startswith(".draft-")
        assert synced[4:] == folders[3:]

    @pytest.mark.promise(41)
    @pytest.mark.parametrize("name", ["../outside.png", "/etc/outside.png", "ab/../../outside.png"])
    def test_nothing_is_written_outside(self, archive: ArchiveStorage, tmp_path: Path, name: str):
        with pytest.raises(SuspiciousFileOperation):
            archive.save(name, ContentFile(b"x"))

        assert not list(tmp_path.rglob("outside.png"))
