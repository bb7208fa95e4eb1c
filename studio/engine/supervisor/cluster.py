"""A cluster of workers as the supervisor sees it: asked for signs of life, replaced when hurt."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from studio import queue
from studio.engine import heartbeat, leases, stumbles
from studio.engine.supervisor.child import Child
from studio.engine.supervisor.pulse import Pulse
from studio.engine.supervisor.watch import Complaint, Watch, is_pumping

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
REPLACED_WITHIN = 22.0
IDLE_REPLACED_WITHIN = 3.0
IMPATIENTLY = {
    "sqlite": "PRAGMA busy_timeout = 1000",
    "postgresql": "SET statement_timeout = 2000",
}


class Cluster(Child):
    """The workers of one lane, or of all of them (None) where lanes are not split."""

    def __init__(self, lane: queue.Lane | None = None) -> None:
        name = f"The cluster of the {lane} lane" if lane else "The cluster"
        super().__init__(name, f"darkroom-{lane or 'tasks'}", self._run_tasks)
        self.lane = lane
        self.watch: Watch | None = None
        self.pulse = Pulse(lane)
        self.look_at = 0.0
        self.suspects: set[str] = set()

    @property
    def branch(self) -> str:
        return heartbeat.name_of(self.lane)

    @property
    def pumps(self) -> bool:
        """Whether pumps run here."""
        return self.branch in heartbeat.PUMPING

    @property
    def is_ready(self) -> bool:
        """It has run a task."""
        return self.watch is not None and self.watch.has_begun

    def start(self) -> None:
        self.watch, self.pulse, self.look_at = None, Pulse(self.lane), 0.0
        super().start()

    def _run_tasks(self) -> None:
        queue.run_cluster(self.lane)

    def look_after(self) -> None:
        if not self.pid:
            return
        if self.watch and not self.kill_at and (complaint := self.watch.complaint()):
            self._replace(complaint)
        if monotonic() >= self.look_at:
            self.look_at = monotonic() + (LOOK_EVERY if self.is_ready else 0)
            self._look_into_database(self.pid)

    def _look_into_database(self, pid: int) -> None:
        """A database that does not answer is no reason to give up: the next look may find it."""
        try:
            open_impatiently()
            for suspect in sorted(self.suspects):
                stumbles.blame(suspect)
                self.suspects.discard(suspect)
            if self.kill_at:
                self._hasten_replacement()
                return
            if self.watch is None:
                self._give_back()
                self.watch = Watch(pid, self.board)
            self.pulse.ask_for_beat(self.board.beaten_at)
            if self.pumps:
                self.pulse.wake_pump()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database does not answer the supervisor: %s", error)
            connection.close()

    def _give_back(self) -> None:
        """What a dead cluster had taken; messages only where no other machine can have them."""
        if connection.vendor == "sqlite":
            queue.give_back(self.lane)
        if self.pumps:
            leases.give_back(timedelta(seconds=monotonic() - self.started_at))

    def _replace(self, complaint: Complaint) -> None:
        """Pumps are told to end; what they have on the way may come in."""
        self.suspects |= complaint.suspects
        self.board.is_draining = True
        self.replace(complaint.fault, within=REPLACED_WITHIN)

    def _hasten_replacement(self) -> None:
        """Without a pump nothing in it is worth waiting for: all other tasks may be cut short."""
        if not (self.pumps and is_pumping()):
            self.hasten(within=IDLE_REPLACED_WITHIN)


def clusters(lanes: list[queue.Lane]) -> list[Child]:
    """One for each of these lanes, or the only one where they are not split."""
    is_split = settings.STUDIO_LANES == "SPLIT"
    return [Cluster(lane) for lane in lanes] if is_split else [Cluster()]


def open_impatiently() -> None:
    """Rather miss a look at a locked database than wait for it: a signal may come meanwhile."""
    if connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(IMPATIENTLY[connection.vendor])
