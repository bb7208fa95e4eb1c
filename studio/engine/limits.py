"""How fast one key may be used: by its provider's document, and by what the provider answers.

Pure: times are seconds of the caller's clock, and nothing sleeps. One pace is the whole truth
about a key, for one pump holds its shard. A pump that takes over goes on from `state`. Where calls
are counted by the hour, the state that is kept counts calls before they are made (`is_covered`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Self

from studio.engine.calllog import CallLog
from studio.providers.models import ImageModel
from studio.providers.reading import Allowance

HOUR = 3600.0
SANDBOX_HOUR = 300.0  # the sandbox is quicker than life
CEILING = 20_000  # orders at once, where the document names no number
ORDERS_SHARE = 5  # one call in so many is for orders alone
POLLS_AN_HOUR = 120  # of one submission, where calls are counted
FARTHEST = 12  # polls of one submission in an hour, when few are left
KEPT_FOR_POLLS = 3  # calls that an order under way may still need
ROOMY = 5  # from so many places on, one is for a member who has none
LOWER, RAISE = 0.7, 0.1
SLOWEST, SLOWER, QUICKER = 16.0, 2.0, 0.1
FIRST_REST, LONGEST_REST = 5.0, 60.0
LONGEST_REST_OF_POLLS = 50.0  # because an order was refused; polls may still be welcome
SAME_WINDOW = 2.0  # seconds between what two answers say of its end
AHEAD, AHEAD_FOR = 20, 60.0


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for a key from the start.

    most: orders at once. calls: in any `hour` seconds, of which `kept` are for orders alone.
    apart: seconds between two polls of one submission.
    """

    most: int = CEILING
    calls: int | None = None
    kept: int = 0
    hour: float = HOUR
    apart: float = 0.0

    @classmethod
    def of(cls, model: ImageModel, *, is_sandbox: bool) -> Self:
        """From the record of the key's model."""
        hour, calls = SANDBOX_HOUR if is_sandbox else HOUR, model.calls_per_hour
        return cls(
            most=model.max_concurrent or CEILING,
            calls=calls,
            kept=calls // ORDERS_SHARE if calls else 0,
            hour=hour,
            apart=hour / POLLS_AN_HOUR if calls else 0.0,
        )


class Span:
    """A stretch of time, which keeps its length when the clock is set back."""

    def __init__(self, begun: float = 0.0, until: float = 0.0) -> None:
        self.begun, self.until = begun, until

    def left(self, now: float) -> float:
        """Seconds; 0 when it is over."""
        if now < self.begun:
            self.begun, self.until = now, now + self.until - self.begun
        return max(0.0, self.until - now)

    def stretch(self, now: float, seconds: float) -> None:
        """Let it last so long from now, or longer."""
        if seconds > self.left(now):
            self.begun, self.until = now, now + seconds

    def kept(self) -> list[float]:
        return [self.begun, self.until]


