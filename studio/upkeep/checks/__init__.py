"""What the doctor looks at. A room that has more to look at adds its checks to CHECKS."""

from __future__ import annotations

from studio.upkeep.checks.archive import check_archive, check_files
from studio.upkeep.checks.database import check_database, check_migrations, check_references
from studio.upkeep.checks.finding import Check, Finding, Level, Scope
from studio.upkeep.checks.keys import check_keys, check_master_keys, check_paused
from studio.upkeep.checks.machine import check_clocks, check_disk, check_modes
from studio.upkeep.checks.settings import check_address, check_debug, check_mail, check_proxies
from studio.upkeep.checks.work import check_hold, check_pumps, check_queue, check_workers

CHECKS: dict[str, Check] = {
    "database": check_database,
    "migrations": check_migrations,
    "references": check_references,
    "workers": check_workers,
    "pumps": check_pumps,
    "queue": check_queue,
    "hold": check_hold,
    "archive": check_archive,
    "files": check_files,
    "master keys": check_master_keys,
    "provider keys": check_keys,
    "paused keys": check_paused,
    "clocks": check_clocks,
    "disk": check_disk,
    "secrets": check_modes,
    "address": check_address,
    "proxies": check_proxies,
    "debug": check_debug,
    "mail": check_mail,
}

__all__ = ["CHECKS", "Check", "Finding", "Level", "Scope"]
