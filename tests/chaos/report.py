"""A run's verdict in words: the table, and the story of whatever went wrong."""

from __future__ import annotations

from collections import Counter

from tests.chaos.checker import Verdict, explanation, judge
from tests.chaos.evidence import Evidence
from tests.chaos.run import Outcome

STORIES = 3


def report(outcome: Outcome) -> tuple[str, bool]:
    """And whether every promise was kept."""
    verdict, evidence = judge(outcome)
    broken = {promise: len(facts) for promise, facts in verdict.broken.items()}
    if evidence.unplaced:
        broken["12 one job for each form"] = len(evidence.unplaced)
    words = [
        f"seed {outcome.script.seed}, {outcome.storm:.0f} s of storm",
        *(f"  {name:<38} {figure}" for name, figure in verdict.table),
        *(f"  {name:<38} {n}" for name, n in reasons(evidence).most_common()),
        *(f"  note: {note}" for note in verdict.notes),
        *(f"BROKEN {promise}: {n}" for promise, n in broken.items()),
        *stories(verdict, evidence),
    ]
    return "\n".join(words), not broken


def reasons(evidence: Evidence) -> Counter[str]:
    """What made outcomes unknown."""
    return Counter(
        f"  unknown: {explanation(case, row, evidence) or 'NOTHING'}"
        for case in evidence.cases
        for row in case.submissions
        if row["status"] == "unknown"
    )


def stories(verdict: Verdict, evidence: Evidence) -> list[str]:
    return [
        f"\n{promise}: {words}\n{evidence.story(case)}"
        for promise, facts in verdict.broken.items()
        for case, words in facts[:STORIES]
    ]
