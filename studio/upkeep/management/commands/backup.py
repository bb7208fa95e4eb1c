"""manage.py backup"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from studio.upkeep.backup import Report, make
from studio.upkeep.errors import UpkeepError
from studio.vault import masterkeys

SHOWN = 10


class Command(BaseCommand):
    help = "Copy the database and all pictures into one file, while the studio runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a new file, or a folder to put one into")
        parser.add_argument("--database-only", action="store_true", help="without the pictures")
        parser.add_argument(
            "--with-secrets",
            action="store_true",
            help="with the master keys: whoever has the file can read all provider keys",
        )

    def handle(
        self, *, path: Path, database_only: bool, with_secrets: bool, **options: Any
    ) -> None:
        began_at = perf_counter()
        target = path.absolute()
        if target.is_dir():
            target /= f"darkroom-{timezone.now():%Y%m%d-%H%M%S}.tar"
        try:
            report = make(target, database_only=database_only, with_secrets=with_secrets)
        except UpkeepError as error:
            raise CommandError(str(error)) from error
        self._tell(report, perf_counter() - began_at)

    def _tell(self, report: Report, seconds: float) -> None:
        told = report.manifest
        mb = report.path.stat().st_size / 1024 / 1024
        self.stdout.write(
            f"{report.path}: {told.rows} rows, {report.files} files, {mb:.1f} MB"
            f" in {seconds:.1f} s."
        )
        for line in _about_secrets(report):
            self.stderr.write(line)
        if report.missing:
            self.stderr.write(f"{len(report.missing)} pictures that rows name are not there:")
            for name in report.missing[:SHOWN]:
                self.stderr.write(f"  {name}")


def _about_secrets(report: Report) -> list[str]:
    told = report.manifest
    if told.has_secrets:
        return ["WARNING: it holds the master keys. Whoever has it can read all provider keys."]
    if not told.master_keys:
        return []
    ids = ", ".join(told.master_keys)
    return [
        f"Its provider keys open only with the master key {ids}, which is not in it:",
        f"keep {masterkeys.place()} apart from it.",
    ]
