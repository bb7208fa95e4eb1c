"""manage.py resume"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from studio.engine import hold
from studio.engine.models import Hold

ASIDE = "set aside, not sent: they can be ordered again one by one"
SENT = "SENT AND CHARGED: what was sent elsewhere meanwhile is paid twice"


class Command(BaseCommand):
    help = "End a hold. Says first what will happen, and asks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--send-queued",
            action="store_true",
            help="also send what waited in the backup, although it may have been sent since",
        )

    def handle(self, *, yes: bool, send_queued: bool, **options: Any) -> None:
        try:
            found = hold.current()
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}.") from error
        if found is None:
            self.stdout.write("The studio is not on hold.")
            return
        for line in lines(found, send_doubtful=send_queued):
            self.stdout.write(line)
        if not (yes or self._is_agreed()):
            raise CommandError("Nothing was changed; the studio is still on hold.")
        hold.lift(found, by=hold.BY_COMMAND, send_doubtful=send_queued)
        self.stdout.write("The studio goes on.")

    def _is_agreed(self) -> bool:
        if not sys.stdin.isatty():
            self.stdout.write("To go on, run it again with --yes.")
            return False
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")


def lines(found: Hold, *, send_doubtful: bool) -> list[str]:
    """What lifting the hold will set going."""
    plan = hold.plan(found)
    told = [
        f"On hold since {found.since:%Y-%m-%d %H:%M %Z} ({found.reason}). When it is resumed:",
        f"  {plan.waiting:>6} queued will be sent and charged",
        f"  {plan.running:>6} running will be asked after and fetched",
        f"  {plan.unknown:>6} unknown stay as they are",
    ]
    if found.is_restored:
        fate = SENT if send_doubtful else ASIDE
        told.insert(2, f"  {plan.doubtful:>6} queued out of the backup will be {fate}")
    if found.is_restored and plan.doubtful and not send_doubtful:
        told.append(
            "The studio of the backup may have sent those since. To send them all the same:"
        )
        told.append("  manage.py resume --send-queued")
    return told
