"""A provider that is never done: `python -m tests.benchmarks._still [seconds per order]`.

A process of its own that speaks APIMart's format, as cheaply as Python can, and prints its port.
`/count` tells how many orders and polls have come.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from types import TracebackType
from typing import Self
from urllib.request import urlopen

POLL = {"code": 200, "data": {"id": "task", "status": "processing", "progress": 50}}


def answer(body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    return head.encode() + b"\r\n\r\n" + content


STILL = answer(POLL)


class Connection(asyncio.Protocol):
    polls = 0
    orders = 0
    seconds = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.got = transport, b""

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, end, body = self.got.partition(b"\r\n\r\n")
        if not end:
            return
        if head.startswith(b"POST"):
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            if len(body) >= length:
                self.got = b""
                self._take_order()
            return
        self.got = b""
        if head.startswith(b"GET /count"):
            self._write(answer({"polls": Connection.polls, "orders": Connection.orders}))
        else:
            Connection.polls += 1
            self._write(STILL)

    def _take_order(self) -> None:
        Connection.orders += 1
        task = {"status": "submitted", "task_id": f"task_{Connection.orders}"}
        said = answer({"code": 200, "data": [task]})
        asyncio.get_running_loop().call_later(Connection.seconds, self._write, said)

    def _write(self, data: bytes) -> None:
        self.transport.write(data)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Still:
    """The process, for as long as the block lasts."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.orders = seconds, 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __spec__.name, str(self.seconds)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def count(self, what: str) -> int:
        with urlopen(f"{self.url}/count") as said:
            return int(json.load(said)[what])


if __name__ == "__main__":
    Connection.seconds = float(sys.argv[1])
    asyncio.run(serve())
