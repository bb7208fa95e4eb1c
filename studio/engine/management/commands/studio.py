"""`manage.py studio`: everything, or a part of it, in one process tree, until Ctrl-C."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from studio.engine.supervisor.child import Child
from studio.engine.supervisor.cluster import clusters
from studio.engine.supervisor.preflight import CannotStart, prepare
from studio.engine.supervisor.tree import Tree
from studio.engine.supervisor.web import WebServer
from studio.queue import LANES, Lane


class Command(BaseCommand):
    help = "Prepares the data folder, then runs the web server and the workers until stopped."
    requires_system_checks: list[str] = []  # prepare() runs them, after the migrations

    def add_arguments(self, parser: CommandParser) -> None:
        part = parser.add_mutually_exclusive_group()
        part.add_argument("--web-only", action="store_true", help="run the web server alone")
        part.add_argument("--workers-only", action="store_true", help="run the workers alone")
        part.add_argument(
            "--lane",
            default="",
            help=f"run the workers of these lanes alone ({', '.join(LANES)}; commas between them)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        web = not (options["workers_only"] or options["lane"])
        lanes = [] if options["web_only"] else chosen_lanes(options["lane"])
        locks = prepare(web=web, lanes=lanes)
        parts: list[Child] = clusters(lanes) if lanes else []
        if web:
            parts.append(WebServer())
        try:
            Tree(parts, ready=readiness(web=web, lanes=lanes)).run()
        finally:
            for lock in locks:
                os.close(lock)


def chosen_lanes(words: str) -> list[Lane]:
    """The lanes of a comma-separated list; all of them for none. Raises CannotStart."""
    names = [word.strip() for word in words.split(",") if word.strip()]
    if names and settings.STUDIO_LANES != "SPLIT":
        raise CannotStart("--lane needs STUDIO_LANES=split: without it one cluster serves all.")
    if unknown := set(names) - set(LANES):
        known = ", ".join(LANES)
        raise CannotStart(f"--lane is “{sorted(unknown)[0]}”; it must be one of {known}.")
    return [lane for lane in LANES if lane in names or not names]


def readiness(*, web: bool, lanes: list[Lane]) -> str:
    """The line on standard output that says that everything works."""
    if web:
        return f"Darkroom is ready at {settings.STUDIO_PUBLIC_URL or settings.STUDIO_LOCAL_URL}"
    which = f" of {', '.join(lanes)}" if settings.STUDIO_LANES == "SPLIT" else ""
    return f"Darkroom's workers{which} are ready"
