"""What a backup says of itself."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from studio.upkeep.errors import NotABackup
from studio.vault.cipher import master_key_id
from studio.vault.models import SEALED

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """tables: rows of each, by `app.model`. migrations: which the database had, as `app.name`.

    master_keys: the ids of those that open its provider keys; they are in it only if has_secrets.
    """

    taken_at: str
    darkroom: str
    database: str
    tables: dict[str, int]
    migrations: list[str]
    master_keys: list[str]
    has_secrets: bool
    has_pictures: bool
    format: int = FORMAT

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.taken_at)

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Raises NotABackup."""
        try:
            facts = json.loads(data)
            if facts["format"] > FORMAT:
                raise NotABackup("This backup was made by a newer Darkroom. Install that first.")
            return cls(**facts)
        except (ValueError, TypeError, KeyError) as error:
            raise NotABackup("This backup's manifest cannot be read.") from error


def describe(tables: dict[str, int], *, has_secrets: bool, has_pictures: bool) -> Manifest:
    """Of the database as it is seen now, inside the snapshot."""
    return Manifest(
        taken_at=datetime.now(UTC).isoformat(),
        darkroom=release(),
        database=connection.vendor,
        tables=tables,
        migrations=sorted(f"{app}.{name}" for app, name in _applied()),
        master_keys=needed_master_keys(),
        has_secrets=has_secrets,
        has_pictures=has_pictures,
    )


def release() -> str:
    """Which Darkroom this is. It runs where it lies and is installed nowhere."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def needed_master_keys() -> list[str]:
    """The ids of the master keys without which something sealed stays shut."""
    heads = {head for model in SEALED for head in model.objects.seal_counts()}
    return sorted(master_key_id(head).hex() for head in heads)


def is_migrated() -> bool:
    """Whether the database is that of this version."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _applied() -> list[tuple[str, str]]:
    return list(MigrationRecorder(connection).applied_migrations())
