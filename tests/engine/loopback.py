"""Real servers on the loopback, as badly behaved as a test wants, and names that lead anywhere."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver, ResolveResult

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """What a server saw: one entry for each connection, and each request as it came."""

    url: str = ""
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def serve(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """Answer connections with `handler` until the block ends; then drop them all."""
    server, tasks = Server(), set[asyncio.Task[None]]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        tasks.add(asyncio.current_task())
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handler(reader, writer)
        finally:
            writer.close()

    listener = await asyncio.start_server(accept, host, 0)
    server.port = listener.sockets[0].getsockname()[1]
    server.url = f"http://{host}:{server.port}"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """A request with its whole body."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.partition(b":")[2]))
    return head


def answer(status: int = 200, body: bytes = b"", **headers: str | int) -> bytes:
    """A whole response; headers by name, `_` for `-`."""
    named = {name.lower(): value for name, value in headers.items()}
    told = {"content_length": len(body), **named}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in told.items() if value != ""]
    return "\r\n".join([f"HTTP/1.1 {status} Fine", *lines, "", ""]).encode() + body


@asynccontextmanager
async def answering(*answers: bytes, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """A well-behaved server: the nth request gets the nth answer, later ones the last."""
    seen = Server()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.requests.append(await read_request(reader))
            writer.write(answers[min(len(seen.requests), len(answers)) - 1])
            await writer.drain()

    async with serve(handler, host) as server:
        server.requests = seen.requests
        yield server


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def closed_port() -> int:
    """A port of the loopback where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Names(AbstractResolver):
    """Answers each question with the next list of addresses; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        return [self._result(host, ip, port) for ip in found]

    def _result(self, host: str, ip: str, port: int) -> ResolveResult:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        return ResolveResult(
            hostname=host, host=ip, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
        )

    async def close(self) -> None:
        pass
