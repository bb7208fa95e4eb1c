"""A backup becomes a studio again: in an empty place, on hold, and not before all is verified."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.apps.registry import Apps
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from studio.engine.disk import free_mb
from studio.engine.hold import BY_COMMAND
from studio.engine.models import Reason
from studio.engine.supervisor.preflight import check_data_folder, lock_for_us
from studio.upkeep import package, tables
from studio.upkeep.backup import MISSING, SECRETS
from studio.upkeep.errors import NotABackup, RestoreRefused
from studio.upkeep.files import is_safe
from studio.upkeep.manifest import NAME, Manifest
from studio.vault import masterkeys
from studio.vault.errors import MasterKeyError

MB = 1024 * 1024


@dataclass(kw_only=True)
class Report:
    """What came out of it. moved_to: where lay what was there before, with force."""

    manifest: Manifest
    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)
    moved_to: Path | None = None
    absent_keys: list[str] = field(default_factory=list)


def check(path: Path) -> Manifest:
    """Read all of the backup and compare every hash. Raises NotABackup."""
    manifest = Manifest.from_bytes(package.read(path, NAME))
    package.verify(path)
    return manifest


def restore(path: Path, *, force: bool = False) -> Report:
    """Into an empty studio; with force, what is there is moved aside. It begins on hold.

    Raises NotABackup, RestoreRefused.
    """
    os.umask(0o077)
    check_data_folder()
    locks = [lock_for_us("studio"), lock_for_us("web")]
    try:
        report = Report(manifest=check(path))
        targets = _targets(report.manifest)
        _check_room(path)
        _check_empty(is_moving=force)
        report.moved_to = _move_aside() if force else None
        _put_back_files(path, report)
        _put_back_rows(path, report, targets)
        call_command("migrate", interactive=False, verbosity=0)
        report.absent_keys = _absent_keys(report.manifest)
    finally:
        for lock in locks:
            os.close(lock)
    return report


# Before ----------------------------------------------------------------------------------------


def _targets(manifest: Manifest) -> list[tuple[str, str]]:
    """The last migrations that its database had. Raises RestoreRefused for unknown ones."""
    nodes = MigrationExecutor(connection).loader.graph.node_map
    pairs = [one.partition(".") for one in manifest.migrations]
    had = {(app, name) for app, _dot, name in pairs}
    if unknown := sorted(had - set(nodes)):
        raise RestoreRefused(
            f"The backup was made by Darkroom {manifest.darkroom}, which knows the migration "
            f"{'.'.join(unknown[0])}; this one does not. Install that version, or a newer one."
        )
    return sorted(one for one in had if not any(child.key in had for child in nodes[one].children))


def _check_room(path: Path) -> None:
    needed = path.stat().st_size // MB
    if isinstance(default_storage, FileSystemStorage) and free_mb() < needed:
        raise RestoreRefused(
            f"There is no room in {settings.STUDIO_DATA_DIR}: {needed} MB are needed."
        )


def _check_empty(*, is_moving: bool) -> None:
    """Raises RestoreRefused. What lies in files can be moved aside, what a service keeps cannot."""
    is_file = connection.vendor == "sqlite"
    if connection.introspection.table_names() and not (is_file and is_moving):
        way = (
            "choose an empty STUDIO_DATA_DIR, or move it aside with --force"
            if is_file
            else "make an empty one and name it in DATABASE_URL"
        )
        raise RestoreRefused(f"The database is not empty. Nothing was changed; {way}.")
    if _archive_files() and not is_moving:
        raise RestoreRefused(
            f"{_archive()} is not empty. Nothing was changed; choose an empty STUDIO_DATA_DIR, "
            "or move it aside with --force."
        )


def _archive() -> Path | None:
    """Where pictures lie on this machine; none where a service keeps them."""
    storage: object = default_storage
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


def _archive_files() -> bool:
    folder = _archive()
    return folder is not None and any(path.is_file() for path in folder.rglob("*"))


def _move_aside() -> Path | None:
    """Database and pictures into a folder of their own. Nothing is ever deleted."""
    folder = settings.STUDIO_DATA_DIR / f"before-restore-{timezone.now():%Y%m%d-%H%M%S}"
    found = [path for path in (_archive(),) if path and _archive_files()]
    if connection.vendor == "sqlite" and connection.introspection.table_names():
        connection.close()
        database = Path(settings.DATABASES["default"]["NAME"])
        files = database.parent.glob(f"{database.name}*")
        found += [path for path in files if path.is_file()]
    if not found:
        return None
    folder.mkdir()
    for path in found:
        path.rename(folder / path.name)
    return folder


# The files -------------------------------------------------------------------------------------


def _put_back_files(path: Path, report: Report) -> None:
    for member in package.members(path):
        room, _slash, rest = member.name.partition("/")
        if room == "pictures":
            _put_back_file(rest, member)
            report.files += 1
        elif member.name == MISSING:
            report.missing = member.file.read().decode().split()
        elif member.name == SECRETS:
            _put_back_secrets(member.file.read())


def _put_back_file(name: str, member: package.Member) -> None:
    """A bucket may have kept it; equal names hold equal bytes."""
    if not is_safe(name):
        raise NotABackup(f"The backup holds a file that no picture is called: {name!r}.")
    if not default_storage.exists(name):
        content = File(member.file)
        content.size = member.size  # it would take the size of the whole tar
        default_storage.save(name, content)


def _put_back_secrets(data: bytes) -> None:
    """Only where there are none: a ring that is in use is never replaced."""
    if data and not masterkeys.is_from_environment() and not masterkeys.keys_file().exists():
        masterkeys.put_back(data.decode().split())


def _absent_keys(manifest: Manifest) -> list[str]:
    """Master keys that the studio will need, and does not have."""
    try:
        have = {key_id.hex() for key_id in masterkeys.ring().keys}
    except MasterKeyError:
        have = set()
    return [one for one in manifest.master_keys if one not in have]


# The rows --------------------------------------------------------------------------------------


def _put_back_rows(path: Path, report: Report, targets: list[tuple[str, str]]) -> None:
    """In one transaction, and on hold in the same one. Raises NotABackup."""
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        registry = executor.loader.project_state(targets).apps
        with transaction.atomic():
            report.rows = _load_all(path, report.manifest, registry)
            _put_on_hold(report.manifest, registry)
        _check_integrity()
    except (DatabaseError, ValueError, LookupError) as error:
        raise NotABackup(
            f"The rows could not be put back: {error} What was restored so far stays; to try "
            "again, begin with an empty database or with --force."
        ) from error


def _load_all(path: Path, manifest: Manifest, registry: Apps) -> int:
    found = [registry.get_model(label) for label in manifest.tables]
    for model in found:
        tables.empty(model)
    total = 0
    for member in package.members(path):
        room, _slash, rest = member.name.partition("/")
        if room == "database":
            label = rest.removesuffix(".jsonl")
            count = tables.load(registry.get_model(label), member.file)
            if count != manifest.tables[label]:
                raise ValueError(f"{label} has {count} rows instead of {manifest.tables[label]}.")
            total += count
        elif room == "pictures":
            break  # the database stands before them
    tables.restart_counters(found)
    return total


def _put_on_hold(manifest: Manifest, registry: Apps) -> None:
    """Whoever starts this studio now sends nothing. Clocks differ: the newest row decides too."""
    holds = registry.get_model("engine.hold")._base_manager
    submissions = registry.get_model("jobs.submission")._base_manager
    newest = submissions.order_by("-created_at").values_list("created_at", flat=True).first()
    until: datetime = max(manifest.at, newest or manifest.at)
    now = timezone.now()
    holds.filter(lifted_at=None).update(lifted_at=now, lifted_by=BY_COMMAND)
    holds.create(
        reason=Reason.RESTORED, since=now, begun_by=BY_COMMAND, doubtful_until=until, set_aside=0
    )


def _check_integrity() -> None:
    """What PostgreSQL does by itself at the commit."""
    if connection.vendor == "sqlite":
        connection.check_constraints()
        with connection.cursor() as cursor:
            says = [row[0] for row in cursor.execute("PRAGMA integrity_check").fetchall()]
        if says != ["ok"]:
            raise ValueError(f"SQLite says: {says[0]}.")
