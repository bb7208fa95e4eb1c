"""An hour of one key of GPTImage2 Plus on a clock of its own: 50 orders, and what was called."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count, pairwise
from random import Random

import pytest

from studio.engine.limits import KeyPace, Rules
from studio.engine.schedule import Curve, poll_delay
from studio.providers.gptimage2plus import GPT_IMAGE_2

HOUR = 3600.0
NOON = 1_800_000_000.0


@dataclass
class Hour:
    """A pump with one key, and its provider, who counts. Times in seconds since NOON."""

    seconds: list[float]
    uploads: int = 0
    has_webhooks: bool = False
    pace: KeyPace = field(default_factory=lambda: KeyPace(Rules.of(GPT_IMAGE_2, is_sandbox=False)))
    curve: Curve = field(default_factory=lambda: Curve.documented(GPT_IMAGE_2, is_sandbox=False))
    calls: list[float] = field(default_factory=list)
    polls: dict[int, list[float]] = field(default_factory=dict)
    done: dict[int, float] = field(default_factory=dict)
    found: dict[int, float] = field(default_factory=dict)
    at_once: int = 0

    def run(self) -> Hour:
        """Until all orders are found to be done."""
        self.events, self.turn = [], count()
        self.queue, self.under_way = list(range(len(self.seconds))), set()
        self._at(0.0, "look", -1)
        while self.events:
            now, _, kind, name = heapq.heappop(self.events)
            getattr(self, f"_{kind}")(now, name)
        return self

    def _at(self, when: float, kind: str, name: int) -> None:
        heapq.heappush(self.events, (when, next(self.turn), kind, name))

    def _call(self, now: float, name: int | None = None) -> None:
        if not self.pace.is_covered(NOON + now):
            self.pace.state(NOON + now)
            self.pace.covered()
        self.pace.called(NOON + now, name)
        self.calls.append(now)

    def _look(self, now: float, _name: int) -> None:
        wait = self.pace.begins_in(NOON + now, calls=self.uploads + 1)
        while self.queue and wait == 0:
            self._send(now, self.queue.pop(0))
            wait = self.pace.begins_in(NOON + now, calls=self.uploads + 1)
        if self.queue:
            self._at(now + (wait or 1.0), "look", -1)

    def _send(self, now: float, name: int) -> None:
        self.pace.begin(name, calls=self.uploads + 1)
        for _ in range(self.uploads + 1):
            self._call(now, name)
        self.pace.accepted()
        self.pace.answered(name)
        self.under_way.add(name)
        self.at_once = max(self.at_once, len(self.under_way))
        self.polls[name], self.done[name] = [], now + self.seconds[name]
        self._plan(now, name)
        if self.has_webhooks:
            self._at(self.done[name], "hint", name)

    def _plan(self, now: float, name: int) -> None:
        elapsed = now - (self.done[name] - self.seconds[name])
        apart = self.pace.apart(NOON + now) if self.polls[name] else 0.0
        self._at(now + poll_delay(self.curve, elapsed, apart=apart), "poll", name)

    def _poll(self, now: float, name: int) -> None:
        if name in self.found:
            return
        if wait := self.pace.poll_in(NOON + now):
            self._at(now + wait, "poll", name)
            return
        self._call(now)
        self.polls[name].append(now)
        if now >= self.done[name]:
            self.found[name] = now
            self.under_way.discard(name)
            self.pace.end(name, NOON + now)
        else:
            self._plan(now, name)

    _hint = _poll


def most_in_an_hour(times: list[float]) -> int:
    times = sorted(times)
    return max(sum(at - HOUR < other <= at for other in times) for at in times)


def durations(seed: int, orders: int, fast: float, slow: float) -> list[float]:
    dice = Random(seed)
    return [dice.uniform(fast, slow) for _ in range(orders)]


@pytest.mark.promise(8)
@pytest.mark.parametrize("uploads", [0, 4])
@pytest.mark.parametrize("has_webhooks", [False, True])
@pytest.mark.parametrize(("fast", "slow"), [(5, 20), (20, 120), (200, 900)])
def test_fifty_orders_stay_within_the_documented_limits(uploads, has_webhooks, fast, slow):
    hour = Hour(durations(1, 50, fast, slow), uploads=uploads, has_webhooks=has_webhooks).run()

    polls = [at for times in hour.polls.values() for at in times]
    assert len(hour.found) == 50
    assert hour.at_once == 5
    assert most_in_an_hour(hour.calls) <= 600
    assert most_in_an_hour(polls) <= 480
    assert min(
        (b - a for times in hour.polls.values() for a, b in pairwise(times)), default=30
    ) >= (0 if has_webhooks else 30)


@pytest.mark.promise(8)
def test_a_queue_that_never_ends_uses_what_the_hour_has_and_no_more():
    hour = Hour(durations(2, 900, 5, 60), uploads=1).run()

    polls = [at for times in hour.polls.values() for at in times]
    assert len(hour.found) == 900
    assert 560 <= most_in_an_hour(hour.calls) <= 600
    assert most_in_an_hour(polls) <= 480


@pytest.mark.promise(8, 21)
def test_what_is_done_is_found_within_a_minute_while_the_hour_lasts():
    hour = Hour(durations(3, 50, 20, 120)).run()

    assert max(hour.found[name] - hour.done[name] for name in hour.found) < 60


@pytest.mark.promise(8)
def test_a_webhook_is_answered_by_a_poll_at_once_within_the_budget():
    hour = Hour(durations(4, 50, 20, 120), has_webhooks=True).run()

    delays = sorted(hour.found[name] - hour.done[name] for name in hour.found)
    assert delays[45] == 0
