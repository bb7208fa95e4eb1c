"""The pretend providers in a thread of the test, where its pump finds them. No chance is left."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.chaos.faults import Plan
from tests.chaos.gate import Gate
from tests.chaos.ledger import Ledger


class Providers:
    """Only what a prompt is marked with goes wrong."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        ledger = Ledger(path, seconds=(0.05, 0.1))
        self.gate = Gate(ledger, Plan(seed=0, rate=0), **options)

    def __enter__(self) -> Self:
        self.thread.start()
        self.start(self.gate.open()).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.start(self.gate.close()).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        self.gate.ledger.file.close()

    def start(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.gate.ports['sandbox']}/sandbox"

    def lines(self, what: str) -> list[dict[str, Any]]:
        told = (json.loads(line) for line in self.path.read_text().splitlines())
        return [line for line in told if line["what"] == what]
