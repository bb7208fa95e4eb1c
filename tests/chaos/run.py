"""One run: a studio, pretend providers, orders, and what is done to them. Then the verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmarks._tree import Tree
from tests.chaos import books
from tests.chaos.acts import KINDS, Act, Stage, small_disk
from tests.chaos.office import Office, database
from tests.chaos.upstream import Upstream
from tests.chaos.wishes import Wish, wishes

DISK_MB = 600
UNFINISHED = (
    "SELECT id FROM jobs_submission WHERE status IN ('queued', 'submitting', 'running', 'saving')"
)


@dataclass(frozen=True, kw_only=True)
class Script:
    """seconds: how long it storms; within: how long the rest may take; hang: how long answers may.

    rate: of requests that meet a fault. keys: for each provider, besides its sandbox key.
    """

    seed: int
    jobs: int
    seconds: float
    within: float
    keys: int = 2
    rate: float = 0.3
    hang: float = 8.0
    steps: Sequence[str] = ()

    def plan(self) -> list[str]:
        """The steps in any order; who "kill any" kills is drawn."""
        chance = Random(f"{self.seed} steps")
        drawn = [step.replace("any", chance.choice(KINDS)) for step in self.steps]
        chance.shuffle(drawn)
        return drawn


@dataclass(kw_only=True)
class Outcome:
    """Everything that a checker needs. folder: the studio's data, still there."""

    script: Script
    wishes: list[Wish]
    lines: list[dict[str, Any]]
    acts: list[Act]
    tables: dict[str, list[books.Row]]
    files: dict[str, str]
    took: float
    doubles: int
    notes: list[str] = field(default_factory=list)


def run(script: Script, folder: Path) -> Outcome:
    """Play it in an empty folder."""
    data = folder / "data"
    with small_disk(data, DISK_MB) as disk:
        options = {"seed": script.seed, "rate": script.rate, "hang": script.hang}
        upstream = Upstream(folder / "ledger.jsonl", database=data / "darkroom.sqlite3", **options)
        with upstream, studio(data, upstream) as tree:
            return _played(script, folder, tree, upstream, disk)


def studio(data: Path, upstream: Upstream) -> Tree:
    """With default settings, but for addresses."""
    tree = Tree(
        data,
        DJANGO_SETTINGS_MODULE="tests.benchmarks.settings",
        SANDBOX_AT=f"http://127.0.0.1:{upstream.ports['sandbox']}",
        STUDIO_ALLOW_PRIVATE_HOSTS="127.0.0.0/8",
        STUDIO_MIN_FREE_MB="64",
    )
    tree.environment["STUDIO_PUBLIC_URL"] = tree.url
    return tree


def _played(
    script: Script, folder: Path, tree: Tree, upstream: Upstream, disk: Path | None
) -> Outcome:
    office = Office(tree, upstream, keys=script.keys)
    stage = Stage(tree, set(upstream.ports.values()), folder / "acts.jsonl", disk=disk)
    ordered = wishes(script.seed, script.jobs, script.keys)
    upstream.say("storm")
    with ThreadPoolExecutor(4) as pool:
        placing = pool.submit(place_all, office, ordered, script.seconds * 0.7)
        storm(script, stage)
        placing.result()
    upstream.say("calm")
    calm_at = time.monotonic()
    wait_for_all(tree, within=script.within)
    outcome = Outcome(
        script=script,
        wishes=ordered,
        lines=upstream.lines(),
        acts=stage.acts,
        tables=tables(tree),
        files=archive(tree),
        took=time.monotonic() - calm_at,
        doubles=office.doubles,
    )
    if disk is None:
        outcome.notes.append("no disk was filled: this machine mounts none for us")
    return outcome


def place_all(office: Office, ordered: list[Wish], seconds: float) -> None:
    """Spread over a time; those for slow keys first, so that they end with the others."""
    queue = sorted(ordered, key=lambda wish: wish.key == 0)
    began_at = time.monotonic()
    for place, wish in enumerate(queue):
        due = began_at + seconds * (place / len(queue)) ** 1.5
        time.sleep(max(0.0, due - time.monotonic()))
        office.place(wish)


def storm(script: Script, stage: Stage) -> None:
    """The steps, spread evenly over the time that is left to each."""
    ends_at = time.monotonic() + script.seconds
    steps = script.plan()
    for number, step in enumerate(steps):
        pause = (ends_at - time.monotonic()) / (len(steps) - number + 1)
        time.sleep(max(0.5, min(pause, 10.0)))
        stage.play(step)
    time.sleep(max(0.0, ends_at - time.monotonic()))


def wait_for_all(tree: Tree, *, within: float) -> None:
    """Until nothing is under way, or the time is over: the checker says what is."""
    deadline = time.monotonic() + within
    with books.opened(database(tree)) as found:
        while found.rows(UNFINISHED) and time.monotonic() < deadline:
            time.sleep(0.2)


def tables(tree: Tree) -> dict[str, list[books.Row]]:
    with books.opened(database(tree)) as found:
        return {
            name: found.rows(f"SELECT * FROM {name}")
            for name in ("jobs_job", "jobs_submission", "jobs_image", "jobs_event")
        }


def archive(tree: Tree) -> dict[str, str]:
    """Path → SHA-256 of each file in the archive."""
    home = tree.folder / "pictures"
    files = (path for path in home.rglob("*") if path.is_file())
    return {str(path.relative_to(home)): sha256(path.read_bytes()).hexdigest() for path in files}
