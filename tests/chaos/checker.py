"""The verdict on a run: what was promised, and each case where it was not kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.chaos import books
from tests.chaos.evidence import Case, Evidence
from tests.chaos.faults import Fault
from tests.chaos.run import Outcome

REMEMBERING = ("chatgpt2api", "gptimage2plus")
ENDS = ("succeeded", "failed", "blocked", "unknown", "cancelled")
SETTLED = 3.0  # seconds after its answer, an order is surely on record as accepted
NEVER_CAME = 5.0  # seconds in which an order that was marked as sent has arrived, if ever
Fact = tuple[Case, str]


@dataclass(kw_only=True)
class Verdict:
    """broken: promise → the cases; table: figures to print."""

    broken: dict[str, list[Fact]] = field(default_factory=dict)
    table: list[tuple[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def judge(outcome: Outcome) -> tuple[Verdict, Evidence]:
    evidence = Evidence(outcome)
    checks = {
        "1 charged once at most": charged_twice,
        "2 none lost": unfinished,
        "2 every picture is kept": lost_pictures,
        "2 nothing charged is given up": given_up,
        "3 an unknown outcome is not sent again": sent_again,
        "3 every unknown is explained": unexplained,
        "4 the same order is the same bytes": other_bytes,
        "4 providers that remember recover": not_recovered,
        "5 on record before it arrives": not_on_record,
        "7 a limit is waited for": too_soon,
        "18 a forged webhook is not believed": believed,
    }
    verdict = Verdict(notes=list(outcome.notes))
    for promise, check in checks.items():
        if facts := [fact for case in evidence.cases for fact in check(case, evidence)]:
            verdict.broken[promise] = facts
    verdict.table = figures(evidence)
    return verdict, evidence


# Each check tells of what is wrong with one job ---------------------------------------------------


def charged_twice(case: Case, evidence: Evidence) -> Iterator[Fact]:
    names = Counter(charge["name"] for charge in case.charges if charge["name"])
    if any(times > 1 for times in names.values()) or len(case.charges) > len(case.submissions):
        yield case, f"{len(case.charges)} charges for {len(case.submissions)} submissions"


def unfinished(case: Case, evidence: Evidence) -> Iterator[Fact]:
    for row in case.submissions:
        if row["status"] not in ENDS:
            yield case, f"still {row['status']}"
    if not case.submissions:
        yield case, "nothing was to be sent"


def lost_pictures(case: Case, evidence: Evidence) -> Iterator[Fact]:
    """What a submission holds is what its task made, and lies in the archive."""
    for row in case.submissions:
        charge, images = case.charge_of(row), case.images_of(row)
        if row["status"] != "succeeded":
            continue
        if charge is None:
            yield case, "pictures without a charge"
        elif {image["sha256"] for image in images} != evidence.pictures(charge):
            yield case, f"not the pictures of {charge['task']}"
        files = evidence.outcome.files
        if any(files.get(image["path"]) != image["sha256"] for image in images):
            yield case, "not in the archive as the row says"


def given_up(case: Case, evidence: Evidence) -> Iterator[Fact]:
    for row in case.submissions:
        is_over = row["status"] in ("failed", "blocked", "cancelled")
        if is_over and case.wish.expects == "pictures" and case.charge_of(row):
            yield case, f"{row['status']} ({row['error_code']}) although it was charged"


def sent_again(case: Case, evidence: Evidence) -> Iterator[Fact]:
    """After an arrival that was no definite no, nothing may follow."""
    if case.wish.provider in REMEMBERING:
        return
    for row in case.submissions:
        arrivals = case.named(row, case.arrivals)
        shares = 1 if arrivals and arrivals[0]["name"] else len(case.submissions)
        open_ones = [one for one in arrivals if not Fault(one["fault"]).is_no]
        if len(open_ones) > shares:
            yield case, f"sent {len(open_ones)} times without a no in between"


def unexplained(case: Case, evidence: Evidence) -> Iterator[Fact]:
    for row in case.submissions:
        if row["status"] == "unknown" and not explanation(case, row, evidence):
            yield case, "nothing explains why it is unknown"


def explanation(case: Case, row: books.Row, evidence: Evidence) -> str:
    """The fault of the gate, or else the acts on the studio, that lost the answer."""
    sent_at = books.moment(row["sent_at"]) or 0.0
    arrivals = [one for one in case.named(row, case.arrivals) if one["at"] > sent_at - 1]
    if lost := [one["fault"] for one in arrivals if Fault(one["fault"]).is_lost]:
        return ", ".join(lost)
    noted_at = _noted_at(case, row, sent_at, evidence)
    during = (act for act in evidence.acts if sent_at <= act.ended_at and act.began_at <= noted_at)
    return ", ".join(act.kind for act in during if act.ends_sending)


def _noted_at(case: Case, row: books.Row, sent_at: float, evidence: Evidence) -> float:
    """By when the answer to an order was surely on record, unless its sender was gone by then."""
    answers = [one["at"] for one in case.named(row, case.answers) if one["at"] > sent_at - 1]
    noted_at = max([*answers, sent_at + NEVER_CAME]) + SETTLED
    for act in sorted(evidence.acts, key=lambda act: act.began_at):
        if act.delays and sent_at <= act.ended_at and act.began_at <= noted_at:
            noted_at = max(noted_at, act.ended_at + SETTLED)
    return noted_at


def other_bytes(case: Case, evidence: Evidence) -> Iterator[Fact]:
    for row in case.submissions:
        if len({one["sha256"] for one in case.named(row, case.arrivals)}) > 1:
            yield case, "sent again with other bytes"


def not_recovered(case: Case, evidence: Evidence) -> Iterator[Fact]:
    if case.wish.provider not in REMEMBERING or case.wish.expects != "pictures":
        return
    for row in case.submissions:
        if row["status"] in ENDS and row["status"] != "succeeded":
            yield case, f"ended as {row['status']} ({row['error_code']})"


def not_on_record(case: Case, evidence: Evidence) -> Iterator[Fact]:
    """As sent; or, where the same order may be sent again, as about to be."""
    ids = {books.name(row["id"]) for row in case.submissions}
    for one in case.arrivals:
        found = {uid: is_sent for uid, is_sent in one["on_record"].items() if uid in ids}
        if not any(found.values()) and not (found and case.wish.provider in REMEMBERING):
            yield case, "arrived before it was on record"


def too_soon(case: Case, evidence: Evidence) -> Iterator[Fact]:
    """After a 429 with Retry-After: 7, the same order comes no sooner."""
    for row in case.submissions:
        arrivals = case.named(row, case.arrivals)
        is_named = bool(arrivals and arrivals[0]["name"])
        if case.wish.provider == "chatgpt2api" or not (is_named or len(case.submissions) == 1):
            continue
        for one, following in pairwise(arrivals):
            if one["fault"] == Fault.LIMITED and following["at"] - one["at"] < 6.9:
                yield case, f"again after {following['at'] - one['at']:.1f} s"


def believed(case: Case, evidence: Evidence) -> Iterator[Fact]:
    tasks = {charge["task"] for charge in case.charges}
    for one in evidence.all("told"):
        if one["task"] in tasks and one["way"] == "forged" and 200 <= one["status"] < 300:
            yield case, f"a forged call was answered with {one['status']}"


# Figures ------------------------------------------------------------------------------------------


def figures(evidence: Evidence) -> list[tuple[str, Any]]:
    rows = [row for case in evidence.cases for row in case.submissions]
    ends = Counter(row["status"] for row in rows)
    unknown = [
        explanation(case, row, evidence)
        for case in evidence.cases
        for row in case.submissions
        if row["status"] == "unknown"
    ]
    acts = Counter(act.kind.partition(" ")[0] for act in evidence.acts)
    arrivals = evidence.all("arrived")
    return [
        ("jobs placed, submissions", f"{len(evidence.cases)}, {len(rows)}"),
        ("ended as", ", ".join(f"{name} {n}" for name, n in ends.most_common())),
        ("orders arrived, charged", f"{len(arrivals)}, {len(evidence.all('charged'))}"),
        ("on record when they arrived", sum(bool(one["on_record"]) for one in arrivals)),
        ("sent again and recognised", len(evidence.all("repeated"))),
        ("acts", ", ".join(f"{kind} {n}" for kind, n in acts.items())),
        ("faults met", sum(evidence.faults.values())),
        ("forms sent more than once", evidence.outcome.doubles),
        ("sent while a key had its fill", len(evidence.all("crowded"))),
        ("most calls in an hour on a key of 600", most_calls(evidence)),
        ("back at work after a kill, longest", f"{longest_silence(evidence):.1f} s"),
        ("all at their end after the storm", f"{evidence.outcome.took:.1f} s"),
        ("unknown, each explained", f"{len(unknown)}, {sum(map(bool, unknown))}"),
    ]


def most_calls(evidence: Evidence) -> int:
    """Of one key of GPTImage2 Plus: a run is no longer than an hour."""
    calls = Counter(
        line["key"]
        for line in evidence.lines
        if line["what"] in ("arrived", "polled") and line["provider"] == "gptimage2plus"
    )
    return max(calls.values(), default=0)


def longest_silence(evidence: Evidence) -> float:
    """From a kill until a provider is called again: 0 when there was nothing to call for."""
    calls = [line["at"] for line in evidence.lines if line["what"] in ("arrived", "polled")]
    begun = [act.began_at for act in evidence.acts if act.ends_sending]
    return max(
        (min((at - b for at in calls if at > b + 0.5), default=0.0) for b in begun), default=0.0
    )
