"""Killed in the middle and started again: nothing is bought twice, and nothing gets lost."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest

from tests.benchmarks._ledger import Ledger, Post
from tests.benchmarks._orders import Desk, rows
from tests.benchmarks._tree import Tree, until

pytestmark = pytest.mark.processes

ROUNDS = int(os.environ.get("STUDIO_TEST_ROUNDS", "3"))
ENDED_WITHIN = 60
EXPLANATION = "The studio was interrupted. It was not sent again."
ENDS = {"succeeded", "unknown"}
SETTLED = 1.0  # seconds after its answer, an order is surely on record as accepted


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger() as ledger:
        yield ledger


@pytest.fixture
def tree(ledger: Ledger, folder: Path) -> Iterator[Tree]:
    with ledger.studio(folder) as tree:
        yield tree


@pytest.fixture
def desk(tree: Tree) -> Iterator[Desk]:
    desk = Desk(tree)
    yield desk
    desk.client.close()


def submissions(tree: Tree) -> dict[str, dict[str, Any]]:
    """Each submission by its job's prompt."""
    found = rows(
        tree,
        "SELECT job.prompt, job.uid AS job_uid, submission.* FROM jobs_submission submission"
        " JOIN jobs_job job ON job.id = submission.job_id",
    )
    assert len({row["prompt"] for row in found}) == len(found), "one submission for each job"
    return {row["prompt"]: row for row in found}


def sender_of(tree: Tree, post: Post) -> psutil.Process:
    """The worker that an order came from."""
    return next(
        process
        for process in tree.processes()
        for connection in process.net_connections("tcp4")
        if connection.laddr.port == post.port and connection.raddr
    )


def statuses(tree: Tree) -> dict[str, str]:
    return {prompt: row["status"] for prompt, row in submissions(tree).items()}


def accepted(tree: Tree) -> int:
    return sum(status in ("running", "saving", "succeeded") for status in statuses(tree).values())


def check_pictures(tree: Tree, desk: Desk) -> int:
    """Every kept picture is in the archive as its row says. How many there are."""
    images = rows(tree, "SELECT * FROM jobs_image")
    for image in images:
        assert image["state"] == "kept"
        data = (tree.folder / "pictures" / image["path"]).read_bytes()
        assert sha256(data).hexdigest() == image["sha256"]
        assert len(data) == image["size"]
        assert (image["width"], image["height"]) == (1536, 1024)
    served = desk.client.get(f"/pictures/{UUID(images[0]['uid'])}").raise_for_status()
    assert sha256(served.content).hexdigest() == images[0]["sha256"]
    return len(images)


def timeline(desk: Desk, submission: dict[str, Any]) -> str:
    return desk.client.get(f"/jobs/{UUID(submission['job_uid'])}").raise_for_status().text


class Killings:
    """Holds back the answers to orders that say so; they are never passed on."""

    def __init__(self, ledger: Ledger) -> None:
        self.times: list[tuple[float, float]] = []
        self.held: list[Post] = []
        self.is_over = threading.Event()
        ledger.on_post = self.on_post

    def on_post(self, post: Post) -> bool:
        if "held" not in post.prompt:
            return True
        self.held.append(post)
        self.is_over.wait(60)
        return False

    def kill(self, kill: Callable[[], object]) -> None:
        began_at = time.time()
        kill()
        self.times.append((began_at, time.time()))

    def may_have_lost(self, post: Post) -> bool:
        """Whether a kill came between the order and the note of its answer."""
        noted_at = (post.answered_at or float("inf")) + SETTLED
        return any(post.at <= end and noted_at >= begin for begin, end in self.times)


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(3)
@pytest.mark.promise(44)
def test_killed_twice_every_order_is_sent_once_and_gets_its_picture(
    ledger: Ledger, tree: Tree, desk: Desk
):
    killings = Killings(ledger)
    first = ["held tide", *[f"tide {number} [slow:3]" for number in range(6)]]
    second = ["held ridge", *[f"ridge {number} [slow:2]" for number in range(4)]]

    for prompt in first:
        desk.place(prompt)
    until(lambda: killings.held and accepted(tree) >= 5, within=30, what="most are under way")
    killings.kill(lambda: sender_of(tree, killings.held[0]).kill())
    until(
        lambda: statuses(tree)["held tide"] == "unknown", within=ENDED_WITHIN, what="taken up again"
    )
    for prompt in second:
        desk.place(prompt)
    until(lambda: len(killings.held) == 2, within=30, what="another order held back")
    killings.kill(tree.kill)
    assert set(statuses(tree).values()) - ENDS, "it was in the middle"
    killings.is_over.set()
    tree.start()
    until(
        lambda: set(statuses(tree).values()) <= ENDS, within=ENDED_WITHIN, what="all at their end"
    )

    ended = submissions(tree)
    assert set(ended) == {*first, *second}
    assert set(ledger.counts().values()) == {1}
    assert set(ledger.counts()) <= {row["body_hash"] for row in ended.values()}
    lost = {prompt for prompt, row in ended.items() if row["status"] == "unknown"}
    assert {"held tide", "held ridge"} <= lost
    surely_answered = {post.prompt for post in ledger.posts if not killings.may_have_lost(post)}
    assert not lost & surely_answered
    assert all(EXPLANATION in timeline(desk, ended[prompt]) for prompt in lost)
    assert check_pictures(tree, desk) == len(ended) - len(lost) >= 5


@pytest.mark.promise(5)
@pytest.mark.promise(3)
def test_an_order_is_on_record_before_it_arrives_and_is_never_sent_again(
    ledger: Ledger, tree: Tree, desk: Desk
):
    """The sender dies with the arrival of its order, again and again."""

    def kill_the_sender(post: Post) -> bool:
        sender_of(tree, post).kill()
        return False

    ledger.on_post = kill_the_sender
    for number in range(ROUNDS):
        prompt = f"a lighthouse, seen {number} times"
        desk.place(prompt)
        until(lambda n=number: len(ledger.posts) > n, within=30, what="the order arrives")
        on_record = submissions(tree)[prompt]
        assert on_record["status"] == "submitting"
        assert on_record["sent_at"]
        assert on_record["body_hash"] == ledger.post_of(prompt).sha256
        tree.kill()
        end_leases(tree)
        tree.start()
        until(lambda p=prompt: statuses(tree)[p] == "unknown", within=30, what="sorted out")
        assert EXPLANATION in timeline(desk, on_record)

    assert len(ledger.posts) == ROUNDS
    assert set(statuses(tree).values()) == {"unknown"}


def end_leases(tree: Tree) -> None:
    """As if the studio had been down for a while."""
    with closing(sqlite3.connect(tree.folder / "darkroom.sqlite3")) as database:
        database.execute("UPDATE engine_lease SET until = '2000-01-01 00:00:00'")
        database.commit()
