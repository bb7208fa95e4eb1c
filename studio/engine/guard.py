"""The connections of the wire: only to allowed addresses, and with a witness of being connected.

The resolver gives only addresses that were checked, and the socket is opened to one of those, so
a name that changes its mind in between changes nothing. Literal addresses pass no resolver: the
socket factory judges every address once more, whatever way it came.
"""

from __future__ import annotations

import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from httpx_aiohttp import AiohttpTransport
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


LIMIT = 200  # connections at once; who gets none in time never sent anything
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


def open_transport(resolver: GuardedResolver, *, is_reusing: bool) -> AiohttpTransport:
    """A transport for httpx. is_reusing: whether a connection may serve a second request."""
    return AiohttpTransport(verify=_tls(), client=lambda: _session(resolver, is_reusing=is_reusing))


def _session(resolver: GuardedResolver, *, is_reusing: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        use_dns_cache=False,
        ssl=_tls(),
        socket_factory=_socket,
        force_close=not is_reusing,
        limit=LIMIT if is_reusing else 0,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[_witness()],
        middlewares=[_keep_url],
    )


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


def _witness() -> aiohttp.TraceConfig:
    async def note(_session: aiohttp.ClientSession, _ctx: SimpleNamespace, _params: object) -> None:
        TRIP.get().is_connected = True

    config = aiohttp.TraceConfig()
    config.on_connection_create_end.append(note)
    config.on_connection_reuseconn.append(note)
    return config


async def _keep_url(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send the address as it was written: re-quoting it can break a signature."""
    request.url = URL(TRIP.get().url, encoded=True)
    return await handler(request)
