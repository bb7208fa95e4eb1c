"""manage.py hold"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from studio.engine import hold
from studio.engine.models import Reason


class Command(BaseCommand):
    help = "Send nothing to any provider, ask after nothing and fetch nothing until it is resumed."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            was_on = hold.is_on()
            found = hold.begin(Reason.PAUSED, by=hold.BY_COMMAND)
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}.") from error
        since = f"{found.since:%Y-%m-%d %H:%M %Z}"
        self.stdout.write(f"The studio {'was' if was_on else 'is'} on hold, since {since}.")
        self.stdout.write("What is just going out comes in. Go on with: manage.py resume")
