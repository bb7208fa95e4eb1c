"""Whether the cluster can still be trusted.

django-q2 replaces a worker that was killed, but not the lock of the shared queue that it may have
held: the cluster then looks alive and never runs a task again. The same holds for its monitor and
its pusher. So a process of the cluster that is gone is reason enough to begin afresh; a cluster
that hangs for another reason is known by its silence.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from django.db.models.functions import Now

from studio.engine.board import Board
from studio.engine.heartbeat import SILENT_FOR
from studio.engine.models import Lease


class Complaint(NamedTuple):
    """Why the cluster must be replaced, and what its processes were busy with."""

    fault: str
    suspects: frozenset[str]


class Watch:
    """Over one life of the cluster: make a new one for the next."""

    def __init__(self, pid: int, board: Board, clock: Callable[[], float] = monotonic) -> None:
        self.pid = pid
        self.board = board
        self.clock = clock
        self.seen: set[int] = set()
        self.begun_at = self.clock()

    @property
    def has_begun(self) -> bool:
        """It has run a task."""
        return self.board.beaten_at > 0

    def complaint(self) -> Complaint | None:
        for pid in self.seen:
            if not is_alive(pid):
                return self._lost(pid)
        self.seen |= relatives(self.pid)
        silence = self.clock() - max(self.begun_at, self.board.beaten_at)
        return self._silent(silence) if silence > SILENT_FOR.total_seconds() else None

    def _lost(self, pid: int) -> Complaint:
        was = self.board.business_of(pid)
        while_at = f", which was busy with {was.what}," if was else ""
        return Complaint(f"lost its process {pid}{while_at}", frozenset([was.what] if was else []))

    def _silent(self, seconds: float) -> Complaint:
        """Whoever has been busy with something for nearly as long may hang because of it."""
        long_ago = self.clock() - 0.8 * seconds
        found = [self.board.business_of(pid) for pid in self.seen]
        suspects = frozenset(one.what for one in found if one and one.since < long_ago)
        while_at = f", busy with {', '.join(sorted(suspects))}," if suspects else ""
        return Complaint(f"has shown no sign of life for {seconds:.0f} s{while_at}", suspects)


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
