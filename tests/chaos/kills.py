"""The sender is killed when its order arrives, again and again: `python -m tests.chaos.kills`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import books
from tests.chaos.inside import Providers
from tests.chaos.pumper import Pumper
from tests.chaos.upstream import Recorder

PROVIDERS = ("apimart", "gptimage2plus", "aigptimage", "apimodels", "chatgpt2api")
REMEMBERING = ("gptimage2plus", "chatgpt2api")


@dataclass(kw_only=True)
class Killed:
    """kills: how many. arrivals, charges: lines of the ledger. rows: submissions by prompt."""

    kills: int
    arrivals: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    rows: dict[str, books.Row]

    @property
    def unrecorded(self) -> list[str]:
        """Orders that arrived before the studio had noted that it sends them."""
        return [one["prompt"] for one in self.arrivals if not is_on_record(one)]

    @property
    def sent_again(self) -> list[str]:
        """Orders that were sent a second time to who would not know them again."""
        times = Counter(
            one["prompt"] for one in self.arrivals if one["provider"] not in REMEMBERING
        )
        return [prompt for prompt, n in times.items() if n > 1]

    @property
    def charged_twice(self) -> list[str]:
        times = Counter(one["prompt"] for one in self.charges)
        return [prompt for prompt, n in times.items() if n > 1]

    @property
    def astray(self) -> list[str]:
        """Neither done nor unknown; and unknown only where nobody remembers."""
        ends = {True: {"saving"}, False: {"saving", "unknown"}}
        return [
            prompt
            for prompt, row in self.rows.items()
            if row["status"] not in ends[prompt.split()[0] in REMEMBERING]
        ]


def is_on_record(line: dict[str, Any]) -> bool:
    """As sent; or as put back to be sent again, to who will know it again."""
    is_sent = any(line["on_record"].values())
    return is_sent or bool(line["on_record"] and line["provider"] in REMEMBERING)


class Killer:
    """Kills the pump when an order of it arrives, once for each pump."""

    def __init__(self) -> None:
        self.victim = 0

    async def __call__(self, port: int) -> None:
        victim, self.victim = self.victim, 0
        if victim:
            os.kill(victim, signal.SIGKILL)


def kill(times: int, folder: Path) -> Killed:
    """Five orders, one to each provider, for every kill; then all are let through."""
    killer, recorder = Killer(), Recorder(folder / "data" / "darkroom.sqlite3")
    gate = {"on_record": recorder, "on_order": killer}
    with (
        Providers(folder / "ledger.jsonl", **gate) as providers,
        Pumper(folder / "data", providers.sandbox) as pumper,
    ):
        kills = 0
        for number in range(times):
            for provider in PROVIDERS:
                pumper.order(provider, number)
            pid = pumper.pump()
            killer.victim = pid
            kills += os.waitstatus_to_exitcode(pumper.wait(pid)) == -signal.SIGKILL
        killer.victim = 0
        pumper.wait(pumper.pump())
        lines = {what: providers.lines(what) for what in ("arrived", "charged")}
    recorder.close()
    query = "SELECT s.*, j.prompt FROM jobs_submission s JOIN jobs_job j ON j.id = s.job_id"
    with books.opened(folder / "data" / "darkroom.sqlite3") as found:
        rows = {row["prompt"]: row for row in found.rows(query)}
    return Killed(kills=kills, arrivals=lines["arrived"], charges=lines["charged"], rows=rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    with tempfile.TemporaryDirectory(prefix="darkroom-chaos-") as folder:
        killed = kill(parser.parse_args().kills, Path(folder))
    ends = Counter(row["status"] for row in killed.rows.values())
    print(f"kills {killed.kills}, orders {len(killed.rows)}, arrived {len(killed.arrivals)}")
    print(f"not on record {killed.unrecorded}, charged twice {killed.charged_twice}")
    print(f"sent again {killed.sent_again}, astray {killed.astray}, ends {dict(ends)}")
    sys.exit(bool(killed.unrecorded or killed.charged_twice or killed.sent_again or killed.astray))


if __name__ == "__main__":
    main()
