"""What may go wrong between the studio and a provider, and when it does: decided by the seed.

A fault depends on the seed and on what is asked for the how-manieth time, not on the moment, so a
run can be had again as far as processes and clocks allow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

MARK = re.compile(r"\[gate:(\w+)(?:\*(\d+))?\]")
MOST_OF_AN_ORDER = 2  # providers with an idempotency key get five tries
MOST_OF_A_POLL = 3
MOST_OF_A_PICTURE = 2


class Fault(StrEnum):
    """What becomes of one request. *_before: the provider never sees it; *_after: it has."""

    NONE = "none"
    DRIP = "drip"
    LATE = "late"
    LIMITED = "limited"
    BUSY = "busy"
    REFUSED = "refused"
    CLOSE_BEFORE = "close_before"
    RESET_BEFORE = "reset_before"
    HTML_BEFORE = "html_before"
    FOREIGN_BEFORE = "foreign_before"
    CLOSE_AFTER = "close_after"
    RESET_AFTER = "reset_after"
    HTML_AFTER = "html_after"
    FOREIGN_AFTER = "foreign_after"
    HALF = "half"
    HANG = "hang"

    @property
    def is_before(self) -> bool:
        return self.value.endswith("_before")

    @property
    def is_no(self) -> bool:
        """The provider itself says no: nothing was charged."""
        return self in (Fault.LIMITED, Fault.BUSY, Fault.REFUSED)

    @property
    def is_lost(self) -> bool:
        """No answer comes that says what became of the order."""
        return not (self.is_no or self in (Fault.NONE, Fault.DRIP, Fault.LATE))


ORDER_WEIGHTS = {
    **{fault: 3 for fault in Fault if fault.is_lost},
    Fault.DRIP: 3,
    Fault.LATE: 3,
    Fault.LIMITED: 4,
    Fault.BUSY: 4,
    Fault.HANG: 1,
}
# Asked after a task, REFUSED means that the provider has forgotten it for once.
POLL_WEIGHTS = {**ORDER_WEIGHTS, Fault.HANG: 0, Fault.REFUSED: 2}
PICTURE_WEIGHTS = {**POLL_WEIGHTS, Fault.LIMITED: 0, Fault.REFUSED: 0}


@dataclass(kw_only=True)
class Plan:
    """The faults of one run. rate: the share of requests that meet one while it storms."""

    seed: int
    rate: float
    is_storming: bool = True
    met: dict[str, int] = field(default_factory=dict)

    def for_order(self, identity: str, nth: int, prompt: str) -> Fault:
        """nth: arrival of this very order, from 1. Marks in the prompt are obeyed always."""
        if found := MARK.search(prompt):
            return Fault(found[1]) if nth <= int(found[2] or 1) else Fault.NONE
        if "[no]" in prompt:
            return Fault.REFUSED
        return self._draw(f"order {identity}", nth, ORDER_WEIGHTS, MOST_OF_AN_ORDER)

    def for_poll(self, task_id: str, nth: int) -> Fault:
        return self._draw(f"poll {task_id}", nth, POLL_WEIGHTS, MOST_OF_A_POLL)

    def for_picture(self, name: str, nth: int) -> Fault:
        return self._draw(f"picture {name}", nth, PICTURE_WEIGHTS, MOST_OF_A_PICTURE)

    def random(self, what: str) -> Random:
        """Chance that belongs to one thing alone."""
        return Random(f"{self.seed} {what}")

    def _draw(self, what: str, nth: int, weights: dict[Fault, int], most: int) -> Fault:
        if not self.is_storming or self.met.get(what, 0) >= most:
            return Fault.NONE
        chance = self.random(f"{what} {nth}")
        if chance.random() >= self.rate:
            return Fault.NONE
        self.met[what] = self.met.get(what, 0) + 1
        return chance.choices(list(weights), list(weights.values()))[0]
