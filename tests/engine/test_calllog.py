"""The calls of a rolling hour: none is forgotten early, none is kept for good."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio.engine.calllog import CallLog

HOUR = 3600.0
NOON = 1_800_000_000.0


def test_a_call_counts_for_an_hour_and_hardly_longer():
    log = CallLog(HOUR)
    log.add(NOON)

    assert [log.calls(NOON + HOUR - 1), log.calls(NOON + HOUR + log.width)] == [1, 0]


def test_it_tells_when_there_is_room_again():
    log = CallLog(HOUR)
    log.add(NOON, calls=10, polls=4)
    log.add(NOON + 600, calls=5, polls=5)

    assert log.free_in(NOON + 600, calls=15, polls=9) == 0
    assert HOUR - 600 <= log.free_in(NOON + 600, calls=14, polls=9) <= HOUR - 600 + log.width
    assert HOUR - 600 <= log.free_in(NOON + 600, calls=15, polls=8) <= HOUR - 600 + log.width
    assert HOUR <= log.free_in(NOON + 600, calls=4, polls=9) <= HOUR + log.width
    assert log.free_in(NOON + 600, calls=-1, polls=9) == HOUR


def test_a_log_made_of_what_was_kept_counts_the_same_and_what_was_to_come():
    log = CallLog(HOUR)
    log.add(NOON, calls=3, polls=1)

    kept = log.kept(NOON + 60, polls_until=NOON + 120, polls=20)
    other = CallLog(HOUR, kept)

    assert (other.calls(NOON + 90), other.polls(NOON + 90)) == (23, 21)
    assert other.calls(NOON + 90 + HOUR + log.width) == 0


def test_a_clock_that_was_set_back_keeps_calls_for_an_hour_at_most():
    log = CallLog(HOUR)
    log.add(NOON, calls=7)

    assert log.calls(NOON - HOUR) == 7
    assert log.calls(NOON + log.width) == 0


@given(st.lists(st.tuples(st.floats(0, 900), st.booleans()), max_size=60))
def test_it_never_counts_too_few_and_at_most_one_slot_too_long(steps):
    log, now, made = CallLog(HOUR), NOON, []
    for pause, is_poll in steps:
        now += pause
        log.add(now, polls=int(is_poll))
        made.append(now)

        assert log.calls(now) >= sum(at > now - HOUR for at in made)
        assert log.calls(now) <= sum(at > now - HOUR - log.width for at in made)
