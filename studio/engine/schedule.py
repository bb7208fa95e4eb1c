"""When to ask a provider again: polls are spent where they pay.

Pure: times are seconds. How long orders take is a `Curve`, measured or, before enough orders are
done, as documented. A poll costs as much as some seconds of waiting; so the denser the ends of
orders lie, the shorter is the pause.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, ldexp, sqrt
from random import uniform
from typing import Self

from studio.providers.models import ImageModel, Seconds

SANDBOX_SECONDS = Seconds(fast=1, usual=5, slow=12)
# What a poll may cost in seconds of waiting. The sandbox's cost nothing but our own time.
WORTH, SANDBOX_WORTH = 0.2, 0.05
NEARLY = 0.9  # of the fastest: none is asked for earlier
SHORTEST = 0.8
LONGEST = 60.0
LONGEST_POLL = 50.0  # so that a picture is here within a minute, if nobody tells of it
LATE = 15  # what is later than usual is asked for when a fifteenth of its time has passed
HINTS_APART = 5.0
CONNECT_TRIES = 5
LOST_TRIES = 10  # of what may have arrived and can be sent again: some four minutes
FEWEST = 8
SHARES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)


@dataclass(frozen=True)
class Curve:
    """Which share of orders is done after how many seconds: (seconds, share), both rising."""

    knots: tuple[tuple[float, float], ...]
    worth: float = WORTH

    @classmethod
    def documented(cls, model: ImageModel, *, is_sandbox: bool) -> Self:
        """As the model's record says; the sandbox is quicker than life."""
        fast, usual, slow = SANDBOX_SECONDS if is_sandbox else model.seconds
        worth = SANDBOX_WORTH if is_sandbox else WORTH
        return cls(((fast, 0.0), (usual, 0.5), (slow, 0.95)), worth)

    @classmethod
    def measured(cls, durations: Sequence[float], *, is_sandbox: bool = False) -> Self:
        """Of at least FEWEST orders."""
        ordered = sorted(durations)
        last = len(ordered) - 1
        knots = [(ordered[round(last * share)], share) for share in SHARES]
        worth = SANDBOX_WORTH if is_sandbox else WORTH
        return cls(((NEARLY * knots[0][0], 0.0), *knots), worth)

    @property
    def slow(self) -> float:
        """Nearly all are done then."""
        return self.knots[-1][0]

    def pause(self, elapsed: float) -> float:
        """Seconds until the next poll of an order that was accepted so long ago."""
        first, last = self.knots[0][0], self.knots[-1][0]
        if elapsed < first:
            return first - elapsed
        if elapsed >= last:
            return max(SHORTEST, elapsed / LATE)
        return max(SHORTEST, sqrt(2 * self.worth / self._risk(elapsed)))

    def _risk(self, elapsed: float) -> float:
        """How likely an order that is not done yet is done within the next second."""
        after = bisect_right(self.knots, (elapsed, inf))
        (begin, low), (end, high) = self.knots[after - 1], self.knots[after]
        density = (high - low) / (end - begin)
        return density / (1 - low - density * (elapsed - begin))


def poll_delay(
    curve: Curve, elapsed: float, *, failures: int = 0, slow: float = 1.0, apart: float = 0.0
) -> float:
    """Seconds until the next poll, jittered.

    `failures` polls in a row without a usable answer, and a key that is `slow`, make it longer;
    `apart` may be longer than all pauses that the schedule makes by itself.
    """
    delay = min(LONGEST_POLL, ldexp(curve.pause(elapsed) * slow, min(failures, 6)))
    return max(delay * uniform(0.95, 1.05), apart * uniform(1.0, 1.05))


def retry_delay(tries: int) -> float:
    """Seconds to wait before sending again what certainly was not charged: 1, 2, 4, … 60."""
    return min(LONGEST, ldexp(1.0, max(0, tries - 1))) * uniform(0.9, 1.1)
