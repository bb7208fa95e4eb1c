"""How many polls may be out at once, and whose is next: keys take turns."""

from __future__ import annotations

import asyncio
from collections import Counter, deque

MOST = 400
MOST_OF_ONE_KEY = 200  # so that a provider that hangs does not keep the others from being asked

Waiting = deque[asyncio.Future[bool]]


class Turns:
    """`take` before a poll and `give` after it."""

    def __init__(self, most: int = MOST, most_of_one_key: int = MOST_OF_ONE_KEY) -> None:
        self.most, self.most_of_one_key = most, most_of_one_key
        self.out: Counter[int] = Counter()  # by key
        self.taken = 0
        self.is_closed = False
        self._waiting: dict[int, Waiting] = {}

    async def take(self, key_id: int) -> bool:
        """Wait until a poll with this key may begin. False: none may any more."""
        if self.is_closed:
            return False
        if self._is_free(key_id):
            self._count(key_id, 1)
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key_id, deque()).append(future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.result():
                self.give(key_id)
            raise

    def give(self, key_id: int) -> None:
        """The poll has ended. Next is who waits longest of the key that waits longest."""
        self._count(key_id, -1)
        for key in list(self._waiting):
            while self._is_free(key) and key in self._waiting:
                self._let_in(key)

    def close(self) -> None:
        """Nobody's turn comes any more."""
        self.is_closed = True
        for queue in self._waiting.values():
            for future in queue:
                if not future.done():
                    future.set_result(False)
        self._waiting.clear()

    def _count(self, key_id: int, change: int) -> None:
        self.out[key_id] += change
        self.taken += change

    def _is_free(self, key_id: int) -> bool:
        return self.out[key_id] < self.most_of_one_key and self.taken < self.most

    def _let_in(self, key_id: int) -> None:
        queue = self._waiting.pop(key_id)
        future = queue.popleft()
        if queue:
            self._waiting[key_id] = queue  # behind all others
        if not future.done():
            self._count(key_id, 1)
            future.set_result(True)
