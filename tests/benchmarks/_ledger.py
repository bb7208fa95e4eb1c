"""Between a studio and its sandbox: writes down every order that goes by, and passes it on."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException

from tests.benchmarks._loopback import Handler, Loopback


@dataclass(kw_only=True, eq=False)
class Post:
    """An order as it arrived, from which port, and when all of its answer had been sent."""

    at: float
    sha256: str
    prompt: str
    port: int
    answered_at: float | None = None


class LedgerHandler(Handler):
    def get(self) -> None:
        self.server.owner.asked += 1
        self._pass_on(b"")

    def post(self) -> None:
        body, ledger = self.body(), self.server.owner
        post = Post(
            at=time.time(),
            sha256=sha256(body).hexdigest(),
            prompt=json.loads(body)["prompt"],
            port=self.client_address[1],
        )
        ledger.posts.append(post)
        if not ledger.on_post(post):
            self.close_connection = True
        elif self._pass_on(body):
            post.answered_at = time.time()

    def _pass_on(self, body: bytes) -> bool:
        """Says whether all of an answer could be given."""
        port = self.server.owner.tree.port
        with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            try:
                connection.request(self.command, self.path, body or None, dict(self.headers))
                answer = connection.getresponse()
                self.answer(answer.read(), answer.headers["Content-Type"], answer.status)
            except (OSError, HTTPException):
                self.close_connection = True
                return False
        return True


class Ledger(Loopback):
    """`on_post` runs when an order has arrived whole, before anything is passed on.

    An order is dropped without an answer when `on_post` says False. Times: seconds since 1970.
    `asked` counts all other calls: polls and pictures.
    """

    handler = LedgerHandler

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[Post] = []
        self.asked = 0
        self.on_post: Callable[[Post], bool] = lambda post: True

    def counts(self) -> Counter[str]:
        """How often each order has arrived, by the hash of its body."""
        return Counter(post.sha256 for post in self.posts)

    def post_of(self, prompt: str) -> Post:
        return next(post for post in self.posts if post.prompt == prompt)
