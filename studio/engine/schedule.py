"""When to ask a provider again: polls are spent where they pay."""

from __future__ import annotations

from math import ldexp
from random import uniform

from studio.providers.models import ImageModel, Seconds

SANDBOX_SECONDS = Seconds(fast=1, usual=5, slow=12)
LONGEST = 60.0
LONGEST_POLL = 50.0  # so that a picture is here within a minute, if nobody tells of it
HINTS_APART = 5.0
CONNECT_TRIES = 5


def usual_seconds(model: ImageModel, *, is_sandbox: bool) -> Seconds:
    """How long an order of this model takes; the sandbox is quicker than life."""
    return SANDBOX_SECONDS if is_sandbox else model.seconds


def poll_delay(seconds: Seconds, elapsed: float, *, failures: int = 0) -> float:
    """Seconds until the next poll: none before the fast time, dense to the slow one, then sparser.

    `failures` polls in a row without a usable answer slow it down further. Jittered by a tenth.
    """
    if elapsed < seconds.fast:
        delay = seconds.fast - elapsed
    elif elapsed < seconds.slow:
        delay = max(0.8, seconds.usual / 20)
    else:
        delay = max(2.0, elapsed / 15)
    delay = min(LONGEST_POLL, ldexp(delay, min(failures, 6)))
    return delay * uniform(0.95, 1.05)


def retry_delay(tries: int) -> float:
    """Seconds to wait before sending again what certainly was not charged: 1, 2, 4, … 60."""
    return min(LONGEST, ldexp(1.0, max(0, tries - 1))) * uniform(0.9, 1.1)
