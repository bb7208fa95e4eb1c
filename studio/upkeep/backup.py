"""A consistent copy of database and pictures in one file, while the studio runs.

First the database, as it is at one moment; then every file that its rows name. Files are named by
their content, never change, and are in the archive before a row names them: so the two agree.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError

from studio.upkeep import files, tables
from studio.upkeep.errors import BackupFailed
from studio.upkeep.files import Named
from studio.upkeep.manifest import NAME, Manifest, describe, is_migrated
from studio.upkeep.package import PackageWriter
from studio.vault import masterkeys

SECRETS = "secrets/master.keys"
MISSING = "missing.txt"
SPARE = 64 * 1024 * 1024


@dataclass(kw_only=True)
class Report:
    """What went into it. missing: files that rows name and that are not there."""

    path: Path
    manifest: Manifest
    files: int = 0
    size: int = 0
    missing: list[str] = field(default_factory=list)


def make(path: Path, *, database_only: bool = False, with_secrets: bool = False) -> Report:
    """Write a backup to `path`, which must not be there. Raises BackupFailed."""
    if path.exists():
        raise BackupFailed(f"{path} is there already; nothing is overwritten.")
    try:
        with _draft(path) as (draft, file):
            report = _write(file, path, database_only=database_only, with_secrets=with_secrets)
            file.flush()
            os.fsync(file.fileno())
            _publish(draft, path)
    except DatabaseError as error:
        raise BackupFailed(f"The database does not answer: {error}".strip()) from error
    except OSError as error:
        raise BackupFailed(f"{path} could not be written: {error.strerror or error}.") from error
    return report


def _write(file: IO[bytes], path: Path, *, database_only: bool, with_secrets: bool) -> Report:
    with ExitStack() as stack:
        dumps, named, manifest = _read_database(
            stack, path.parent, database_only=database_only, with_secrets=with_secrets
        )
        _check_room(path.parent, dumps, named)
        writer = PackageWriter(file, mtime=manifest.at.timestamp())
        report = Report(path=path, manifest=manifest)
        with writer as package:
            package.add_bytes(NAME, manifest.to_bytes())
            for name, dump in dumps.items():
                _add(package, f"database/{name}.jsonl", dump)
            if with_secrets:
                package.add_bytes(SECRETS, _secrets())
            _add_files(package, named, report)
    return report


def _read_database(
    stack: ExitStack, folder: Path, *, database_only: bool, with_secrets: bool
) -> tuple[dict[str, IO[bytes]], IO[bytes], Manifest]:
    """All rows, and the names of the files they need, in temporary files: one moment of it all."""
    if not is_migrated():
        raise BackupFailed("The database is not that of this version: start the studio once.")

    def spare() -> IO[bytes]:
        return stack.enter_context(tempfile.TemporaryFile(dir=folder))

    dumps: dict[str, IO[bytes]] = {}
    named = spare()
    with tables.snapshot():
        counts = {}
        for model in tables.kept():
            dumps[model._meta.label_lower] = file = spare()
            counts[model._meta.label_lower] = tables.dump(model, file)
        for one in () if database_only else files.named():
            named.write(json.dumps(asdict(one)).encode() + b"\n")
        manifest = describe(counts, has_secrets=with_secrets, has_pictures=not database_only)
    return dumps, named, manifest


def _add_files(package: PackageWriter, named: IO[bytes], report: Report) -> None:
    for one in _listed(named):
        if found := files.present(one):
            size = default_storage.size(found)
            with default_storage.open(found) as picture:
                package.add(f"pictures/{one.name}", picture, size)
            report.files += 1
            report.size += size
        elif not one.is_spare:
            report.missing.append(one.name)
    package.add_bytes(MISSING, "".join(f"{name}\n" for name in report.missing).encode())


def _listed(named: IO[bytes]) -> Iterator[Named]:
    named.seek(0)
    for line in named:
        yield Named(**json.loads(line))


def _check_room(folder: Path, dumps: dict[str, IO[bytes]], named: IO[bytes]) -> None:
    """Thumbnails and the tar itself come to less than a tenth of the originals."""
    pictures = sum(one.size for one in _listed(named))
    needed = sum(dump.tell() for dump in dumps.values()) + pictures * 11 // 10 + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        mb = 1024 * 1024
        raise BackupFailed(
            f"There is no room in {folder}: {needed // mb} MB are needed, {free // mb} are free."
        )


def _add(package: PackageWriter, name: str, dump: IO[bytes]) -> None:
    size = dump.tell()
    dump.seek(0)
    package.add(name, dump, size)


def _secrets() -> bytes:
    """The master keys, one in each line."""
    if masterkeys.is_from_environment():
        return settings.STUDIO_MASTER_KEYS.replace(",", "\n").encode() + b"\n"
    return masterkeys.keys_file().read_bytes() if masterkeys.keys_file().exists() else b""


@contextmanager
def _draft(path: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A file beside the target that only its owner can read; gone if anything goes wrong."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield draft, file
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    """Give it its name, unless somebody else has taken that meanwhile."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise BackupFailed(f"{path} is there already; nothing is overwritten.") from None
    except OSError:  # a file system without links
        draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
