"""How much of orders may be in memory at once: what they send can weigh hundreds of megabytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from studio.engine.endings import Ending

MOST = 64 * 1024 * 1024  # of files; on its way out a file takes three to four times its size


class Loads:
    """`take` before an order is read and `give` after it was answered. First come, first served.

    What is heavier than everything that may be there goes alone.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.taken = 0
        self.is_closed = False
        self._waiting: deque[tuple[int, asyncio.Future[bool]]] = deque()

    @asynccontextmanager
    async def room(self, weight: int) -> AsyncIterator[None]:
        """So many bytes of room, for as long as the block lasts. Raises Ending."""
        if not await self.take(weight):
            raise Ending
        try:
            yield
        finally:
            self.give(weight)

    async def take(self, weight: int) -> bool:
        """Wait until there is room for so many bytes. False: there will be none any more."""
        if self.is_closed:
            return False
        if not weight or (not self._waiting and self._fits(weight)):
            self.taken += weight
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((weight, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.result():
                self.give(weight)
            raise

    def give(self, weight: int) -> None:
        """So many bytes are free again."""
        self.taken -= weight
        while self._waiting and self._fits(self._waiting[0][0]):
            weight, future = self._waiting.popleft()
            if not future.done():
                self.taken += weight
                future.set_result(True)

    def close(self) -> None:
        """Nothing more is taken in."""
        self.is_closed = True
        for _, future in self._waiting:
            if not future.done():
                future.set_result(False)
        self._waiting.clear()

    def _fits(self, weight: int) -> bool:
        return not self.taken or self.taken + weight <= self.most
