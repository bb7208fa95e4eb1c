"""The paces of a pump's keys: kept before calls are made, taken over, fenced by the lease."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from studio.engine.endings import Ending
from studio.engine.limits import AHEAD
from studio.engine.paces import Paces, kept_states, now
from studio.engine.writer import Writer
from studio.providers.calls import Call, Response
from studio.vault.models import Pace
from studio.vault.models.pace import rests_until
from tests.conftest import make_key

pytestmark = pytest.mark.django_db(transaction=True)

ASK = Call(method="GET", url="/api/v1/generations/1")
STORE = Call(method="PUT", url="https://store.example/1", is_keyless=True)


@pytest.fixture
def key(bob):
    return make_key(bob, provider="gptimage2plus", is_sandbox=False)


def working(work, *, may_write=lambda: True):
    """Do something with the paces of a pump that takes over what was kept."""

    async def run():
        async with Writer() as write:
            return await work(Paces(write, await write.read(lambda: kept_states(0)), may_write))

    return asyncio.run(run())


async def ask(paces: Paces, key, times: int) -> None:
    for _ in range(times):
        await paces.cover(key)
        paces.called(key, ASK)


@pytest.mark.promise(8)
def test_a_crash_forgets_no_call(key):
    working(lambda paces: ask(paces, key, 50))

    async def count(paces):
        return paces.of(key).state(now(), is_last=True)["log"]

    counted = sum(calls for _, calls, _ in working(count))
    assert 50 <= counted <= 50 + AHEAD


@pytest.mark.promise(8)
def test_a_pump_that_hands_over_counts_exactly(key):
    async def work(paces):
        await ask(paces, key, 50)
        await paces._write(paces.keep_last)

    working(work)

    async def count(paces):
        return paces.of(key).state(now(), is_last=True)["log"]

    assert sum(calls for _, calls, _ in working(count)) == 50


def test_many_calls_are_kept_by_few_writes(key):
    writes = []

    async def work(paces):
        write = paces._write

        async def counted(change):
            writes.append(change)
            return await write(change)

        paces._write = counted
        await asyncio.gather(*(ask(paces, key, 1) for _ in range(100)))

    working(work)

    assert len(writes) <= 100 / AHEAD + 1


def test_who_has_lost_the_lease_makes_no_call_and_writes_nothing(key):
    with pytest.raises(Ending):
        working(lambda paces: ask(paces, key, 1), may_write=lambda: False)

    assert not Pace.objects.exists()


def test_a_call_without_the_key_counts_nothing(key):
    async def work(paces):
        await paces.cover(key)
        paces.called(key, STORE)
        limits = {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": "9",
            "date": "Thu, 01 Jan 1970 00:00:00 GMT",
        }
        paces.heard(key, STORE, Response(status=200, headers=limits))
        return paces.of(key).poll_in(now()), paces.of(key).state(now(), is_last=True)["log"]

    assert working(work) == (0, [])


def test_what_answers_say_is_left_is_read(key):
    async def work(paces):
        limits = {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": "90",
            "date": "Thu, 01 Jan 1970 00:00:00 GMT",
        }
        paces.heard(key, ASK, Response(status=200, headers=limits))
        return paces.of(key).poll_in(now())

    assert 89 < working(work) <= 90


def test_until_when_a_key_rests_is_told_and_the_end_of_it_too(key):
    async def rest(paces):
        paces.of(key).refused(now(), "order", sent_at=now(), wait=30)
        await paces.keep_changed({key.pk})

    working(rest)
    key.refresh_from_db()
    told = rests_until(key, timezone.now())

    async def later(paces):
        paces.of(key)._rest.until = 0.0
        paces._rests[key.pk] = now() + 30
        await paces.keep_changed({key.pk})

    working(later)
    key.refresh_from_db()

    assert timedelta(seconds=28) < told - timezone.now() <= timedelta(seconds=30)
    assert rests_until(key, timezone.now()) is None


def test_a_key_without_limits_costs_no_write(bob):
    key = make_key(bob, is_sandbox=False)

    async def work(paces):
        await ask(paces, key, 100)
        paces.of(key).accepted()
        paces.of(key).told()
        await paces.keep_changed({key.pk})
        await paces._write(paces.keep_last)

    working(work)

    assert not Pace.objects.exists()