class KeyPace:
    """Asked before each order and each poll, and told what went out and what came back.

    An order has a name. `begin` gives it a place and sets its calls aside, `answered` ends its
    sending, `end` frees its place.
    """

    def __init__(self, rules: Rules, state: Mapping[str, Any] | None = None) -> None:
        kept = state or {}
        self.rules = rules
        self.most = min(float(rules.most), kept.get("most", inf))
        self.slow: float = kept.get("slow", 1.0)
        self.refusals: int = kept.get("refusals", 0)
        self._rest = Span(*kept.get("rest", ()))
        self._polls_rest = Span(*kept.get("polls_rest", ()))
        self._window = Span(*kept.get("window", ()))
        self._left_in_window: int = kept.get("left_in_window", 0)
        self._leaving = [Span(*span) for span in kept.get("leaving", ())]
        self._log = CallLog(rules.hour, kept.get("log", ()))
        self._aside: dict[Hashable, int] = {}
        self._set_aside = 0  # their sum: asked for with every poll
        self._sending: set[Hashable] = set()
        self._lowered_at = self._slowed_at = -inf
        self._covers = [Cover(), Cover()]
        self.is_changed = False

    # Orders -----------------------------------------------------------------------------------

    def begins_in(self, now: float, *, calls: int = 1, keeps_place: bool = False) -> float | None:
        """Seconds until an order of so many calls may begin, as far as limits of time go.

        0: at once. None: when another one has ended. keeps_place: one place is left to others.
        """
        if wait := max(self._rest.left(now), self._calls_in(now, calls)):
            return wait
        if self.refusals and self._sending:
            return None  # after a refusal one goes ahead, alone
        most = int(self.most) - (keeps_place and self.most >= ROOMY)
        return 0.0 if self.flying(now) < most else None

    def flying(self, now: float) -> int:
        """Orders that are with the provider, or on their way to it."""
        self._leaving = [span for span in self._leaving if span.left(now)]
        return len(self._aside) + len(self._leaving)

    def begin(self, name: Hashable, *, calls: int = 1) -> None:
        """It gets a place, and its calls are set aside."""
        self._put_aside(name, calls)
        self._sending.add(name)

    def resume(self, name: Hashable) -> None:
        """It was with the provider before."""
        self._put_aside(name, 0)

    def answered(self, name: Hashable) -> None:
        """It is with the provider, or back; it sends nothing more."""
        self._sending.discard(name)
        if name in self._aside:
            self._put_aside(name, 0)

    def end(self, name: Hashable, now: float, *, lingers: float = 0.0) -> None:
        """Its place is free; after `lingers` seconds, where the provider may be at work still."""
        is_known = name in self._aside
        self._put_aside(name, 0)
        self._aside.pop(name)
        self._sending.discard(name)
        if is_known and lingers:
            self._leaving.append(Span(now, now + lingers))
            self.is_changed = True

    # Polls ------------------------------------------------------------------------------------

    def poll_in(self, now: float) -> float:
        """Seconds until a poll may go out; 0: at once."""
        waits = [self._polls_rest.left(now)]
        if self.rules.calls is not None:
            calls, polls = self.rules.calls, self.rules.calls - self.rules.kept
            waits.append(self._log.free_in(now, calls=calls - self._set_aside - 1, polls=polls - 1))
        if self._left_in_window - self._set_aside < 1:
            waits.append(self._window.left(now))
        return max(waits)

    def apart(self, now: float) -> float:
        """Seconds between two polls of one submission at least, so that there are some for all."""
        space, flying = self.rules.apart, max(1, self.flying(now))
        if self.rules.calls is not None:
            polls = self.rules.calls - self.rules.kept - self._log.polls(now)
            left = min(polls, self._calls_left(now))
            space = max(space, flying * self._log.refills_in(now) / max(1, left))
        if window := self._window.left(now):
            space = max(space, flying * window / max(1, self._left_in_window))
        return min(space, self.rules.hour / FARTHEST)

    # What went out, what came back ------------------------------------------------------------

    def called(self, now: float, name: Hashable = None) -> None:
        """A call goes out now: for this order, or to ask."""
        self._log.add(now, polls=int(name is None))
        self._left_in_window -= 1
        if calls := self._aside.get(name):
            self._put_aside(name, calls - 1)
        for cover in self._covers:
            cover.calls -= 1

    def heard(self, now: float, allowance: Allowance | None) -> None:
        """What an answer says of the calls that are left, until when."""
        if allowance is None:
            return
        if abs(self._window.left(now) - allowance.seconds) < SAME_WINDOW:
            self._left_in_window = min(allowance.left, self._left_in_window)
        else:
            self._left_in_window = allowance.left
            self._window = Span(now, now + allowance.seconds)

    def accepted(self) -> None:
        """The provider took an order: slowly more of them at once."""
        self.is_changed = self.is_changed or bool(self.refusals)
        self.refusals = 0
        if self.most < self.rules.most:
            self.most = min(self.rules.most, self.most + max(RAISE, 1 / self.most))
            self.is_changed = True

    def told(self) -> None:
        """A poll was answered: slowly back to the usual pace."""
        if self.slow > 1:
            self.slow, self.is_changed = max(1.0, self.slow - QUICKER), True

    def refused(self, now: float, name: Hashable, *, sent_at: float, wait: float | None) -> float:
        """429 to an order: less at once, and a rest. Returns when the rest is over.

        Refusals of what was sent together count as one. wait: seconds, where told.
        """
        others = self.flying(now) - (name in self._aside)
        if sent_at > self._lowered_at:
            self._lowered_at, self.refusals = now, self.refusals + 1
            others = int(others * LOWER)
        self.most = max(1.0, min(self.most, others))
        usual = min(LONGEST_REST, FIRST_REST * 2.0 ** min(self.refusals - 1, 8))
        self._rest.stretch(now, usual if wait is None else wait)
        if wait is not None:
            self._polls_rest.stretch(now, min(wait, LONGEST_REST_OF_POLLS))
        self.is_changed = True
        return now + self._rest.left(now)

    def poll_refused(self, now: float, *, sent_at: float, wait: float | None) -> None:
        """429 to a poll: all of the key's polls are fewer from now on, and rest where told."""
        if sent_at > self._slowed_at:
            self._slowed_at, self.slow = now, min(SLOWEST, self.slow * SLOWER)
        if wait is not None:
            self._polls_rest.stretch(now, wait)
            self._rest.stretch(now, wait)
        self.is_changed = True

    # What another pump goes on from -----------------------------------------------------------

    def is_covered(self, now: float) -> bool:
        """Whether the state that is kept counts one more call already."""
        return self.rules.calls is None or self._covers[0].holds(now)

    def state(self, now: float, *, is_last: bool = False) -> dict[str, Any]:
        """What is to be kept. Unless it is the last, it counts calls that are still to come."""
        is_counted = self.rules.calls is not None and not is_last
        cover = Cover(AHEAD, now + AHEAD_FOR) if is_counted else Cover()
        self._covers[1] = cover
        self.is_changed = False
        return {
            "most": self.most,
            "slow": self.slow,
            "refusals": self.refusals,
            "rest": self._rest.kept(),
            "polls_rest": self._polls_rest.kept(),
            "window": self._window.kept(),
            "left_in_window": self._left_in_window,
            "leaving": [span.kept() for span in self._leaving if span.left(now)],
            "log": self._log.kept(now, polls_until=cover.until, polls=cover.calls),
        }

    def covered(self) -> None:
        """The last `state` is kept: the calls that it counts may be made."""
        self._covers = [self._covers[1], Cover()]

    # Calls ------------------------------------------------------------------------------------

    def _put_aside(self, name: Hashable, calls: int) -> None:
        self._set_aside += calls - self._aside.get(name, 0)
        self._aside[name] = calls

    def _calls_left(self, now: float) -> int:
        """Of the hour, beside those that are set aside. With counted calls only."""
        return (self.rules.calls or 0) - self._log.calls(now) - self._set_aside

    def _calls_in(self, now: float, calls: int) -> float:
        """Seconds until there are so many calls, and some for the polls of all orders."""
        needed, wait = calls + KEPT_FOR_POLLS * (self.flying(now) + 1), 0.0
        if limit := self.rules.calls:
            others = limit - self._set_aside - min(needed, limit)
            wait = self._log.free_in(now, calls=others, polls=limit)
        if self._left_in_window - self._set_aside < needed:
            wait = max(wait, self._window.left(now))
        return wait


@dataclass
class Cover:
    """Calls that a kept state counts before they are made, until when."""

    calls: int = 0
    until: float = -inf

    def holds(self, now: float) -> bool:
        return self.calls > 0 and now <= self.until
