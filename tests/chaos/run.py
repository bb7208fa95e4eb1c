"""One run: a studio, pretend providers, orders, and what is done to them. Then the verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmarks._tree import Tree
from tests.chaos import books
from tests.chaos.acts import KINDS, Act, Stage, small_disk
from tests.chaos.office import Office
from tests.chaos.stacks import Embedded, Served, Stack
from tests.chaos.upstream import Upstream
from tests.chaos.wishes import Wish, wishes
from tests.services import Services

DISK_MB = 300
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
    """Everything that a checker needs. storm, took: seconds of the storm, and after it."""

    script: Script
    wishes: list[Wish]
    lines: list[dict[str, Any]]
    acts: list[Act]
    tables: dict[str, list[books.Row]]
    files: dict[str, str]
    storm: float
    took: float
    doubles: int
    notes: list[str] = field(default_factory=list)


def run(script: Script, folder: Path, services: Services | None = None) -> Outcome:
    """Play it in an empty folder: on what is in there, or on services."""
    if services:
        return _set_up(script, folder, Served(services), None)
    data = folder / "one"
    with small_disk(data, DISK_MB) as disk:
        outcome = _set_up(script, folder, Embedded(data), disk)
    if disk is None:
        outcome.notes.append("no disk was filled: this machine mounts none for us")
    return outcome


def _set_up(script: Script, folder: Path, stack: Stack, disk: Path | None) -> Outcome:
    options = {"seed": script.seed, "rate": script.rate, "hang": script.hang}
    with (
        Upstream(folder / "ledger.jsonl", database=stack.database, **options) as upstream,
        ExitStack() as machines,
    ):
        trees = studio(folder, stack, upstream)
        for tree in trees:
            machines.enter_context(tree)
        ports = set(upstream.ports.values())
        stage = Stage(trees, stack, ports, folder / "acts.jsonl", disk=disk)
        return _played(script, stage, upstream)


def studio(folder: Path, stack: Stack, upstream: Upstream) -> list[Tree]:
    """With default settings, but for addresses. The first of its machines is its public one."""
    own = {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "SANDBOX_AT": f"http://127.0.0.1:{upstream.ports['sandbox']}",
        "STUDIO_ALLOW_PRIVATE_HOSTS": "127.0.0.0/8",
        "STUDIO_MIN_FREE_MB": "64",
    }
    names = ("one", "two")[: stack.machines]
    trees = [Tree(folder / name, **own, **stack.environment) for name in names]
    for tree in trees:
        tree.environment["STUDIO_PUBLIC_URL"] = trees[0].url
    return trees


def _played(script: Script, stage: Stage, upstream: Upstream) -> Outcome:
    database = stage.stack.database
    office = Office(stage.trees, database, upstream, keys=script.keys)
    ordered = wishes(script.seed, script.jobs, script.keys)
    began_at = time.monotonic()
    upstream.say("storm")
    with ThreadPoolExecutor(4) as pool:
        placing = pool.submit(place_all, office, ordered, script.seconds * 0.7)
        storm(script, stage)
        placing.result()
    upstream.say("calm")
    calm_at = time.monotonic()
    wait_for_all(database, within=script.within)
    return Outcome(
        script=script,
        wishes=ordered,
        lines=upstream.lines(),
        acts=stage.acts,
        tables=tables(database),
        files=stage.stack.files(),
        storm=calm_at - began_at,
        took=time.monotonic() - calm_at,
        doubles=office.doubles,
    )


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


def wait_for_all(database: str, *, within: float) -> None:
    """Until nothing is under way, or the time is over: the checker says what is."""
    deadline = time.monotonic() + within
    with books.opened(database) as found:
        while found.rows(UNFINISHED) and time.monotonic() < deadline:
            time.sleep(0.2)


def tables(database: str) -> dict[str, list[books.Row]]:
    with books.opened(database) as found:
        return {
            name: found.rows(f"SELECT * FROM {name}")
            for name in ("jobs_job", "jobs_submission", "jobs_image", "jobs_event")
        }
