"""What the pump lends to each life."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from studio.engine.durations import Durations
from studio.engine.keyring import Keyring
from studio.engine.paces import Paces
from studio.engine.wire import Wire
from studio.engine.writer import Writer
from studio.jobs.models import Submission


class Alarm:
    """What one sleeper can be woken by. An asyncio.Event under a time-out costs ten times as much,
    which counts with thousands of sleepers."""

    def __init__(self) -> None:
        self._sleeper: asyncio.Future[None] | None = None
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self._wake()

    def clear(self) -> None:
        self._is_set = False

    async def sleep(self, seconds: float) -> None:
        """Until that time has passed, or it is set."""
        if self._is_set:
            return
        loop = asyncio.get_running_loop()
        self._sleeper = loop.create_future()
        timer = loop.call_later(seconds, self._wake)
        try:
            await self._sleeper
        finally:
            timer.cancel()
            self._sleeper = None

    def _wake(self) -> None:
        if self._sleeper and not self._sleeper.done():
            self._sleeper.set_result(None)


class Crew(Protocol):
    """The pump, as a life sees it."""

    wire: Wire
    write: Writer
    claim: UUID
    keys: Keyring
    paces: Paces
    durations: Durations

    async def rest(self, seconds: float, alarm: Alarm) -> bool:
        """Sleep, or until woken; True when the pump is ending and nothing new may be begun."""
        ...

    def turn(self, submission: Submission) -> AbstractAsyncContextManager[None]:
        """The right to poll now, for as long as the block lasts. Raises Ending."""
        ...

    def room(self, submission: Submission) -> AbstractAsyncContextManager[None]:
        """Memory for what is sent, for as long as the block lasts. Raises Ending."""
        ...

    def departed(self, submission: Submission) -> None:
        """A call of its order leaves: another one may be made ready."""
        ...

    def landed(self, submission: Submission) -> None:
        """Its order has been answered: there is room to send another."""
        ...

    def progressed(self, submission: Submission) -> None:
        """Its progress is another than the row says; written soon, with that of others."""
        ...
