"""The calls of one key in a rolling hour. Times: seconds of the caller's clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import floor

SLOTS = 240
Kept = list[list[int]]
"""[[slot, calls, polls among them], …], oldest first."""


class CallLog:
    """Counts in slots. A slot counts until its last moment is an hour ago: never too few.

    hour: seconds; the sandbox has a shorter one.
    """

    def __init__(self, hour: float, kept: Iterable[Iterable[int]] = ()) -> None:
        self.hour = hour
        self.width = hour / SLOTS
        self._slots = deque([slot, calls, polls] for slot, calls, polls in kept)
        self._calls = sum(calls for _, calls, _ in self._slots)
        self._polls = sum(polls for _, _, polls in self._slots)

    def add(self, at: float, *, calls: int = 1, polls: int = 0) -> None:
        """`calls` go out, `polls` of them to ask after an order."""
        slot = floor(at / self.width)
        if not self._slots or self._slots[-1][0] < slot:
            self._slots.append([slot, 0, 0])
        self._slots[-1][1] += calls
        self._slots[-1][2] += polls
        self._calls += calls
        self._polls += polls

    def calls(self, now: float) -> int:
        self._forget(now)
        return self._calls

    def polls(self, now: float) -> int:
        self._forget(now)
        return self._polls

    def free_in(self, now: float, *, calls: int, polls: int) -> float:
        """Seconds until at most so many calls, and so many polls, are left in the hour."""
        self._forget(now)
        made, asked, wait = self._calls, self._polls, 0.0
        for slot, leaving, polls_leaving in self._slots:
            if made <= calls and asked <= polls:
                break
            made, asked, wait = made - leaving, asked - polls_leaving, self._end(slot) - now
        return wait if made <= calls and asked <= polls else self.hour

    def refills_in(self, now: float) -> float:
        """Seconds until the oldest call leaves the hour; a whole one where there is none."""
        self._forget(now)
        return self._end(self._slots[0][0]) - now if self._slots else self.hour

    def kept(self, now: float, *, polls_until: float = 0.0, polls: int = 0) -> Kept:
        """What another log can be made of. It may count polls that are made until then."""
        self._forget(now)
        coming = [[floor(polls_until / self.width), polls, polls]] if polls else []
        return [list(slot) for slot in self._slots] + coming

    def _end(self, slot: int) -> float:
        return (slot + 1) * self.width + self.hour

    def _forget(self, now: float) -> None:
        """Drop what is older than an hour. What lies ahead, after a clock was set back, is now."""
        current, early = floor(now / self.width), [0, 0]
        while self._slots and self._slots[-1][0] > current:
            _, calls, polls = self._slots.pop()
            early = [early[0] + calls, early[1] + polls]
        if early[0]:
            self._calls, self._polls = self._calls - early[0], self._polls - early[1]
            self.add(now, calls=early[0], polls=early[1])
        while self._slots and self._end(self._slots[0][0]) <= now:
            _, calls, polls = self._slots.popleft()
            self._calls, self._polls = self._calls - calls, self._polls - polls
