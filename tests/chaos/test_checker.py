"""The checker itself: it lets a good run pass and sees each way in which one can be bad."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.acts import Act
from tests.chaos.checker import judge
from tests.chaos.report import report
from tests.chaos.run import Outcome, Script
from tests.chaos.tasks import picture
from tests.chaos.wishes import Wish

BEGUN = 1_800_000_000.0
PROVIDERS = {1: "apimart", 2: "gptimage2plus"}
NAMES = {number: str(UUID(int=number)) for number in PROVIDERS}


def at(seconds: float) -> str:
    return datetime.fromtimestamp(BEGUN + seconds, tz=UTC).replace(tzinfo=None).isoformat()


def prompt(number: int) -> str:
    return f"a vase, number {number}"


def hash_of(number: int) -> str:
    return sha256(picture(f"task_{number}-0")).hexdigest()


def wish(number: int) -> Wish:
    return Wish(
        number=number,
        provider=PROVIDERS[number],
        key=1,
        prompt=prompt(number),
        count=1,
        fields={},
        token=UUID(int=number),
    )


def lines(number: int) -> list[dict[str, Any]]:
    """Arrived, charged, answered."""
    named = NAMES[number] if number == 2 else ""
    about = {"prompt": prompt(number), "name": named, "sha256": "a"}
    known = {"provider": PROVIDERS[number], "key": "k", **about}
    arrived = {"nth": 1, "fault": "none", "on_record": {NAMES[number]: True}, **known}
    charged = {"task": f"task_{number}", "count": 1, "done_at": BEGUN + 5, **known}
    return [
        {"at": BEGUN + 1.1, "what": "arrived", **arrived},
        {"at": BEGUN + 1.2, "what": "charged", **charged},
        {"at": BEGUN + 1.3, "what": "answered", "status": 200, "is_whole": True, **about},
    ]


def good() -> Outcome:
    """An order each to a provider that forgets and to one that remembers, both done."""
    submissions, images = [], []
    for number, name in NAMES.items():
        row = {"id": UUID(name).hex, "job_id": number, "status": "succeeded", "error_code": ""}
        ticket = f'{{"task_id": "task_{number}"}}'
        submissions.append({**row, "tries": 1, "sent_at": at(1), "ticket": ticket})
        found = {"sha256": hash_of(number), "path": f"{number}.png", "submission_id": row["id"]}
        images.append({"job_id": number, **found})
    return Outcome(
        script=Script(seed=1, jobs=2, seconds=1, within=1),
        wishes=[wish(number) for number in PROVIDERS],
        lines=[line for number in PROVIDERS for line in lines(number)],
        acts=[],
        tables={
            "jobs_job": [{"id": number, "prompt": prompt(number)} for number in PROVIDERS],
            "jobs_submission": submissions,
            "jobs_image": images,
            "jobs_event": [],
        },
        files={f"{number}.png": hash_of(number) for number in PROVIDERS},
        storm=1.0,
        took=1.0,
        doubles=0,
    )


def row(run: Outcome, number: int) -> dict[str, Any]:
    return run.tables["jobs_submission"][number - 1]


def again(run: Outcome, number: int, what: str, **changes: Any) -> None:
    """The same once more, ten seconds later."""
    line = next(one for one in run.lines if one["what"] == what and one["prompt"] == prompt(number))
    run.lines.append({**line, "at": line["at"] + 10, **changes})


def lose(run: Outcome, number: int, status: str = "unknown") -> None:
    row(run, number)["status"] = status
    run.tables["jobs_image"].pop(number - 1)


def limit_and_hurry(run: Outcome) -> None:
    run.lines[0]["fault"] = "limited"
    again(run, 1, "arrived", at=BEGUN + 6)


FORGED = {"at": BEGUN + 2, "what": "told", "way": "forged", "task": "task_2", "status": 204}
BAD: dict[str, Callable[[Outcome], object]] = {
    "1 charged once at most": lambda run: again(run, 1, "charged", task="task_9"),
    "2 none lost": lambda run: row(run, 1).update(status="running"),
    "2 every picture is kept": lambda run: run.files.pop("1.png"),
    "2 nothing charged is given up": lambda run: lose(run, 1, "failed"),
    "3 an unknown outcome is not sent again": lambda run: again(run, 1, "arrived"),
    "3 every unknown is explained": lambda run: lose(run, 1),
    "4 the same order is the same bytes": lambda run: again(run, 2, "arrived", sha256="b"),
    "4 providers that remember recover": lambda run: lose(run, 2),
    "5 on record before it arrives": lambda run: run.lines[0].update(on_record={}),
    "7 a limit is waited for": limit_and_hurry,
    "18 a forged webhook is not believed": lambda run: run.lines.append(FORGED),
}


def test_a_good_run_passes():
    assert judge(good())[0].broken == {}


@pytest.mark.parametrize("promise", BAD)
def test_each_way_to_be_bad_is_seen_and_told(promise: str):
    run = deepcopy(good())

    BAD[promise](run)

    assert promise in judge(run)[0].broken
    text, is_kept = report(run)
    assert not is_kept
    assert f"BROKEN {promise}" in text
    assert "a vase, number" in text


def test_a_wish_that_became_two_jobs_is_told():
    run = good()
    run.tables["jobs_job"].append({"id": 3, "prompt": prompt(1)})

    assert "BROKEN 12" in report(run)[0]


@pytest.mark.parametrize(
    ("kind", "began", "is_explained"),
    [
        ("kill pump", 2, True),
        ("kill supervisor", 2, True),
        ("kill web", 2, False),
        ("term", 2, False),
        ("lock", 2, False),
        ("kill pump", 30, False),
        ("kill pump", -30, False),
    ],
)
def test_only_what_can_lose_an_answer_explains_that_it_was_lost(
    kind: str, began: float, is_explained: bool
):
    run = good()
    lose(run, 1)
    run.acts.append(Act(kind=kind, began_at=BEGUN + began, ended_at=BEGUN + began + 1))

    broken = judge(run)[0].broken

    assert ("3 every unknown is explained" not in broken) == is_explained


def test_a_fault_of_the_gate_explains_what_it_lost():
    run = good()
    lose(run, 1)
    run.lines[0]["fault"] = "close_after"

    assert judge(run)[0].broken == {}
