"""What a supervisor and one branch of its tree tell each other: memory that forks share.

No database, no file, no lock: it works while everything else hangs, and goes when they go. Each
field has one writer at a time, or it does not matter who wins.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from mmap import mmap
from time import monotonic
from typing import NamedTuple

BEAT_EVERY = 5.0
LONGEST_WORDS = 400
HEAD = struct.Struct(f"=?d d H{LONGEST_WORDS}s")  # draining, beat, and when and what went wrong
SLOT = struct.Struct("=q d 64p")  # process, since when, what
SLOTS = 1024  # processes of one branch whose numbers have the same remainder do not meet
DRAINING, BEAT, WORDS = 0, 1, 9


class Business(NamedTuple):
    """What a process is busy with, and since when by the monotonic clock."""

    what: str
    since: float


class Board:
    def __init__(self) -> None:
        self._memory = mmap(-1, HEAD.size + SLOT.size * SLOTS)

    def clear(self) -> None:
        """As new, for the next life of the branch."""
        self._memory[:] = bytes(len(self._memory))

    # Ending -----------------------------------------------------------------------------------

    @property
    def is_draining(self) -> bool:
        """Finish what is on the way, begin nothing new."""
        return bool(self._memory[DRAINING])

    @is_draining.setter
    def is_draining(self, value: bool) -> None:
        self._memory[DRAINING] = value

    # Signs of life ----------------------------------------------------------------------------

    def beat(self) -> None:
        """A task has begun here, or one that takes long goes on."""
        struct.pack_into("=d", self._memory, BEAT, monotonic())

    @property
    def beaten_at(self) -> float:
        """By the monotonic clock; 0.0 for never."""
        return float(struct.unpack_from("=d", self._memory, BEAT)[0])

    # Last words -------------------------------------------------------------------------------

    def note_words(self, words: str) -> None:
        """The last error that one of its processes logged."""
        said = words.encode(errors="replace")[:LONGEST_WORDS]
        struct.pack_into(f"=dH{LONGEST_WORDS}s", self._memory, WORDS, monotonic(), len(said), said)

    def last_words(self, within: float) -> str:
        """What was noted in the last so many seconds, or nothing."""
        at, length, said = struct.unpack_from(f"=dH{LONGEST_WORDS}s", self._memory, WORDS)
        is_recent = at and monotonic() - at <= within
        return said[:length].decode(errors="replace") if is_recent else ""

    # Busy with ----------------------------------------------------------------------------------

    @contextmanager
    def busy_with(self, what: str) -> Iterator[None]:
        """Say what this process is at, in 63 ASCII letters at most: should it die of it."""
        place = _place(os.getpid())
        SLOT.pack_into(self._memory, place, os.getpid(), monotonic(), what.encode())
        try:
            yield
        finally:
            SLOT.pack_into(self._memory, place, 0, 0.0, b"")

    def business_of(self, pid: int) -> Business | None:
        """What a process is busy with, or was when it died."""
        owner, since, what = SLOT.unpack_from(self._memory, _place(pid))
        return Business(what.decode(), since) if owner == pid and what else None


def _place(pid: int) -> int:
    return HEAD.size + SLOT.size * (pid % SLOTS)


class Branch:
    """Where this process belongs: its board and its name, or its own outside of any tree."""

    board = Board()
    name = "workers"


def join(board: Board, name: str) -> None:
    """Be a process of this branch from here on, and all that are forked from it."""
    Branch.board, Branch.name = board, name


def ours() -> Board:
    return Branch.board


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """While something slow is waited for, and the loop still turns: go on showing life."""

    async def beat_on() -> None:
        while True:
            ours().beat()
            await asyncio.sleep(BEAT_EVERY)

    task = asyncio.create_task(beat_on())
    try:
        yield
    finally:
        task.cancel()
