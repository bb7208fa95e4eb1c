"""What is known of a run, put together by submission: rows, arrivals, charges, acts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from tests.chaos import books
from tests.chaos.faults import Fault
from tests.chaos.run import Outcome
from tests.chaos.tasks import picture
from tests.chaos.wishes import Wish

Line = dict[str, Any]


@dataclass(kw_only=True)
class Case:
    """One job: what was wished, what the studio says, and what the providers say."""

    wish: Wish
    job: books.Row
    submissions: list[books.Row] = field(default_factory=list)
    images: list[books.Row] = field(default_factory=list)
    events: list[books.Row] = field(default_factory=list)
    arrivals: list[Line] = field(default_factory=list)
    answers: list[Line] = field(default_factory=list)
    charges: list[Line] = field(default_factory=list)

    def named(self, row: books.Row, lines: list[Line]) -> list[Line]:
        """Those about one submission; about the job, where the provider knows no name."""
        return [line for line in lines if line["name"] in ("", books.name(row["id"]))]

    def images_of(self, row: books.Row) -> list[books.Row]:
        return [image for image in self.images if image["submission_id"] == row["id"]]

    def charge_of(self, row: books.Row) -> Line | None:
        """By the ticket that the studio holds, by our name, or the only one there is."""
        held = books.ticket(row["ticket"]).values()
        lines = self.named(row, self.charges)
        by_ticket = [one for one in lines if one["task"] in held or one["name"] in held]
        return next(iter(by_ticket or (lines if len(lines) == 1 else [])), None)


class Evidence:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.lines, self.acts = outcome.lines, outcome.acts

    def all(self, what: str) -> list[Line]:
        return [line for line in self.lines if line["what"] == what]

    @cached_property
    def cases(self) -> list[Case]:
        """In the order of the wishes. A wish without a job has none; see `unplaced`."""
        jobs = {job["prompt"]: job for job in self.outcome.tables["jobs_job"]}
        cases = {
            wish.prompt: Case(wish=wish, job=jobs[wish.prompt])
            for wish in self.outcome.wishes
            if wish.prompt in jobs
        }
        of_job = {case.job["id"]: case for case in cases.values()}
        for table, name in (
            ("submission", "submissions"),
            ("image", "images"),
            ("event", "events"),
        ):
            for row in self.outcome.tables[f"jobs_{table}"]:
                if case := of_job.get(row["job_id"]):
                    getattr(case, name).append(row)
        for what, name in (
            ("arrived", "arrivals"),
            ("answered", "answers"),
            ("charged", "charges"),
        ):
            for line in self.all(what):
                if case := cases.get(line["prompt"]):
                    getattr(case, name).append(line)
        return list(cases.values())

    @cached_property
    def unplaced(self) -> list[str]:
        """Wishes that are not exactly one job."""
        prompts = [job["prompt"] for job in self.outcome.tables["jobs_job"]]
        return [one.prompt for one in self.outcome.wishes if prompts.count(one.prompt) != 1]

    @cached_property
    def faults(self) -> dict[str, int]:
        """How many of each kind were met."""
        found: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if (fault := line.get("fault", Fault.NONE)) != Fault.NONE:
                found[fault] += 1
        found["shut"] = len(self.all("shut"))
        for line in self.all("told"):
            found[f"webhook {line['way']}"] += line["way"] != "on time"
        return dict(found)

    def pictures(self, charge: Line) -> set[str]:
        """The hashes of what a task makes."""
        names = (f"{charge['task']}-{number}" for number in range(charge["count"]))
        return {sha256(picture(name)).hexdigest() for name in names}

    def story(self, case: Case) -> str:
        """What happened to one job, and to the studio meanwhile, in the order of time."""
        keep = {"what", "fault", "nth", "status", "is_whole", "task", "asked", "is_over", "way"}
        tasks = {charge["task"] for charge in case.charges}
        told = [
            (line["at"], f"gate    { ({k: v for k, v in line.items() if k in keep}) }")
            for line in self.lines
            if line.get("prompt") == case.wish.prompt or _task_of(line) in tasks
        ]
        told += [
            (books.moment(event["at"]) or 0.0, f"studio  {event['kind']} {event['facts']}")
            for event in case.events
        ]
        began, ended = min(told)[0] - 30, max(told)[0] + 30
        told += [
            (act.began_at, f"act     {act.kind} for {act.ended_at - act.began_at:.1f} s")
            for act in self.acts
            if began <= act.began_at <= ended
        ]
        rows = [
            f"  row {row['status']} {row['error_code']} tries {row['tries']}"
            for row in case.submissions
        ]
        lines = [f"  {at - began - 30:8.2f} s  {words}" for at, words in sorted(told)]
        return "\n".join([f"{case.wish.provider}: {case.wish.prompt}", *rows, *lines])


def _task_of(line: Line) -> str:
    named = line.get("task") or line.get("asked") or line.get("picture", "").rpartition("-")[0]
    return str(named)
