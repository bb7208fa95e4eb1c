"""HTTP servers of the tests' own that a studio takes for its sandbox."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.benchmarks._tree import Tree


class Server(ThreadingHTTPServer):
    """Loses connections without a word: those of killed processes do not matter."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self, handler: type[Handler], owner: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.owner = owner

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    """One connection. `owner`: the object that the server was made by."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece
    server: Server

    def do_GET(self) -> None:
        self.get()

    def do_POST(self) -> None:
        self.post()

    def get(self) -> None:
        raise NotImplementedError

    def post(self) -> None:
        raise NotImplementedError

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(
        self, content: bytes, media_type: str = "application/json", status: int = 200
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def answer_json(self, data: Any, status: int = 200) -> None:
        self.answer(json.dumps(data).encode(), status=status)

    def log_message(self, *args: Any) -> None:
        pass


class Loopback:
    """Serves as long as the block lasts."""

    handler: type[Handler]

    def __init__(self) -> None:
        self.server = Server(self.handler, self)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.tree: Tree | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def studio(self, folder: Path) -> Tree:
        """A studio, not yet started, that finds its sandbox here."""
        self.tree = Tree(
            folder, DJANGO_SETTINGS_MODULE="tests.benchmarks.settings", SANDBOX_AT=self.url
        )
        return self.tree
