"""The gate in front of the pretend providers: lets requests in and answers out, or does not.

Each provider has a port of its own, which may be shut for a while; all of them also stand under
/sandbox/<provider> on one more port, where a studio takes them for its sandbox.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tests.chaos.faults import Fault, Plan
from tests.chaos.formats import FORMATS, Format
from tests.chaos.ledger import Ledger
from tests.chaos.messages import Answer, Request, read_request
from tests.chaos.tasks import Order, Task, picture

SANDBOX = "sandbox"
RETRY_AFTER = 7
DRIPS = 12
DRIP_EVERY = 0.2

OnRecord = Callable[[str], Awaitable[dict[str, bool]]]
OnTask = Callable[[Task], None]


class Closed(Exception):
    """The connection is over."""


class Gate:
    """hang: seconds that an answer may be withheld before the connection is dropped.

    on_record: which submissions the studio has on record as sent, by the hash of their bytes.
    """

    def __init__(
        self,
        ledger: Ledger,
        plan: Plan,
        *,
        hang: float = 10.0,
        on_record: OnRecord | None = None,
        on_task: OnTask | None = None,
        on_order: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self.ledger, self.plan, self.hang = ledger, plan, hang
        self.on_record, self.on_task, self.on_order = on_record, on_task, on_order
        self.servers: dict[str, asyncio.Server] = {}
        self.ports: dict[str, int] = {}
        self.asked: Counter[str] = Counter()
        self.conversations: set[asyncio.Task[None]] = set()

    # Doors ------------------------------------------------------------------------------------

    async def open(self) -> None:
        for name in (*FORMATS, SANDBOX):
            await self._open_door(name)

    async def _open_door(self, name: str) -> None:
        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self.conversations.add(task)
            task.add_done_callback(self.conversations.discard)
            await self._converse(name, reader, writer)

        server = await asyncio.start_server(
            converse, "127.0.0.1", self.ports.get(name, 0), limit=2**24, backlog=500
        )
        self.servers[name] = server
        self.ports[name] = server.sockets[0].getsockname()[1]

    async def shut(self, name: str, seconds: float) -> None:
        """Refuse connections at one door for a while; those that stand go on."""
        self.ledger.note("shut", door=name, seconds=seconds)
        self.servers[name].close()
        await asyncio.sleep(seconds)
        await self._open_door(name)
        self.ledger.note("opened", door=name)

    async def close(self) -> None:
        for server in self.servers.values():
            server.close()
        for task in list(self.conversations):
            task.cancel()
        await asyncio.gather(*self.conversations, return_exceptions=True)

    # Conversations ----------------------------------------------------------------------------

    async def _converse(
        self, door: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(Closed, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                request = await read_request(reader)
                await self._answer(door, request, writer)
        with suppress(ConnectionError, OSError):
            writer.close()

    async def _answer(self, door: str, request: Request, writer: asyncio.StreamWriter) -> None:
        provider, path, home = door, request.path, f"http://127.0.0.1:{self.ports[door]}"
        if door == SANDBOX:
            _, _, provider, path = request.path.split("/", 3)
            home, path = f"{home}/sandbox/{provider}", f"/{path}"
        request = Request(
            method=request.method,
            path=path,
            query=request.query,
            headers=request.headers,
            body=request.body,
        )
        if path.startswith("/f/"):
            await self._picture(path.removeprefix("/f/").removesuffix(".png"), writer)
            return
        calls = self.ledger.count_call(provider, request.key)
        is_order = request.method == "POST" and path in FORMATS[provider].orders_at
        limit = FORMATS[provider].calls_per_hour if door != SANDBOX else 0
        if limit and calls > limit:
            self.ledger.note("overdrawn", provider=provider, key=request.key, calls=calls)
            await deliver(writer, FORMATS[provider].no(429, 60), Fault.NONE)
        elif is_order:
            await self._order(provider, home, request, writer)
        else:
            await self._poll(FORMATS[provider], provider, request, writer)

    async def _order(
        self, provider: str, home: str, request: Request, writer: asyncio.StreamWriter
    ) -> None:
        """On record before anything else; then the fault says whether the provider sees it."""
        order = FORMATS[provider].order(request)
        on_record = await self.on_record(request.sha256) if self.on_record else None
        nth = self.ledger.arrive(provider, order, request)
        fault = self.plan.for_order(f"{provider} {order.prompt}", nth, order.prompt)
        facts = {"name": order.name, "prompt": order.prompt, "sha256": request.sha256}
        port = writer.get_extra_info("peername")[1]
        self.ledger.note(
            "arrived",
            provider=provider,
            key=request.key,
            nth=nth,
            fault=fault,
            on_record=on_record,
            port=port,
            **facts,
        )
        if self.on_order:
            await self.on_order(port)
        answer = await self._take(provider, order, request, home, fault)
        await self._deliver(writer, answer, fault, facts)

    async def _take(
        self, provider: str, order: Order, request: Request, home: str, fault: Fault
    ) -> Answer:
        form = FORMATS[provider]
        if fault.is_before:
            return Answer()
        if fault.is_no:
            statuses = {Fault.LIMITED: 429, Fault.BUSY: 503, Fault.REFUSED: 400}
            is_told = fault == Fault.LIMITED
            return form.no(statuses[fault], RETRY_AFTER if is_told else None)
        chance = self.plan.random(f"seconds {order.prompt}").random()
        taken = self.ledger.take(provider, order, request, home=home, chance=chance)
        if isinstance(taken, Answer):
            return taken
        if self.on_task:
            self.on_task(taken)
        if order.at_once:
            await asyncio.sleep(taken.seconds)
        return form.accepted(taken)

    async def _deliver(
        self, writer: asyncio.StreamWriter, answer: Answer, fault: Fault, facts: dict[str, Any]
    ) -> None:
        """And note whether all of an answer was given."""
        try:
            await deliver(writer, answer, fault, hang=self.hang)
        finally:
            is_whole = not fault.is_lost and not writer.is_closing()
            self.ledger.note("answered", status=answer.status, is_whole=is_whole, **facts)

    async def _poll(
        self, form: Format, provider: str, request: Request, writer: asyncio.StreamWriter
    ) -> None:
        asked = form.asked(request)
        self.asked[asked] += 1
        fault = self.plan.for_poll(asked, self.asked[asked])
        task = self.ledger.find(provider, request.key, asked)
        facts = {"provider": provider, "key": request.key, "asked": asked}
        self.ledger.note("polled", **facts, fault=fault, is_over=bool(task and task.is_over))
        answer = form.told(task)
        if fault == Fault.REFUSED:
            answer = form.told(None)
        elif fault.is_no:
            answer = form.no(429 if fault == Fault.LIMITED else 503, 2)
        await deliver(writer, answer, fault, hang=self.hang)

    async def _picture(self, name: str, writer: asyncio.StreamWriter) -> None:
        self.asked[name] += 1
        fault = self.plan.for_picture(name, self.asked[name])
        self.ledger.note("fetched", picture=name, fault=fault)
        answer = Answer(body=picture(name), media_type="image/png")
        if fault.is_no:
            answer = Answer.page(503)
        await deliver(writer, answer, fault, hang=self.hang)


async def deliver(
    writer: asyncio.StreamWriter, answer: Answer, fault: Fault, *, hang: float = 10.0
) -> None:
    """Give an answer as the fault lets it. Raises Closed when nothing more can follow."""
    match fault:
        case Fault.CLOSE_BEFORE | Fault.CLOSE_AFTER:
            raise Closed
        case Fault.RESET_BEFORE | Fault.RESET_AFTER:
            reset(writer)
        case Fault.HANG:
            await asyncio.sleep(hang)
            raise Closed
        case Fault.HALF:
            await write(writer, answer.head + answer.body[: len(answer.body) // 2])
            raise Closed
        case Fault.HTML_BEFORE | Fault.HTML_AFTER:
            answer = Answer.page(200)
        case Fault.FOREIGN_BEFORE | Fault.FOREIGN_AFTER:
            answer = Answer.page(504)
        case Fault.LATE:
            await asyncio.sleep(min(4.0, hang / 2))
        case Fault.DRIP:
            await drip(writer, answer.head + answer.body)
            return
    await write(writer, answer.head + answer.body)


async def write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    size = len(data) // DRIPS + 1
    for start in range(0, len(data), size):
        await write(writer, data[start : start + size])
        await asyncio.sleep(DRIP_EVERY)


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise Closed
