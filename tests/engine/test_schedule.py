"""When to poll: never long before an order can be done, often when most are, ever less later."""

from __future__ import annotations

from itertools import pairwise
from math import log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.engine import schedule
from studio.engine.schedule import FEWEST, LONGEST_POLL, Curve, poll_delay
from studio.providers.apimart import APIMart
from studio.providers.catalog import PROVIDERS

DICE = Random(7)
USUAL = [DICE.lognormvariate(log(60), 0.35) for _ in range(200)]
MEASURED = Curve.measured(USUAL)


def polls(curve: Curve, until: float, **options: float) -> list[float]:
    """When an order is asked after that is done after so many seconds; the last poll finds it."""
    times = [poll_delay(curve, 0.0, **options)]
    while times[-1] < until:
        times.append(times[-1] + poll_delay(curve, times[-1], **options))
    return times


def test_none_is_asked_for_before_nearly_the_fastest():
    first = polls(MEASURED, 60)[0]

    assert 0.85 * min(USUAL) < first < sorted(USUAL)[5]


def test_polls_are_dense_round_the_median_and_sparser_after():
    times = polls(MEASURED, 1000)
    gaps = {at: after - at for at, after in pairwise(times)}

    round_the_median = [gap for at, gap in gaps.items() if 50 < at < 75]
    late = [gap for at, gap in gaps.items() if at > 200]
    assert max(round_the_median) < 5
    assert min(late) > 12


def test_it_finds_an_order_earlier_than_a_fixed_interval_with_as_many_polls():
    found = [polls(MEASURED, seconds) for seconds in USUAL]
    delay = sum(times[-1] - s for times, s in zip(found, USUAL, strict=True)) / len(USUAL)
    every = 6.0
    fixed = sum(-(-s // every) for s in USUAL)

    assert delay < 0.8 * every / 2
    assert sum(map(len, found)) < fixed


@pytest.mark.promise(21)
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("is_sandbox", [True, False])
def test_no_pause_is_longer_than_a_minute_whatever_was_measured(provider, is_sandbox):
    curves = [Curve.documented(model, is_sandbox=is_sandbox) for model in provider.models]
    for curve in [*curves, Curve.measured([900.0] * 20)]:
        for elapsed in (0, 1, 10, 60, 600, 6000):
            assert poll_delay(curve, elapsed, failures=99, slow=16.0) < 60


@given(st.lists(st.floats(0.1, 5000), min_size=FEWEST, max_size=60), st.floats(0, 9000))
def test_any_durations_make_a_schedule(durations, elapsed):
    delay = poll_delay(Curve.measured(durations), elapsed)

    assert 0 <= delay <= LONGEST_POLL * 1.05


def test_without_measurements_the_documented_seconds_count():
    fast, usual, slow = APIMart.models[0].seconds
    curve = Curve.documented(APIMart.models[0], is_sandbox=False)

    assert curve.pause(0) == fast
    assert curve.pause(usual - 1) < 4
    assert curve.pause(slow + 500) > 30


def test_failures_slow_keys_and_scarce_calls_make_pauses_longer():
    pause = MEASURED.pause(60)

    assert poll_delay(MEASURED, 60, failures=2) > 3.5 * pause
    assert poll_delay(MEASURED, 60, slow=3.0) > 2.8 * pause
    assert 37.5 <= poll_delay(MEASURED, 60, apart=37.5) <= 37.5 * 1.05
    assert poll_delay(MEASURED, 60, apart=300.0) >= 300


def test_retries_come_later_and_later_up_to_a_minute():
    delays = [schedule.retry_delay(tries) for tries in (1, 2, 3, 4, 30)]

    assert delays == sorted(delays)
    assert delays[0] < 1.2
    assert delays[-1] < 67
