"""Whether the cluster can still be trusted.

django-q2 replaces a worker that was killed, but not the lock of the shared queue that it may have
held: the cluster then looks alive and never runs a task again. The same holds for its monitor and
its pusher. So a process of the cluster that is gone is reason enough to begin afresh; a cluster
that hangs for another reason is known by its silence.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic

from django.db.models.functions import Now

from studio.engine.heartbeat import SILENT_FOR, last_beat
from studio.engine.models import Lease


class Watch:
    """Over one life of the cluster: make a new one for the next."""

    def __init__(self, pid: int, clock: Callable[[], float] = monotonic) -> None:
        self.pid = pid
        self.clock = clock
        self.seen: set[int] = set()
        self.beat = last_beat()
        self.heard_at = self.clock()
        self.has_begun = False

    def listen(self) -> datetime | None:
        """Look at the heartbeat; only its change counts, so clocks may jump."""
        beat = last_beat()
        if beat != self.beat:
            self.beat, self.heard_at, self.has_begun = beat, self.clock(), True
        return beat

    def complaint(self) -> str:
        """Why the cluster must be replaced, or nothing."""
        for pid in self.seen:
            if not is_alive(pid):
                return f"lost its process {pid}"
        self.seen |= relatives(self.pid)
        silence = self.clock() - self.heard_at
        if silence > SILENT_FOR.total_seconds():
            return f"has shown no sign of life for {silence:.0f} s"
        return ""


def children(pid: int) -> set[int]:
    """Those forked by its main thread. Empty where the kernel does not tell, or it is gone."""
    try:
        return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except OSError:
        return set()


def is_alive(pid: int) -> bool:
    """Not gone, and not dead and unburied."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def relatives(pid: int) -> set[int]:
    """Children and grandchildren: of a cluster its sentinel, workers, monitor and pusher."""
    sentinels = children(pid)
    return sentinels.union(*(children(sentinel) for sentinel in sentinels))


def is_pumping() -> bool:
    """A pump holds a lease."""
    return Lease.objects.filter(until__gte=Now()).exists()
