"""Turns: a bound on polls that are out, and no key that keeps the others waiting."""

from __future__ import annotations

import asyncio

import pytest

from studio.engine.crew import Alarm
from studio.engine.turns import Turns


async def waiting(turns: Turns, *keys: int) -> list[asyncio.Task[bool]]:
    tasks = [asyncio.create_task(turns.take(key)) for key in keys]
    await asyncio.sleep(0)
    return tasks


def test_no_more_polls_are_out_than_there_are_turns():
    async def work() -> tuple[list[bool], int]:
        turns = Turns(most=3, most_of_one_key=3)
        tasks = await waiting(turns, *range(5))
        return [task.done() for task in tasks], turns.taken

    assert asyncio.run(work()) == ([True, True, True, False, False], 3)


def test_a_key_whose_provider_hangs_leaves_room_for_the_others():
    async def work() -> list[bool]:
        turns = Turns(most=4, most_of_one_key=2)
        tasks = await waiting(turns, 1, 1, 1, 1, 2, 3)
        return [task.done() for task in tasks]

    assert asyncio.run(work()) == [True, True, False, False, True, True]


def test_keys_take_turns():
    async def work() -> list[int]:
        turns, order = Turns(most=1, most_of_one_key=1), []

        async def poll(key: int) -> None:
            assert await turns.take(key)
            order.append(key)
            turns.give(key)

        await turns.take(0)
        tasks = [asyncio.create_task(poll(key)) for key in (1, 1, 1, 2, 3, 2)]
        await asyncio.sleep(0)
        turns.give(0)
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(work()) == [1, 2, 3, 1, 2, 1]


def test_at_the_end_nobody_waits_any_more():
    async def work() -> list[bool]:
        turns = Turns(most=1)
        tasks = await waiting(turns, 1, 1, 2)
        turns.close()
        return [*(await asyncio.gather(*tasks)), await turns.take(3)]

    assert asyncio.run(work()) == [True, False, False, False]


def test_who_leaves_the_row_takes_nobodys_turn():
    async def work() -> tuple[bool, int]:
        turns = Turns(most=1)
        _first, leaver, last = await waiting(turns, 1, 1, 1)
        leaver.cancel()
        await asyncio.sleep(0)
        turns.give(1)
        return await last, turns.taken

    assert asyncio.run(work()) == (True, 1)


def test_who_leaves_with_a_turn_just_given_gives_it_on():
    async def work() -> bool:
        turns = Turns(most=1)
        _first, leaver, last = await waiting(turns, 1, 1, 1)
        turns.give(1)
        leaver.cancel()
        return await last

    assert asyncio.run(work())


@pytest.mark.parametrize("is_woken", [True, False])
def test_a_sleeper_wakes_when_it_is_time_or_when_called(is_woken):
    async def work() -> bool:
        alarm = Alarm()
        sleeper = asyncio.create_task(alarm.sleep(60.0 if is_woken else 0.0))
        await asyncio.sleep(0)
        if is_woken:
            alarm.set()
        await asyncio.wait_for(sleeper, timeout=5)
        return alarm.is_set()

    assert asyncio.run(work()) == is_woken


def test_who_is_called_before_sleeping_does_not_sleep():
    alarm = Alarm()
    alarm.set()

    asyncio.run(asyncio.wait_for(alarm.sleep(60.0), timeout=5))
