"""The sender is killed when its order arrives, again and again: `python -m tests.chaos.kills`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import books
from tests.chaos.inside import Providers
from tests.chaos.pumper import Pumper
from tests.chaos.upstream import Recorder

PROVIDERS = ("apimart", "gptimage2plus", "aigptimage", "apimodels", "chatgpt2api")
FROZEN_AT_MOST = 3.0
REMEMBERING = ("gptimage2plus", "chatgpt2api")


@dataclass(kw_only=True)
class Struck:
    """times: how often. arrivals, charges: lines of the ledger. rows: submissions by prompt."""

    times: int
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


class Striker:
    """Sends a signal to a pump when an order of it arrives, once for each aim.

    From `arm` on, orders that arrive wait until it is known whom they come from.
    """

    def __init__(self) -> None:
        self.victim, self.signal = 0, signal.SIGKILL
        self.has_come, self.is_aimed = threading.Event(), threading.Event()

    def arm(self) -> None:
        self.is_aimed.clear()

    def aim(self, victim: int, number: signal.Signals) -> None:
        self.has_come.clear()
        self.victim, self.signal = victim, number
        self.is_aimed.set()

    async def __call__(self, port: int) -> None:
        await asyncio.to_thread(self.is_aimed.wait, 10)
        victim, self.victim = self.victim, 0
        if victim:
            os.kill(victim, self.signal)
        self.has_come.set()


Round = Callable[[Pumper, Striker], bool]


def kill_one(pumper: Pumper, striker: Striker) -> bool:
    """Whether the pump was killed."""
    striker.arm()
    pid = pumper.pump()
    striker.aim(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(pumper.wait(pid)) == -signal.SIGKILL


def freeze_one(pumper: Pumper, striker: Striker) -> bool:
    """Another takes over from a frozen pump, which is let go in the middle of it.

    Or after a while: on SQLite a pump that is frozen while it writes locks out everybody else.
    """
    striker.arm()
    first = pumper.pump()
    striker.aim(first, signal.SIGSTOP)
    is_frozen = striker.has_come.wait(20)
    striker.aim(0, signal.SIGSTOP)
    let_go = threading.Timer(FROZEN_AT_MOST, os.kill, (first, signal.SIGCONT))
    let_go.start()
    second = pumper.pump()
    striker.has_come.wait(FROZEN_AT_MOST)
    os.kill(first, signal.SIGCONT)
    let_go.cancel()
    ends = [os.waitstatus_to_exitcode(pumper.wait(pid)) for pid in (first, second)]
    return is_frozen and ends == [0, 0]


def strike(times: int, folder: Path, one: Round = kill_one) -> Struck:
    """Five orders, one to each provider, every time; then all are let through."""
    database = str(folder / "data" / "darkroom.sqlite3")
    striker, recorder = Striker(), Recorder(database)
    gate = {"on_record": recorder, "on_order": striker}
    with (
        Providers(folder / "ledger.jsonl", **gate) as providers,
        Pumper(folder / "data", providers.sandbox) as pumper,
    ):
        struck = 0
        for number in range(times):
            for provider in PROVIDERS:
                pumper.order(provider, number)
            struck += one(pumper, striker)
        striker.aim(0, signal.SIGKILL)
        pumper.wait(pumper.pump())
        lines = {what: providers.lines(what) for what in ("arrived", "charged")}
    recorder.close()
    query = "SELECT s.*, j.prompt FROM jobs_submission s JOIN jobs_job j ON j.id = s.job_id"
    with books.opened(database) as found:
        rows = {row["prompt"]: row for row in found.rows(query)}
    return Struck(times=struck, arrivals=lines["arrived"], charges=lines["charged"], rows=rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    with tempfile.TemporaryDirectory(prefix="darkroom-chaos-") as folder:
        found = strike(parser.parse_args().kills, Path(folder))
    ends = Counter(row["status"] for row in found.rows.values())
    print(f"kills {found.times}, orders {len(found.rows)}, arrived {len(found.arrivals)}")
    print(f"not on record {found.unrecorded}, charged twice {found.charged_twice}")
    print(f"sent again {found.sent_again}, astray {found.astray}, ends {dict(ends)}")
    sys.exit(bool(found.unrecorded or found.charged_twice or found.sent_again or found.astray))


if __name__ == "__main__":
    main()
