"""Two machines on the same PostgreSQL, Redis and bucket: each does the other's work, and goes on
alone when the other dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.core.files.storage import storages
from psycopg.rows import dict_row

from studio.services import archive
from tests.benchmarks._ledger import Ledger, LedgerHandler, Post
from tests.benchmarks._tree import KEY, Tree, until
from tests.services import Services

pytestmark = [pytest.mark.processes, pytest.mark.machines]

SETTINGS = "tests.benchmarks.settings"
TAKEN_OVER_WITHIN = 60
SETTLED = 1.0  # seconds after its answer, an order is surely on record as accepted


class WatchedHandler(LedgerHandler):
    def get(self) -> None:
        if self.path.endswith(".png"):
            self.server.owner.on_fetch(self.client_address[1])
        super().get()


class Watched(Ledger):
    """`on_fetch` runs when somebody asks for a picture, with the port that it asks from."""

    handler = WatchedHandler

    def __init__(self) -> None:
        super().__init__()
        self.on_fetch: Callable[[int], object] = lambda port: None


class Machines:
    """The trees, and what they share."""

    def __init__(self, folder: Path, shared: dict[str, str], ledger: Watched) -> None:
        self.shared = shared
        self.ledger = ledger
        own = {"DJANGO_SETTINGS_MODULE": SETTINGS, "SANDBOX_AT": ledger.url}
        self.trees = [Tree(folder / name, **shared, **own) for name in ("one", "two")]
        ledger.tree = self.trees[0]
        self.threads = ThreadPoolExecutor(2)  # a tree ends with the thread that started it

    def start(self) -> None:
        """Both at once: one of them migrates, the other waits for it."""
        list(self.threads.map(Tree.start, self.trees))

    def stop(self) -> None:
        for tree in self.trees:
            for client in tree.clients:
                client.close()
            if tree.is_running:
                tree.stop()
        self.threads.shutdown()

    def desks(self) -> list[httpx.Client]:
        """The same person, signed in once, at each of them."""
        first = self.trees[0].open_studio()
        second = httpx.Client(
            base_url=self.trees[1].url, cookies=first.cookies, follow_redirects=True, timeout=30
        )
        self.trees[1].clients.append(second)
        return [first, second]

    def place(self, number: int, prompt: str, desk: httpx.Client) -> None:
        """At the machine of this number, as the browser does."""
        found = KEY.search(desk.get("/").text)
        assert found
        order = {"prompt": prompt, "key": found[1], "ratio": "1:1", "resolution": "1k", "count": 1}
        self.trees[number].post(desk, "/jobs/place", {**order, "form_token": str(uuid4())})

    def rows(self, query: str) -> list[dict[str, Any]]:
        address = self.shared["DATABASE_URL"]
        with psycopg.connect(address, row_factory=dict_row) as database:
            return database.execute(query.encode()).fetchall()

    def statuses(self) -> dict[str, str]:
        query = "SELECT job.prompt, submission.status FROM jobs_submission submission"
        found = self.rows(f"{query} JOIN jobs_job job ON job.id = submission.job_id")
        return {row["prompt"]: row["status"] for row in found}

    def count(self, *statuses: str) -> int:
        return sum(status in statuses for status in self.statuses().values())

    def check_pictures(self, desk: httpx.Client) -> None:
        """Every one is in the bucket as its row says, and is shown."""
        url = self.shared["STUDIO_STORAGE_URL"]
        bucket = storages.create_storage(archive(url, Path()))  # type: ignore[attr-defined]
        images = self.rows("SELECT uid, path, sha256, size, state FROM jobs_image")
        assert {image["state"] for image in images} == {"kept"}
        assert len(images) == self.count("succeeded")
        for image in images:
            with bucket.open(image["path"]) as file:
                assert sha256(file.read()).hexdigest() == image["sha256"]
        shown = desk.get(f"/pictures/{images[-1]['uid']}").raise_for_status()
        assert sha256(shown.content).hexdigest() == images[-1]["sha256"]

    def tree_of(self, port: int) -> Tree | None:
        """Whose process holds this end of a connection, as long as it does."""
        for tree in self.trees:
            if tree.is_running:
                for process in tree.processes():
                    if any(one.laddr.port == port for one in process.net_connections("tcp4")):
                        return tree
        return None


@pytest.fixture
def machines(services: Services, tmp_path: Path) -> Iterator[Machines]:
    with Watched() as ledger:
        machines = Machines(tmp_path, services.environment(), ledger)
        try:
            machines.start()
            yield machines
        finally:
            machines.stop()


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(44)
def test_they_share_the_work_and_one_goes_on_alone(machines: Machines) -> None:
    ledger, desks = machines.ledger, machines.desks()
    senders: list[Tree | None] = []
    savers: set[Tree | None] = set()

    def on_post(post: Post) -> bool:
        senders.append(machines.tree_of(post.port))
        return True

    ledger.on_post = on_post
    ledger.on_fetch = lambda port: savers.add(machines.tree_of(port))
    for number in range(8):
        machines.place(number % 2, f"a quay at {number} o'clock", desks[number % 2])
    until(lambda: machines.count("succeeded") == 8, within=60, what="all eight are there")
    assert all(tree in savers for tree in machines.trees), "pictures were saved by both"
    ledger.on_fetch = lambda port: None

    for number in range(6):
        machines.place(number % 2, f"a pier at {number} o'clock [slow:4]", desks[number % 2])
    until(lambda: machines.count("running") >= 4, within=30, what="most are under way")
    dead = senders[-1]
    survivor = next(tree for tree in machines.trees if tree is not dead)
    assert dead
    dead_at = time.time()
    dead.kill()
    ledger.tree = survivor
    machines.place(machines.trees.index(survivor), "a beach", desks[machines.trees.index(survivor)])
    until(
        lambda: machines.count("succeeded", "unknown") == 15,
        within=TAKEN_OVER_WITHIN,
        what="the other one has brought all to their end",
    )

    assert set(ledger.counts().values()) == {1}, "nothing was bought twice"
    for post in ledger.posts:
        was_answered = post.answered_at and post.answered_at < dead_at - SETTLED
        if was_answered or post.at > dead_at:
            assert machines.statuses()[post.prompt] == "succeeded"
    machines.check_pictures(desks[machines.trees.index(survivor)])
