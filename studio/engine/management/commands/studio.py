"""`manage.py studio`: everything, in one process tree, until Ctrl-C."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand

from studio.engine.supervisor.cluster import Cluster
from studio.engine.supervisor.preflight import prepare
from studio.engine.supervisor.tree import Tree
from studio.engine.supervisor.web import WebServer


class Command(BaseCommand):
    help = "Prepares the data folder, then runs the web server and the workers until stopped."
    requires_system_checks: list[str] = []  # prepare() runs them, after the migrations

    def handle(self, *args: Any, **options: Any) -> None:
        lock = prepare()
        try:
            Tree([Cluster(), WebServer()]).run()
        finally:
            os.close(lock)
