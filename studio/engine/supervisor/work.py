"""The workers' process: `python -m studio.engine.supervisor.work PARENT` runs `qcluster`.

Everything the tasks need is imported before the workers are forked, so that they share it.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django
from django.core.management import call_command

from studio.engine.supervisor.lifeline import hold_on_to, tie_forks


def main(parent: str) -> None:
    hold_on_to(int(parent))
    tie_forks()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    django.setup()
    import_module("studio.engine.tasks")
    call_command("qcluster")


if __name__ == "__main__":
    main(*sys.argv[1:])
