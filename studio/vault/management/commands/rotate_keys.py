"""manage.py rotate_keys"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studio.vault import masterkeys, rotation
from studio.vault.errors import VaultError


class Command(BaseCommand):
    help = (
        "Seal all provider keys under a new master key. May be killed and started again. "
        "With STUDIO_MASTER_KEYS, put the new master key first there and restart beforehand."
    )

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drop-old",
            action="store_true",
            help="afterwards remove the master keys that no provider key needs",
        )

    def handle(self, *, drop_old: bool, **options: Any) -> None:
        try:
            self._rotate()
            if drop_old:
                self._drop_old()
        except VaultError as error:
            raise CommandError(str(error)) from error

    def _rotate(self) -> None:
        started = perf_counter()
        is_new = rotation.begin()
        self.stdout.write("A new master key seals from now on." if is_new else "No new master key.")
        tally = rotation.Tally()
        for tally in rotation.reseal_all():
            self.stdout.write(f"{tally.done} …")
            self.stdout.flush()
        seconds = perf_counter() - started
        self.stdout.write(f"{tally.done} provider keys sealed again in {seconds:.1f} s.")
        if tally.unopened:
            names = ", ".join(str(uid) for uid in tally.unopened)
            raise CommandError(f"These could not be opened and were left as they are: {names}")

    def _drop_old(self) -> None:
        if masterkeys.is_from_environment():
            self.stdout.write("Now remove all but the first from STUDIO_MASTER_KEYS.")
            return
        self.stdout.write(f"{rotation.drop_old()} old master keys removed.")
