"""The connections of the wire: only to allowed addresses, and with a witness of being connected.

The resolver gives only addresses that were checked, and the socket is opened to one of those, so
a name that changes its mind in between changes nothing. Literal addresses pass no resolver: the
socket factory judges every address once more, whatever way it came.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from studio import addresses


@dataclass(kw_only=True)
class Trip:
    """One request on its way.

    is_sandbox: it goes to the studio itself. only_private: a key travels in the open, which only
    the operator's own networks may see. is_connected: from here on a byte may have left.
    """

    url: str
    is_sandbox: bool = False
    only_private: bool = False
    is_connected: bool = False


# Seconds to connect to one address, and for the name, all its addresses and TLS together.
PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=10.0, connect=20.0)
LIMIT = 400  # connections at once; who gets none in time never sent anything
TRIP: ContextVar[Trip] = ContextVar("trip")


class GuardedResolver(AbstractResolver):
    """Resolves through another resolver and keeps what is allowed."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises ForbiddenAddress when no address is left, OSError when there was none."""
        infos = await self._resolver.resolve(host, port, family)
        trip = TRIP.get()
        if trip.is_sandbox:
            return infos
        return addresses.allowed_addresses(host, infos, only_private=trip.only_private)

    async def close(self) -> None:
        await self._resolver.close()


class WitnessedConnector(aiohttp.TCPConnector):
    """Notes on each trip when it has a connection."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - theirs
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        TRIP.get().is_connected = True
        return connection


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx on aiohttp's connections: its own pool slows down quadratically with their number.

    is_reusing: whether a connection may serve a second request.
    """

    def __init__(self, resolver: GuardedResolver, *, is_reusing: bool) -> None:
        connector = WitnessedConnector(
            resolver=resolver,
            use_dns_cache=False,
            ssl=_tls(),
            socket_factory=_socket,
            force_close=not is_reusing,
            limit=LIMIT if is_reusing else 0,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=PATIENCE,
            auto_decompress=False,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises the errors of aiohttp: who asks knows from the trip whether anything was sent."""
        answer = await self._session.request(
            request.method,
            URL(str(request.url), encoded=True),  # quoting it once more can break a signature
            headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
            data=request.stream if request.headers.get("content-length", "0") != "0" else None,
            allow_redirects=False,
        )
        return httpx.Response(
            answer.status, headers=list(answer.raw_headers), stream=AnswerStream(answer)
        )

    async def aclose(self) -> None:
        await self._session.close()


class AnswerStream(httpx.AsyncByteStream):
    """The body as it comes, packed if it is."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.content.iter_any():
            yield piece

    async def aclose(self) -> None:
        """The connection is used again if all of the answer has been read, else it ends."""
        if self._answer.content.is_eof():
            self._answer.release()
        else:
            self._answer.close()


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Loading the certificates takes as long as a request: once is enough."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _socket(info: aiohttp.AddrInfoType) -> socket.socket:
    """The last gate. Raises ForbiddenAddress."""
    family, kind, protocol, _name, address = info
    trip = TRIP.get()
    if not trip.is_sandbox:
        addresses.allowed_addresses("", [{"host": address[0]}], only_private=trip.only_private)
    return socket.socket(family, kind, protocol)
