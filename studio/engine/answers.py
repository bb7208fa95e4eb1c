"""Reading answers: never more than may be, unpacked in pieces, headers in one spelling."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Mapping

import aiohttp

from studio.engine.errors import AnswerLost, TooLarge

PIECE = 64 * 1024


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names in lower case; what came several times, joined; no half characters."""
    lower: dict[str, str] = {}
    for name, value in headers.items():
        text = value if value.isascii() else value.encode(errors="replace").decode()
        name = name.lower()
        lower[name] = f"{lower[name]}, {text}" if name in lower else text
    return lower


async def pieces_of(answer: aiohttp.ClientResponse, max_bytes: int) -> AsyncIterator[bytes]:
    """The decoded body. Raises TooLarge as soon as it is, AnswerLost for an unknown coding."""
    told = answer.headers.get("content-length", "")
    if told.isdecimal() and int(told) > max_bytes:
        raise TooLarge(detail="content-length")
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("identity", ""):
        pieces: AsyncIterator[bytes] = answer.content.iter_any()
    elif coding in ("gzip", "x-gzip", "deflate"):
        pieces = _inflated(answer)
    else:
        raise AnswerLost(detail="content-encoding")
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            raise TooLarge(detail="body")
        yield piece


async def _inflated(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Unpack gzip or zlib, never more than a piece at once: a small bomb stays small."""
    unpacker = zlib.decompressobj(wbits=47)
    try:
        async for packed in answer.content.iter_any():
            rest = packed
            while rest:
                yield unpacker.decompress(rest, PIECE)
                rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise AnswerLost(detail="content-encoding") from error
    if not unpacker.eof:
        raise AnswerLost(detail="cut short")
