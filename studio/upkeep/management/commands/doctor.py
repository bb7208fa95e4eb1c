"""manage.py doctor"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError

from studio.upkeep.checks import CHECKS, Check, Finding, Level, Scope


class Command(BaseCommand):
    help = "Look at everything that the studio needs. Ends with status 1 when something fails."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="every file, not a sample of them")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, **options: Any) -> None:
        scope = Scope(is_thorough=options["all"])
        findings: dict[str, Finding] = {}
        for name, check in CHECKS.items():
            findings[name] = run(check, scope)
            if not options["json"]:
                self._tell(name, findings[name])
        if options["json"]:
            told = {name: asdict(finding) for name, finding in findings.items()}
            self.stdout.write(json.dumps(told, indent=1))
        if any(finding.level == Level.FAIL for finding in findings.values()):
            sys.exit(1)

    def _tell(self, name: str, finding: Finding) -> None:
        words = " → ".join(filter(None, (finding.says, finding.todo)))
        self.stdout.write(f"{finding.level:<4}  {name:<13}  {words}")
        self.stdout.flush()


def run(check: Check, scope: Scope) -> Finding:
    """A check that cannot reach the database or the disk has failed."""
    try:
        return check(scope)
    except (DatabaseError, InterfaceError) as error:
        says = f"The database does not answer: {type(error).__name__}: {error}".strip()
        todo = "See DATABASE_URL, and that the database runs; without one, STUDIO_DATA_DIR."
    except OSError as error:
        says = f"{error.filename or 'The data folder'} cannot be read: {error.strerror}."
        todo = "See STUDIO_DATA_DIR, and who owns it."
    return Finding(level=Level.FAIL, says=says, todo=todo)
