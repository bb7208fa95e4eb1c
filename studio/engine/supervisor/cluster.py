"""The cluster of workers as the supervisor sees it: asked for signs of life, replaced when hurt."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from time import monotonic

from django.db import DatabaseError, InterfaceError, connection

from studio import queue
from studio.engine import drain, leases
from studio.engine.supervisor.child import Child
from studio.engine.supervisor.pulse import Pulse
from studio.engine.supervisor.watch import Watch, is_pumping

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
REPLACED_WITHIN = 22.0
IDLE_REPLACED_WITHIN = 3.0
IMPATIENTLY = {
    "sqlite": "PRAGMA busy_timeout = 1000",
    "postgresql": "SET statement_timeout = 2000",
}


class Cluster(Child):
    def __init__(self) -> None:
        super().__init__("The cluster", "darkroom-tasks", self._run_tasks)
        self.watch: Watch | None = None
        self.pulse = Pulse()
        self.look_at = 0.0

    @property
    def is_ready(self) -> bool:
        """It has run a task."""
        return self.watch is not None and self.watch.has_begun

    def start(self) -> None:
        drain.end()
        self.watch, self.pulse, self.look_at = None, Pulse(), 0.0
        super().start()

    def _run_tasks(self) -> None:
        queue.run_cluster()

    def look_after(self) -> None:
        if not self.pid:
            return
        if self.watch and not self.kill_at and (reason := self.watch.complaint()):
            self._replace(reason)
        if monotonic() >= self.look_at:
            self.look_at = monotonic() + (LOOK_EVERY if self.is_ready else 0)
            self._look_into_database(self.pid)

    def _look_into_database(self, pid: int) -> None:
        """A database that does not answer is no reason to give up: the next look may find it."""
        try:
            open_impatiently()
            if self.kill_at:
                self._hasten_replacement()
                return
            if self.watch is None:
                queue.give_back()
                leases.give_back(timedelta(seconds=monotonic() - self.started_at))
                self.watch = Watch(pid)
            self.pulse.ask_for_beat(self.watch.listen())
            self.pulse.wake_pump()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database does not answer the supervisor: %s", error)
            connection.close()

    def _replace(self, reason: str) -> None:
        """Pumps are told to end; what they have on the way may come in."""
        log.error("The cluster %s and is replaced", reason)
        with suppress(OSError):
            drain.begin()
        self.stop(within=REPLACED_WITHIN)

    def _hasten_replacement(self) -> None:
        """Without a pump nothing in it is worth waiting for: all other tasks may be cut short."""
        if not is_pumping():
            self.hasten(within=IDLE_REPLACED_WITHIN)


def open_impatiently() -> None:
    """Rather miss a look at a locked database than wait for it: a signal may come meanwhile."""
    if connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(IMPATIENTLY[connection.vendor])
