"""The writer: many changes in one durable commit, each with its own fate."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection, transaction

from studio.accounts.models import Studio
from studio.engine.writer import Writer

pytestmark = pytest.mark.django_db(transaction=True)


def named(name: str):
    return lambda: Studio.objects.create(name=name).name


def spoilt():
    Studio.objects.create(name="spoilt")
    raise ZeroDivisionError


async def write_all(*changes):
    async with Writer() as write:
        return await asyncio.gather(*(write(change) for change in changes), return_exceptions=True)


def test_a_change_that_fails_is_undone_alone():
    results = asyncio.run(write_all(named("one"), spoilt, named("two")))

    assert results[0] == "one"
    assert isinstance(results[1], ZeroDivisionError)
    assert list(Studio.objects.values_list("name", flat=True)) == ["one", "two"]


def test_changes_that_wait_together_share_a_commit():
    counts_after_commit = []

    def change() -> None:
        Studio.objects.create(name="x")
        transaction.on_commit(lambda: counts_after_commit.append(Studio.objects.count()))

    asyncio.run(write_all(*[change] * 20))

    assert counts_after_commit == [20] * 20


@pytest.mark.promise(5)
def test_commits_are_synced_to_disk():
    def synchronous() -> int:
        with connection.cursor() as cursor:
            return int(cursor.execute("PRAGMA synchronous").fetchone()[0])

    async def ask() -> int:
        async with Writer() as write:
            return await write(synchronous)

    assert asyncio.run(ask()) == 2
