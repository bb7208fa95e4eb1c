"""All of the pump's database work: one thread, one connection, many changes per commit.

Changes that wait at the same time share a transaction, and so one sync to disk. A commit is
durable when it returns: SQLite writes with `synchronous=FULL` on this connection, and PostgreSQL
with `synchronous_commit` even if its operator has switched that off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

log = logging.getLogger(__name__)

T = TypeVar("T")
PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds, each after the connection's own time-out
UNAVAILABLE = (OperationalError, InterfaceError)  # locked, restarted, or two in each other's way
DURABLY = {
    "sqlite": "PRAGMA synchronous=FULL",
    "postgresql": "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'",
}

Waiting = tuple[Callable[[], Any], asyncio.Future[Any]]


class Writer:
    """`await writer(change)` returns what the change returned, after its commit."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._waiting: list[Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._durable: object = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._flushing:
            await self._flushing
        await self._run(_close)
        self._thread.shutdown()

    async def __call__(self, change: Callable[[], T]) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, future))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def read(self, look: Callable[[], T]) -> T:
        """What `look` returned. It changes nothing, so it takes no lock and waits for no sync."""
        return await self._patiently(look)

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            results = await self._committed([change for change, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                _resolve(future, result)

    async def _committed(self, changes: list[Callable[[], Any]]) -> list[Any]:
        """What each change returned or raised."""
        try:
            return await self._patiently(partial(self._commit, changes))
        except Exception as error:  # noqa: BLE001 - each waiter is told, and decides
            return [error] * len(changes)

    async def _patiently(self, function: Callable[[], T]) -> T:
        """A locked database is waited for, not given up."""
        for pause in PAUSES:
            try:
                return await self._run(function)
            except UNAVAILABLE as error:
                log.warning("the database does not answer, once more in %s s: %s", pause, error)
                await self._run(_close)  # a server that was restarted wants a new connection
                await asyncio.sleep(pause)
        return await self._run(function)

    def _commit(self, changes: list[Callable[[], Any]]) -> list[Any]:
        """Run the changes in one transaction; one that raises is undone alone."""
        self._make_durable()
        results: list[Any] = []
        with transaction.atomic():
            for change in changes:
                try:
                    with transaction.atomic():
                        results.append(change())
                except UNAVAILABLE:
                    raise
                except Exception as error:  # noqa: BLE001 - handed to whoever asked
                    results.append(error)
        return results

    def _make_durable(self) -> None:
        """Each new connection, before the first transaction on it."""
        connection.ensure_connection()
        if connection.connection is not self._durable:
            with connection.cursor() as cursor:
                cursor.execute(DURABLY[connection.vendor])
            self._durable = connection.connection

    async def _run(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)


def _close() -> None:
    connection.close()


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if future.cancelled():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
