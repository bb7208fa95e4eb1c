"""Between a studio and its sandbox: writes down every order that goes by, and passes it on."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.benchmarks._tree import Tree

PASSED_ON = ("content-type", "content-length", "retry-after", "etag", "cache-control")


@dataclass(kw_only=True, eq=False)
class Post:
    """An order as it arrived, from which port, and when all of its answer had been sent."""

    at: float
    sha256: str
    prompt: str
    port: int
    answered_at: float | None = None


@dataclass
class Ledger:
    """`on_post` runs when an order has arrived whole, before anything is passed on.

    An order is dropped without an answer when `on_post` says False. Times: seconds since 1970.
    """

    on_post: Callable[[Post], bool] = lambda post: True
    posts: list[Post] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    tree: Tree | None = None

    def __post_init__(self) -> None:
        self.server = Server(("127.0.0.1", 0), self)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

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

    def counts(self) -> Counter[str]:
        """How often each order has arrived, by the hash of its body."""
        return Counter(post.sha256 for post in self.posts)

    def post_of(self, prompt: str) -> Post:
        return next(post for post in self.posts if post.prompt == prompt)


class Server(ThreadingHTTPServer):
    """Loses connections without a word: those of killed processes do not matter."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], ledger: Ledger) -> None:
        super().__init__(address, Handler)
        self.ledger = ledger

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    """One connection of the studio."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        if "/v1/tasks/" in self.path:
            self.server.ledger.polls.append(time.time())
        self._pass_on(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ledger, port = self.server.ledger, int(self.client_address[1])
        post = Post(
            at=time.time(),
            sha256=sha256(body).hexdigest(),
            prompt=json.loads(body)["prompt"],
            port=port,
        )
        ledger.posts.append(post)
        if not ledger.on_post(post):
            self.close_connection = True
        elif self._pass_on(body):
            post.answered_at = time.time()

    def _pass_on(self, body: bytes) -> bool:
        """Says whether all of an answer could be given."""
        assert self.server.ledger.tree
        connection = HTTPConnection("127.0.0.1", self.server.ledger.tree.port, timeout=30)
        try:
            connection.request(self.command, self.path, body or None, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name in PASSED_ON:
                if value := answer.headers.get(name):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except (OSError, HTTPException):
            self.close_connection = True
            return False
        finally:
            with suppress(OSError):
                connection.close()
        return True

    def log_message(self, *args: Any) -> None:
        pass
