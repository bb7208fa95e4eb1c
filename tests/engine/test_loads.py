"""Memory for orders: bounded, in the order in which they came, and none starves."""

from __future__ import annotations

import asyncio

from studio.engine.loads import Loads


async def waiting(loads: Loads, *weights: int) -> list[asyncio.Task[bool]]:
    tasks = [asyncio.create_task(loads.take(weight)) for weight in weights]
    await asyncio.sleep(0)
    return tasks


def are_done(tasks: list[asyncio.Task[bool]]) -> list[bool]:
    return [task.done() for task in tasks]


def test_what_is_in_memory_at_once_weighs_no_more_than_allowed():
    async def work() -> tuple[list[bool], int]:
        loads = Loads(most=10)
        tasks = await waiting(loads, 4, 4, 4, 0)
        return are_done(tasks), loads.taken

    assert asyncio.run(work()) == ([True, True, False, True], 8)


def test_a_small_order_does_not_overtake_a_large_one():
    async def work() -> list[list[bool]]:
        loads = Loads(most=10)
        tasks = await waiting(loads, 6, 8, 1)
        before = are_done(tasks)
        loads.give(6)
        await asyncio.sleep(0)
        return [before, are_done(tasks)]

    assert asyncio.run(work()) == [[True, False, False], [True, True, True]]


def test_what_is_too_heavy_for_everything_goes_alone():
    async def work() -> list[list[bool]]:
        loads = Loads(most=10)
        tasks = await waiting(loads, 5, 500)
        before = are_done(tasks)
        loads.give(5)
        await asyncio.sleep(0)
        return [before, are_done(tasks)]

    assert asyncio.run(work()) == [[True, False], [True, True]]


def test_at_the_end_nothing_is_taken_in():
    async def work() -> list[bool]:
        loads = Loads(most=10)
        tasks = await waiting(loads, 10, 5)
        loads.close()
        return [*(await asyncio.gather(*tasks)), await loads.take(0)]

    assert asyncio.run(work()) == [True, False, False]


def test_who_leaves_takes_no_room():
    async def work() -> tuple[bool, int]:
        loads = Loads(most=10)
        _first, leaver, last = await waiting(loads, 10, 10, 10)
        leaver.cancel()
        await asyncio.sleep(0)
        loads.give(10)
        return await last, loads.taken

    assert asyncio.run(work()) == (True, 10)
