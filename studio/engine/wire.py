"""All HTTP that the engine does: calls to providers with a key, and pictures without one.

A call is sent once. Redirects are never followed with a key, answers are cut at a size, and every
request ends at its deadline. Errors say whether anything can have left: studio.engine.errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import IO, Self
from urllib.parse import urlencode, urljoin

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import HttpProcessingError

from studio import addresses
from studio.addresses import ForbiddenAddress
from studio.engine.answers import PIECE, lower, pieces_of
from studio.engine.bodies import Prepared, prepare
from studio.engine.errors import (
    AnswerLost,
    FetchError,
    Forbidden,
    NeverSent,
    NoRoom,
    TimedOut,
    TooLarge,
    WireError,
)
from studio.engine.guard import TRIP, GuardedResolver, GuardedTransport, Trip
from studio.providers.calls import Call, Response

AGENT = "Darkroom"
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# The host has spoken: asking again for the same address gives the same answer.
FINAL = frozenset({400, 401, 403, 404, 405, 406, 410, 414, 451})
FAULTS = (httpx.InvalidURL, aiohttp.ClientError, HttpProcessingError, OSError)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A picture that came whole. Header names are lower case; sha256 is of the file, in hex."""

    size: int
    sha256: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Home:
    """A base URL: a key goes to its host and to no other."""

    url: str
    address: addresses.Address
    is_sandbox: bool


