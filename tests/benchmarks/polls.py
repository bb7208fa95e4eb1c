"""The poll schedule against fixed intervals: `python -m tests.benchmarks.polls`.

How late the end of an order is noticed and what that costs in polls, on a clock of its own: 2,000
orders of each kind, with durations drawn from a log-normal distribution by a seed. “measured” knows
the 200 orders before; “documented” knows the model's record alone.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from math import log
from random import Random, uniform

from studio.engine.limits import Rules
from studio.engine.schedule import Curve, poll_delay
from studio.providers.catalog import PROVIDERS
from studio.providers.models import ImageModel

ORDERS, BEFORE = 2000, 200
SEED = 4
FIXED = 6.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Half of the orders take longer than `median` seconds; `spread` is that of their logarithm."""

    name: str
    provider: str
    median: float
    spread: float

    @property
    def model(self) -> ImageModel:
        return PROVIDERS[self.provider].models[0]

    def durations(self, count: int, dice: Random) -> list[float]:
        return [dice.lognormvariate(log(self.median), self.spread) for _ in range(count)]


KINDS = (
    Kind(name="APIMart 1K", provider="apimart", median=55, spread=0.3),
    Kind(name="APIMart 4K", provider="apimart", median=130, spread=0.35),
    Kind(name="AIGPTImage", provider="aigptimage", median=60, spread=0.5),
    Kind(name="2API", provider="chatgpt2api", median=75, spread=0.4),
    Kind(name="APIModels", provider="apimodels", median=90, spread=0.3),
    Kind(name="APIModels, twice as slow", provider="apimodels", median=180, spread=0.3),
    Kind(name="GPTImage2 Plus, 600 an hour", provider="gptimage2plus", median=35, spread=0.5),
)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How the ends of some orders were noticed. Delays in seconds."""

    delays: list[float]
    polls: list[int]

    def __str__(self) -> str:
        delays = sorted(self.delays)
        p95 = delays[round(0.95 * (len(delays) - 1))]
        mean, polls = statistics.mean(delays), statistics.mean(self.polls)
        return f"{mean:5.1f} {p95:5.1f} {delays[-1]:5.1f} {polls:6.1f}"


def watch(durations: list[float], pause: Callable[[float], float]) -> Watch:
    """pause: seconds until the next poll of an order that was accepted so long ago."""
    delays, polls = [], []
    for duration in durations:
        at, count = pause(0.0), 1
        while at < duration:
            at, count = at + pause(at), count + 1
        delays.append(at - duration)
        polls.append(count)
    return Watch(delays=delays, polls=polls)


def scheduled(curve: Curve, apart: float) -> Callable[[float], float]:
    return lambda elapsed: poll_delay(curve, elapsed, apart=apart if elapsed else 0.0)


def main() -> None:
    dice = Random(SEED)
    print(f"Seconds from done to noticed (mean, p95, most) and polls of an order; {ORDERS} orders")
    print(f"{'':32}{'fixed 6 s':^26}{'documented':^26}{'measured':^26}")
    for kind in KINDS:
        before, durations = kind.durations(BEFORE, dice), kind.durations(ORDERS, dice)
        apart = Rules.of(kind.model, is_sandbox=False).apart
        ways = (
            lambda _elapsed: FIXED * uniform(0.95, 1.05),
            scheduled(Curve.documented(kind.model, is_sandbox=False), apart),
            scheduled(Curve.measured(before), apart),
        )
        print(f"{kind.name:32}" + "   ".join(str(watch(durations, way)) for way in ways))


if __name__ == "__main__":
    main()
