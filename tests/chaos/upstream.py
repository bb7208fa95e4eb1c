"""The pretend providers as a process of their own, which is never killed: `Upstream` starts it.

It says its ports in one line of JSON, and then does what each line of JSON on its input says.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio.engine.supervisor.lifeline import PR_SET_PDEATHSIG, prctl
from tests.benchmarks._tree import ROOT
from tests.chaos.books import Books
from tests.chaos.faults import Plan
from tests.chaos.formats import FORMATS
from tests.chaos.gate import SANDBOX, Gate
from tests.chaos.hooks import Herald
from tests.chaos.ledger import Ledger

SHUT_EVERY = (3.0, 9.0)
SHUT_FOR = (0.3, 1.5)


class Upstream:
    """The driver's end of it. path: where the ledger is written."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.upstream", f"--path={path}", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=partial(prctl, PR_SET_PDEATHSIG, signal.SIGKILL),
        )
        assert self.process.stdout
        self.ports: dict[str, int] = json.loads(self.process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.communicate(timeout=10)

    def say(self, what: str, **facts: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"what": what, **facts}) + "\n")
        self.process.stdin.flush()

    def lines(self) -> list[dict[str, Any]]:
        """All that has been noted so far."""
        whole = self.path.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]


class Recorder:
    """Looks orders up in the studio's database, in a thread of its own."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.thread = ThreadPoolExecutor(1)
        self.books: Books | None = None

    async def __call__(self, sha256: str) -> dict[str, bool]:
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._look, sha256)

    def _look(self, sha256: str) -> dict[str, bool]:
        self.books = self.books or Books(self.database)
        return self.books.sent(sha256)

    def close(self) -> None:
        if self.books:
            self.thread.submit(self.books.close).result()
        self.thread.shutdown()


async def serve(options: argparse.Namespace) -> None:
    plan = Plan(seed=options.seed, rate=options.rate, is_storming=False)
    ledger = Ledger(options.path)
    herald = Herald(ledger, plan)
    gate = Gate(
        ledger,
        plan,
        hang=options.hang,
        on_record=Recorder(options.database),
        on_task=herald.herald,
    )
    await gate.open()
    print(json.dumps(gate.ports), flush=True)
    shutting = asyncio.create_task(shut_doors(gate, plan))
    async for told in commands():
        match told["what"]:
            case "storm":
                plan.is_storming = True
            case "calm":
                plan.is_storming = False
            case "address":
                herald.addresses[told["key"]] = (told["url"], told["secret"])
        ledger.note(told["what"])
    shutting.cancel()
    await herald.close()
    await gate.close()


async def commands() -> Any:
    """What the driver says, until it is gone."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def shut_doors(gate: Gate, plan: Plan) -> None:
    """Now and then no connection is taken at one of the doors."""
    chance = plan.random("doors")
    while True:
        await asyncio.sleep(chance.uniform(*SHUT_EVERY))
        door, seconds = chance.choice([*FORMATS, SANDBOX]), chance.uniform(*SHUT_FOR)
        if plan.is_storming:
            await gate.shut(door, seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--hang", type=float, default=10.0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