class Wire:
    """Connections of one event loop, opened when they are needed.

    Billable calls get a fresh connection each: on a reused one that turns out to be dead, nobody
    could tell whether the order had arrived.
    """

    def __init__(self, *, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver
        self._transports: dict[tuple[bool, ...], GuardedTransport] = {}
        self._homes: dict[str, Home] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()

    async def send(
        self,
        call: Call,
        *,
        base_url: str,
        secret: str | None,
        deadline: float,
        max_bytes: int,
        prepared: Prepared | None = None,
    ) -> Response:
        """Send a call and read its whole answer, a redirect too. `deadline`: seconds.

        Raises NeverSent or AnswerLost.
        """
        prepared = prepared or prepare(call)
        key = None if call.is_keyless else secret
        with _forbidding():
            trip = _trip(call, self._home(base_url), has_key=bool(key))
        headers = _headers(call, prepared, key)
        with _translated(trip):
            async with (
                asyncio.timeout(deadline),
                self._open(
                    trip, call.method, headers, prepared, is_fresh=call.is_billable
                ) as answer,
            ):
                body = b"".join([piece async for piece in pieces_of(answer, max_bytes)])
                return Response(status=answer.status_code, headers=lower(answer.headers), body=body)

    async def fetch(
        self, url: str, *, max_bytes: int, deadline: float, into: IO[bytes], base_url: str = ""
    ) -> Fetched:
        """Write what lies at a public address into a file, from its beginning.

        Follows three redirects, each judged like the first. `base_url`: of the provider that gave
        the address; its own port is fine. Raises FetchError.
        """
        trip = Trip(url=url)
        try:
            with _translated(trip):
                async with asyncio.timeout(deadline):
                    for _ in range(MAX_REDIRECTS + 1):
                        trip.url = _picture_url(trip.url, base_url)
                        trip.is_sandbox = addresses.is_sandbox(trip.url)
                        async with self._open(trip, "GET", _plain_headers()) as answer:
                            if answer.status_code not in REDIRECTS:
                                return await _save(answer, max_bytes, into)
                            trip.url = _goal(trip.url, answer)
        except Forbidden as error:
            raise FetchError(detail=error.code, is_final=True, message=error.message) from error
        except (NeverSent, AnswerLost) as error:
            is_final = isinstance(error, TooLarge)
            raise FetchError(detail=f"{error.code}: {error.detail}", is_final=is_final) from error
        raise FetchError(detail="too many redirects", is_final=True)

    @asynccontextmanager
    async def _open(
        self,
        trip: Trip,
        method: str,
        headers: Mapping[str, str],
        prepared: Prepared | None = None,
        *,
        is_fresh: bool = False,
    ) -> AsyncIterator[httpx.Response]:
        content = _chunks(prepared.content) if prepared and prepared.content else None
        # Straight to the transport: a client would keep cookies and read redirects by itself.
        request = httpx.Request(method, _parsed(trip.url), headers=headers, content=content)
        trip.url, trip.is_connected = str(request.url), False
        token = TRIP.set(trip)
        try:
            answer = await self._transport(trip, is_fresh=is_fresh).handle_async_request(request)
            try:
                yield answer
            finally:
                await answer.aclose()
        finally:
            TRIP.reset(token)

    def _home(self, base_url: str) -> Home:
        """Judged once: what may be connected to is judged with every connection."""
        if base_url not in self._homes:
            url = addresses.check_base_url(base_url)
            address = addresses.read(url)
            is_sandbox = addresses.is_sandbox(address)
            self._homes[base_url] = Home(url=url, address=address, is_sandbox=is_sandbox)
        return self._homes[base_url]

    def _transport(self, trip: Trip, *, is_fresh: bool) -> GuardedTransport:
        """One for each right: a connection that one trip may use is not lent to another."""
        rights = (is_fresh, trip.is_sandbox, trip.only_private)
        if rights not in self._transports:
            resolver = GuardedResolver(self._resolver)
            self._transports[rights] = GuardedTransport(resolver, is_reusing=not is_fresh)
        return self._transports[rights]


def _trip(call: Call, home: Home, *, has_key: bool) -> Trip:
    """Where a call goes. A key goes to the host of its base URL and to no other."""
    is_absolute = call.url.startswith(("http://", "https://"))
    url = call.url if is_absolute else f"{home.url}/{call.url.removeprefix('/')}"
    if call.params:
        url += ("&" if "?" in url else "?") + urlencode(call.params)
    address = addresses.read(url)
    is_home = address.origin == home.address.origin
    if not is_home:
        if has_key:
            raise ForbiddenAddress(Forbidden.message)
        addresses.check_url(url)
    is_sandbox = addresses.is_sandbox(address)
    if home.is_sandbox and is_home and not is_sandbox:
        raise ForbiddenAddress(Forbidden.message)
    in_the_open = has_key and address.scheme == "http" and not is_sandbox
    return Trip(url=str(address), is_sandbox=is_sandbox, only_private=in_the_open)


def _picture_url(url: str, base_url: str) -> str:
    ports = addresses.PICTURE_PORTS
    if base_url and addresses.read(base_url).origin == addresses.read(url).origin:
        ports = addresses.ANY_PORT
    return addresses.check_url(url, ports=ports)


@lru_cache(maxsize=16_384)
def _parsed(url: str) -> httpx.URL:
    """Polls ask at the same address again and again; reading it costs as much as the rest."""
    return httpx.URL(url)


def _goal(url: str, answer: httpx.Response) -> str:
    """Where a redirect leads to; unjudged."""
    location: str = answer.headers.get("location", "")
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ForbiddenAddress(addresses.NOT_AN_ADDRESS) from error


def _plain_headers() -> dict[str, str]:
    return {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "identity"}


def _headers(call: Call, prepared: Prepared, secret: str | None) -> dict[str, str]:
    headers = _plain_headers() | {name.lower(): value for name, value in call.headers.items()}
    if prepared.media_type:
        headers["content-type"] = prepared.media_type
    if prepared.content or call.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(prepared.content))
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise NeverSent(detail="a header cannot be written")
    return headers


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    """Piece by piece, so that a large body does not hold up the other requests."""
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


async def _save(answer: httpx.Response, max_bytes: int, into: IO[bytes]) -> Fetched:
    status = answer.status_code
    if status != 200:
        raise FetchError(status=status, is_final=status in FINAL, detail=f"status {status}")
    into.seek(0)
    into.truncate()
    hasher, size = sha256(), 0
    async for piece in pieces_of(answer, max_bytes):
        _write(into, piece)
        hasher.update(piece)
        size += len(piece)
    return Fetched(size=size, sha256=hasher.hexdigest(), headers=lower(answer.headers))


def _write(into: IO[bytes], piece: bytes) -> None:
    """Our own disk is full, or broken: that says nothing about the other host."""
    try:
        into.write(piece)
    except OSError as error:
        raise NoRoom(error.strerror) from error


@contextmanager
def _forbidding() -> Iterator[None]:
    try:
        yield
    except ForbiddenAddress as error:
        raise Forbidden(message=error.message) from error


@contextmanager
def _translated(trip: Trip) -> Iterator[None]:
    """Put what may go wrong into our words; from None, for theirs hold addresses."""
    try:
        with _forbidding():
            yield
    except WireError:
        raise
    except FAULTS as error:
        lost = TimedOut if isinstance(error, TimeoutError) else AnswerLost
        kind = lost if trip.is_connected else NeverSent
        raise kind(detail=type(error).__name__) from None
