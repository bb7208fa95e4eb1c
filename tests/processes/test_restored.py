"""Backed up while it runs, restored elsewhere, started: nothing is sent until a person says so."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.benchmarks._ledger import Ledger
from tests.benchmarks._orders import Desk, rows
from tests.benchmarks._tree import PASSWORD, ROOT, Tree, until

pytestmark = pytest.mark.processes

SECRET_KEY = "s" * 50  # the pretend provider knows its tickets by it
BEATS = 2


def manage(tree: Tree, *words: str | Path) -> str:
    done = subprocess.run(
        tree.command(*map(str, words)),
        cwd=ROOT,
        env=tree.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def studio(ledger: Ledger, folder: Path) -> Tree:
    tree = ledger.studio(folder)
    tree.environment["STUDIO_SECRET_KEY"] = SECRET_KEY
    return tree


def statuses(tree: Tree) -> dict[str, str]:
    return {row["prompt"]: row["status"] for row in rows(tree, "SELECT * FROM jobs_job")}


def counts(tree: Tree) -> dict[str, int]:
    """Rows of everything that a backup keeps and that nobody changes on hold."""
    names = ["accounts_user", "vault_providerkey", "jobs_job", "jobs_submission", "jobs_image"]
    return {name: rows(tree, f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in names}


def watch_beats(tree: Tree) -> None:
    """Until the workers have shown a sign of life several times, and had time to do something."""
    seen: set[str] = set()

    def look() -> bool:
        seen.update(row["at"] for row in rows(tree, "SELECT at FROM engine_heartbeat"))
        return len(seen) > BEATS

    until(look, within=60, what=f"{BEATS} beats of the workers")


def check_pictures(tree: Tree) -> int:
    images = rows(tree, "SELECT * FROM jobs_image WHERE state = 'kept'")
    for image in images:
        data = (tree.folder / "pictures" / image["path"]).read_bytes()
        assert sha256(data).hexdigest() == image["sha256"]
    return len(images)


def sign_in(tree: Tree) -> httpx.Client:
    client = httpx.Client(base_url=tree.url, follow_redirects=True, timeout=30)
    tree.clients.append(client)
    client.get("/login/").raise_for_status()
    tree.post(client, "/login/", {"username": "alice@example.com", "password": PASSWORD})
    return client


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger() as ledger:
        yield ledger


@pytest.mark.promise(1)
@pytest.mark.promise(46)
def test_a_restored_studio_sends_nothing_until_a_person_says_so(ledger: Ledger, tmp_path: Path):
    backup = tmp_path / "one.tar"
    with studio(ledger, tmp_path / "old") as old:
        desk = Desk(old)
        for number in range(3):
            desk.place(f"done {number} [fast]")
        desk.wait_for(3)
        desk.place("under way [slow:20]")
        until(lambda: statuses(old)["under way [slow:20]"] == "running", within=30, what="sent")
        manage(old, "hold")
        for number in range(2):
            desk.place(f"waiting {number} [fast]")
        manage(old, "backup", backup)
        had = counts(old)
        manage(old, "resume", "--yes")
        until(lambda: len(ledger.posts) == 6, within=60, what="the old studio sends what waited")
        desk.client.close()

    new = studio(ledger, tmp_path / "new")
    assert "hashes, counts and keys between tables agree" in manage(new, "restore", backup)
    shutil.copytree(old.folder / "secrets", new.folder / "secrets")  # what was kept apart
    asked = ledger.asked
    with new:
        assert counts(new) == had
        assert rows(new, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert check_pictures(new) == 3
        client = sign_in(new)
        page = client.get("/").text
        assert "was restored from a backup and is on hold" in page
        assert re.search(r"2 orders from the backup may have been sent elsewhere", page)
        new.place(client, "new here [fast]")
        watch_beats(new)
        assert (len(ledger.posts), ledger.asked) == (6, asked)
        assert Counter(statuses(new).values()) == {"succeeded": 3, "running": 1, "queued": 3}

        new.post(client, "/hold/resume/", {})
        until(
            lambda: set(statuses(new).values()) <= {"succeeded", "cancelled"},
            within=90,
            what="what was under way and what is new come to their end",
        )

        found = statuses(new)
        assert {prompt for prompt, status in found.items() if status == "cancelled"} == {
            "waiting 0 [fast]",
            "waiting 1 [fast]",
        }
        assert check_pictures(new) == 5
        assert set(Counter(post.prompt for post in ledger.posts).values()) == {1}
        assert len(ledger.posts) == 7
