"""manage.py restore"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from studio.upkeep.errors import UpkeepError
from studio.upkeep.restore import Report, check, restore
from studio.vault import masterkeys


class Command(BaseCommand):
    help = "Put a backup into an empty data folder and database. The studio begins on hold."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the file that `manage.py backup` wrote")
        parser.add_argument("--check", action="store_true", help="only verify it, change nothing")
        parser.add_argument(
            "--force",
            action="store_true",
            help="move what is there aside, into a folder beside it",
        )

    def handle(self, *, path: Path, force: bool, **options: Any) -> None:
        began_at = perf_counter()
        try:
            if options["check"]:
                told = check(path)
                self.stdout.write(f"{path} is whole: {told.rows} rows, taken at {told.taken_at}.")
                return
            report = restore(path, force=force)
        except (UpkeepError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        self._tell(report, perf_counter() - began_at)

    def _tell(self, report: Report, seconds: float) -> None:
        told = report.manifest
        if report.moved_to:
            self.stdout.write(f"What was there before lies in {report.moved_to}.")
        self.stdout.write(
            f"Restored as of {told.taken_at}: {report.rows} rows, {report.files} files"
            f" in {seconds:.1f} s; hashes, counts and keys between tables agree."
        )
        if report.missing:
            self.stderr.write(f"{len(report.missing)} pictures were missing in the backup already.")
        if report.absent_keys:
            ids = ", ".join(report.absent_keys)
            self.stderr.write(
                f"Before the start, put the master key {ids} into {masterkeys.place()}:"
                " its provider keys open only with it."
            )
        self.stdout.write("The studio is on hold: it sends nothing until `manage.py resume`.")
