"""The writer: many changes in one durable commit, each with its own fate."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

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
    """Again after the connection was lost."""
    question, yes = {
        "sqlite": ("PRAGMA synchronous", 2),
        "postgresql": ("SHOW synchronous_commit", "on"),
    }[connection.vendor]

    def synchronous() -> int | str:
        with connection.cursor() as cursor:
            return cursor.execute(question).fetchone()[0]

    async def ask() -> list[int | str]:
        async with Writer() as write:
            first = await write(synchronous)
            await write.read(lambda: connection.close())
            return [first, await write(synchronous)]

    with careless():
        assert asyncio.run(ask()) == [yes, yes]


@contextmanager
def careless() -> Iterator[None]:
    """The database syncs no commit unless it is told to."""
    if connection.vendor == "sqlite":  # as the settings say
        yield
        return
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        yield
        cursor.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
