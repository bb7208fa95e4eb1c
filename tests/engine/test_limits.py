"""The pace of one key: documented limits hold, refusals slow it down, successes raise it slowly."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studio.engine import limits
from studio.engine.limits import CEILING, KeyPace, Rules
from studio.providers import chatgpt2api
from studio.providers.apimart import APIMart
from studio.providers.gptimage2plus import GPT_IMAGE_2
from studio.providers.reading import Allowance

NOON = 1_800_000_000.0
PLUS = Rules.of(GPT_IMAGE_2, is_sandbox=False)
FREE = Rules()


def flying(pace: KeyPace, count: int) -> KeyPace:
    """So many orders are with the provider."""
    for number in range(count):
        pace.begin(number)
        pace.answered(number)
    return pace


def kept(pace: KeyPace, now: float) -> KeyPace:
    """What another pump makes of the last state that was kept."""
    return KeyPace(pace.rules, pace.state(now))


# What is documented ---------------------------------------------------------------------------


@pytest.mark.promise(8)
def test_the_rules_of_a_key_come_from_the_record_of_its_model():
    assert (PLUS.most, PLUS.calls, PLUS.kept, PLUS.hour, PLUS.apart) == (5, 600, 120, 3600, 30)
    assert Rules.of(chatgpt2api.ChatGPT2API.models[0], is_sandbox=False) == Rules(most=1)
    assert Rules.of(APIMart.models[0], is_sandbox=False) == Rules(most=CEILING)


def test_the_sandbox_has_the_same_limits_in_a_quicker_hour():
    rules = Rules.of(GPT_IMAGE_2, is_sandbox=True)

    assert (rules.calls, rules.hour, rules.apart) == (600, 300, 2.5)


@pytest.mark.promise(8)
def test_a_key_takes_so_many_orders_at_once_and_the_next_when_one_ends():
    pace = flying(KeyPace(PLUS), 5)

    assert pace.begins_in(NOON) is None
    pace.end(3, NOON)
    assert pace.begins_in(NOON) == 0


def test_an_order_that_nobody_waits_for_keeps_its_place_while_the_provider_may_be_at_work():
    pace = flying(KeyPace(PLUS), 5)
    pace.end(0, NOON, lingers=120)

    assert kept(pace, NOON + 1).flying(NOON + 60) == 1
    assert [pace.begins_in(NOON + 119), pace.begins_in(NOON + 121)] == [None, 0]


def test_one_place_of_a_shared_key_is_left_to_a_member_who_has_none():
    pace = flying(KeyPace(PLUS), 4)

    assert pace.begins_in(NOON, keeps_place=True) is None
    assert pace.begins_in(NOON) == 0


@pytest.mark.promise(8)
def test_polls_leave_calls_for_orders():
    pace, polls = flying(KeyPace(PLUS), 1), 0
    while not pace.poll_in(NOON):
        pace.called(NOON)
        polls += 1

    assert polls == 480
    assert 3600 <= pace.poll_in(NOON) <= 3615
    assert pace.begins_in(NOON) == 0


def test_orders_leave_calls_for_the_polls_of_what_is_under_way():
    pace = KeyPace(PLUS)
    for number in range(600):
        if pace.begins_in(NOON, calls=5):
            break
        pace.begin(number, calls=5)
        for _ in range(5):
            pace.called(NOON, number)
        pace.end(number, NOON)

    assert number == 119
    assert pace.poll_in(NOON) == 0


def test_uploads_that_belong_to_an_order_are_set_aside_with_it():
    pace = KeyPace(Rules(calls=20, hour=3600))
    pace.begin("order", calls=5)

    for _ in range(15):
        assert pace.poll_in(NOON) == 0
        pace.called(NOON)
    assert pace.poll_in(NOON) > 3500
    for _ in range(5):
        pace.called(NOON, "order")
    assert pace.poll_in(NOON) > 3500


@pytest.mark.promise(8)
@pytest.mark.parametrize(("orders", "seconds"), [(1, 30), (4, 30), (5, 37.5)])
def test_polls_of_one_submission_are_apart_and_more_so_when_many_share_the_rest(orders, seconds):
    assert flying(KeyPace(PLUS), orders).apart(NOON) == seconds


def test_polls_are_spread_over_what_is_left_of_the_hour():
    pace = flying(KeyPace(PLUS), 2)
    for _ in range(460):
        pace.called(NOON)

    assert pace.apart(NOON + 60) == limits.HOUR / limits.FARTHEST
    assert pace.apart(NOON + 3700) == 30


# What the provider answers --------------------------------------------------------------------


@pytest.mark.promise(7)
def test_nothing_goes_out_before_the_time_that_was_told():
    pace = KeyPace(FREE)
    pace.begin("order")

    until = pace.refused(NOON, "order", sent_at=NOON - 1, wait=7)
    pace.end("order", NOON)

    assert until == NOON + 7
    assert [pace.begins_in(NOON + 6), pace.poll_in(NOON + 6)] == [1, 1]
    assert [pace.begins_in(NOON + 7), pace.poll_in(NOON + 7)] == [0, 0]


@pytest.mark.promise(7)
def test_after_a_refusal_one_order_goes_ahead_alone():
    pace = KeyPace(FREE)
    pace.begin("first")
    pace.refused(NOON, "first", sent_at=NOON - 1, wait=7)
    pace.end("first", NOON)

    pace.begin("second")
    assert pace.begins_in(NOON + 8) is None
    pace.accepted()
    pace.answered("second")
    assert pace.begins_in(NOON + 8) == 0


def test_rests_grow_where_none_is_told_up_to_a_minute():
    pace, now, rests = KeyPace(FREE), NOON, []
    for _ in range(6):
        pace.begin("order")
        until = pace.refused(now + 1, "order", sent_at=now, wait=None)
        pace.end("order", now + 1)
        rests.append(until - now - 1)
        now = until

    assert rests == [5, 10, 20, 40, 60, 60]


def test_a_refusal_lowers_what_goes_out_at_once_and_successes_raise_it_slowly():
    pace = flying(KeyPace(FREE), 21)

    pace.refused(NOON, 20, sent_at=NOON - 1, wait=1)
    pace.end(20, NOON)

    assert pace.most == 14
    for _ in range(20):
        pace.accepted()
    assert 15.5 < pace.most < 16.5
    for _ in range(300_000):
        pace.accepted()
    assert pace.most == CEILING


def test_refusals_of_one_burst_count_as_one_and_leave_what_was_accepted():
    pace = KeyPace(FREE)
    for number in range(64):
        pace.begin(number)
    for number in range(20, 64):
        pace.refused(NOON + number / 100, number, sent_at=NOON - 1, wait=None)
        pace.end(number, NOON + 1)

    assert (pace.refusals, pace.most) == (1, 20)


def test_no_refusal_lowers_it_below_one_and_no_success_raises_it_above_the_document():
    pace = KeyPace(PLUS)
    for number in range(9):
        now = NOON + 100 * number
        pace.begin("order")
        pace.refused(now, "order", sent_at=now - 1, wait=0)
        pace.end("order", now)
    assert pace.most == 1

    for _ in range(99):
        pace.accepted()
    assert pace.most == 5


def test_polls_that_are_refused_become_fewer_and_then_more_again():
    pace = KeyPace(FREE)
    for number in range(3):
        pace.poll_refused(NOON + number, sent_at=NOON - 1, wait=None)
    assert pace.slow == 2

    pace.poll_refused(NOON + 10, sent_at=NOON + 9, wait=20)
    assert (pace.slow, pace.poll_in(NOON + 10), pace.begins_in(NOON + 10)) == (4, 20, 20)
    for _ in range(99):
        pace.told()
    assert pace.slow == 1


def test_a_long_rest_for_orders_is_a_short_one_for_polls():
    pace = flying(KeyPace(FREE), 1)

    pace.refused(NOON, "other", sent_at=NOON - 1, wait=3600)

    assert (pace.begins_in(NOON), pace.poll_in(NOON)) == (3600, 50)


def test_calls_that_others_made_with_the_key_are_believed():
    pace = flying(KeyPace(PLUS), 1)

    pace.heard(NOON, Allowance(left=2, seconds=600))

    assert pace.begins_in(NOON) == 600
    assert pace.poll_in(NOON) == 0
    for _ in range(2):
        pace.called(NOON)
    assert pace.poll_in(NOON + 1) == 599
    assert pace.poll_in(NOON + 600) == 0


def test_polls_are_spread_over_what_was_told_to_be_left():
    pace = flying(KeyPace(FREE), 2)

    pace.heard(NOON, Allowance(left=20, seconds=600))

    assert pace.apart(NOON) == 60


def test_of_two_answers_about_one_window_the_lower_counts_and_a_new_window_counts_anew():
    pace = KeyPace(FREE)
    pace.heard(NOON, Allowance(left=1, seconds=600))
    pace.heard(NOON + 1, Allowance(left=9, seconds=599))
    pace.called(NOON + 1)
    assert pace.poll_in(NOON + 1) == 599

    pace.heard(NOON + 600, Allowance(left=99, seconds=3600))
    assert pace.poll_in(NOON + 600) == 0


def test_a_clock_that_was_set_back_makes_no_rest_longer():
    pace = KeyPace(FREE)
    pace.refused(NOON, "order", sent_at=NOON - 1, wait=7)

    assert pace.begins_in(NOON - 3600) == 7
    assert pace.begins_in(NOON - 3600 + 7) == 0


# Another pump ---------------------------------------------------------------------------------


def test_another_pump_goes_on_from_what_was_kept():
    pace = flying(KeyPace(PLUS), 3)
    for _ in range(30):
        pace.called(NOON)
    pace.refused(NOON, 2, sent_at=NOON - 1, wait=30)
    pace.heard(NOON, Allowance(left=40, seconds=900))

    other = KeyPace(PLUS, pace.state(NOON, is_last=True))

    assert (other.most, other.refusals) == (pace.most, 1)
    assert other.begins_in(NOON + 1) == 29
    assert other.state(NOON, is_last=True) == pace.state(NOON, is_last=True)


@pytest.mark.promise(8)
def test_calls_are_made_only_when_what_is_kept_counts_them():
    pace = KeyPace(PLUS)
    assert not pace.is_covered(NOON)

    pace.state(NOON)
    assert not pace.is_covered(NOON)
    pace.covered()
    for _ in range(limits.AHEAD):
        assert pace.is_covered(NOON)
        pace.called(NOON)

    assert not pace.is_covered(NOON)
    assert KeyPace(FREE).is_covered(NOON)


@pytest.mark.promise(8)
def test_what_was_kept_ahead_holds_for_a_minute():
    pace = KeyPace(PLUS)
    pace.state(NOON)
    pace.covered()

    assert [pace.is_covered(NOON + 60), pace.is_covered(NOON + 61)] == [True, False]


class Key(RuleBasedStateMachine):
    """Any sequence of orders, polls, answers, crashes and pauses, as a pump makes them."""

    RULES = Rules(most=4, calls=40, kept=8, hour=600.0, apart=5.0)

    def __init__(self) -> None:
        super().__init__()
        self.now, self.number = NOON, 0
        self.pace = KeyPace(self.RULES)
        self.row = {}
        self.out: set[int] = set()
        self.made: list[tuple[float, bool]] = []

    def keep(self) -> None:
        self.row = self.pace.state(self.now)
        self.pace.covered()

    def call(self, name: int | None) -> None:
        if not self.pace.is_covered(self.now):
            self.keep()
        self.pace.called(self.now, name)
        self.made.append((self.now, name is None))

    @rule(seconds=st.floats(0, 400))
    def wait(self, seconds):
        self.now += seconds

    @rule(uploads=st.integers(0, 4))
    def order(self, uploads):
        if self.pace.begins_in(self.now, calls=uploads + 1) == 0:
            self.number += 1
            self.pace.begin(self.number, calls=uploads + 1)
            self.out.add(self.number)
            for _ in range(uploads + 1):
                self.call(self.number)
            self.pace.answered(self.number)
            self.pace.accepted()

    @rule(polls=st.integers(1, 50))
    def poll(self, polls):
        for _ in range(polls):
            if self.pace.poll_in(self.now) == 0:
                self.call(None)

    @precondition(lambda self: self.out)
    @rule(wait=st.none() | st.floats(0, 30))
    def refuse(self, wait):
        name = self.out.pop()
        self.pace.refused(self.now, name, sent_at=self.now, wait=wait)
        self.pace.end(name, self.now)

    @precondition(lambda self: self.out)
    @rule()
    def finish(self):
        self.pace.end(self.out.pop(), self.now)

    @rule()
    def crash(self):
        self.pace = KeyPace(self.RULES, self.row)
        for name in self.out:
            self.pace.resume(name)

    @rule()
    def hand_over(self):
        self.row = self.pace.state(self.now, is_last=True)
        self.crash()

    @invariant()
    def limits_hold(self):
        recent = Counter(is_poll for at, is_poll in self.made if at > self.now - 600)
        assert recent.total() <= 40
        assert recent[True] <= 32
        assert len(self.out) <= 4


TestAnySequence = Key.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnySequence = pytest.mark.promise(8)(TestAnySequence)


@given(st.lists(st.tuples(st.floats(0, 400), st.booleans()), max_size=50))
def test_the_time_that_is_told_is_when_it_may_go(steps):
    pace, now = KeyPace(Key.RULES), NOON
    for pause, is_poll in steps:
        now += pause
        wait = pace.poll_in(now) if is_poll else pace.begins_in(now) or 0.0
        assert 0 <= wait <= 600 + 3
        now += wait
        assert (pace.poll_in(now) if is_poll else pace.begins_in(now)) == 0
        pace.called(now)
