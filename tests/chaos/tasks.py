"""What a pretend provider has taken on, and the pictures that it makes of it."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

WIDTH, HEIGHT = 48, 32


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a request for pictures says. name: the id of ours that came with it, if any.

    remembers: the name makes a second sending the same order. at_once: the answer is the pictures.
    """

    prompt: str
    count: int = 1
    name: str = ""
    remembers: bool = False
    at_once: bool = False
    callback_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Task:
    """An order that was charged. Times: seconds since 1970. home: where its pictures lie."""

    id: str
    provider: str
    key: str
    order: Order
    sha256: str
    home: str
    accepted_at: float
    done_at: float

    @property
    def is_over(self) -> bool:
        return time.time() >= self.done_at

    @property
    def fails(self) -> bool:
        return "[fail]" in self.order.prompt

    @property
    def count(self) -> int:
        return self.order.count

    @property
    def progress(self) -> int:
        return min(99, int(100 * (time.time() - self.accepted_at) / self.seconds))

    @property
    def seconds(self) -> float:
        return max(0.001, self.done_at - self.accepted_at)

    @property
    def pictures(self) -> Iterator[bytes]:
        return (picture(f"{self.id}-{number}") for number in range(self.count))

    @property
    def urls(self) -> Iterator[str]:
        return (f"{self.home}/f/{self.id}-{number}.png" for number in range(self.count))


def picture(name: str) -> bytes:
    """A small PNG that no other name has."""
    seed = sha256(name.encode()).digest()
    rows = b"".join(
        b"\0" + bytes((seed[(x + y) % 32] + x * y) % 256 for x in range(WIDTH * 3))
        for y in range(HEIGHT)
    )
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    written = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)
