"""The machine: its clocks, its disk, and who can read its secrets."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile

from django.conf import settings
from django.db import connection
from django.utils import timezone

from studio.engine.disk import free_mb
from studio.upkeep.checks.finding import Finding, Scope, fail, ok, warn

TOLERATED = timedelta(seconds=5)


def check_clocks(scope: Scope) -> Finding:
    """This machine's against the database's and the file system's."""
    apart = {"database": _database_time() - timezone.now(), "data folder": _disk_time()}
    wrong = {name: by for name, by in apart.items() if abs(by) > TOLERATED}
    if wrong:
        words = ", ".join(f"{name} by {by.total_seconds():+.0f} s" for name, by in wrong.items())
        return warn(
            f"Clocks differ from this machine's: {words}.",
            "Let all machines follow a time server (NTP). Leases hold by the database's clock.",
        )
    return ok("The clocks of machine, database and data folder agree.")


def check_disk(scope: Scope) -> Finding:
    free, least = free_mb(), settings.STUDIO_MIN_FREE_MB
    todo = f"Make room in {settings.STUDIO_DATA_DIR}, or lower STUDIO_MIN_FREE_MB."
    if free < least:
        return fail(f"{free} MB free, less than {least}: nothing new is ordered.", todo)
    if free < 2 * least:
        return warn(f"{free} MB free; below {least} nothing new is ordered.", todo)
    return ok(f"{free} MB free in {settings.STUDIO_DATA_DIR}.")


def check_modes(scope: Scope) -> Finding:
    """Nobody else on this machine may read what opens everything."""
    folder = settings.SECRETS_DIR
    paths = [folder, *folder.glob("*")] if folder.exists() else []
    if open_ones := [path for path in paths if path.stat().st_mode & 0o077]:
        names = ", ".join(str(path) for path in open_ones)
        return fail(f"Others on this machine may read {names}.", f"chmod -R go= {folder}")
    return ok(f"Only the studio's own user reads {folder}.")


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        found = cursor.fetchone()[0]
    moment = found if isinstance(found, datetime) else datetime.fromisoformat(found)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _disk_time() -> timedelta:
    """By how much a file that is new in the data folder is in the future."""
    with TemporaryFile(dir=settings.STUDIO_DATA_DIR) as file:
        file.write(b".")
        file.flush()
        made_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, tz=UTC)
    return made_at - timezone.now()
