"""Reading answers: never more than may be, unpacked in pieces, headers in one spelling."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, AsyncIterator
from typing import cast

import httpx

from studio.engine.errors import AnswerLost, TooLarge

PIECE = 64 * 1024


def lower(headers: httpx.Headers) -> dict[str, str]:
    """Header names in lower case; what came several times, joined; no half characters."""
    lower: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode(errors="replace").lower(), raw_value.decode(errors="replace")
        lower[name] = f"{lower[name]}, {value}" if name in lower else value
    return lower


async def pieces_of(answer: httpx.Response, max_bytes: int) -> AsyncIterator[bytes]:
    """The decoded body. Raises TooLarge as soon as it is, AnswerLost for an unknown coding."""
    told = answer.headers.get("content-length", "")
    if told.isdecimal() and int(told) > max_bytes:
        raise TooLarge(detail="content-length")
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("identity", ""):
        pieces = _packed(answer)
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


def _packed(answer: httpx.Response) -> AsyncIterable[bytes]:
    """The body as it came: `aiter_raw` would count and cut it once more."""
    return cast("httpx.AsyncByteStream", answer.stream)


async def _inflated(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Unpack gzip or zlib, never more than a piece at once: a small bomb stays small."""
    unpacker = zlib.decompressobj(wbits=47)
    try:
        async for packed in _packed(answer):
            rest = packed
            while rest:
                yield unpacker.decompress(rest, PIECE)
                rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise AnswerLost(detail="content-encoding") from error
    if not unpacker.eof:
        raise AnswerLost(detail="cut short")
