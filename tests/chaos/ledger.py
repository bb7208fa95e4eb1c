"""The books of the pretend providers: every order that arrived, and what was charged for it.

Kept by a process that nobody kills: one line of JSON for each thing that happens, written at once.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.chaos.formats import FORMATS
from tests.chaos.messages import Answer, Request
from tests.chaos.tasks import Order, Task

HOUR = 3600.0


class Ledger:
    """Remembers like the providers: by the id of ours where they promise to, else not at all."""

    def __init__(self, path: Path, *, seconds: tuple[float, float] = (0.3, 4.0)) -> None:
        self.file = path.open("a", buffering=1)
        self.seconds = seconds
        self.tasks: dict[str, Task] = {}
        self.named: dict[tuple[str, str, str], Task] = {}
        self.of_key: dict[str, list[Task]] = {}
        self.calls: dict[str, list[float]] = {}
        self.arrivals: Counter[str] = Counter()

    def note(self, what: str, **facts: Any) -> None:
        self.file.write(json.dumps({"at": time.time(), "what": what, **facts}) + "\n")

    def count_call(self, provider: str, key: str) -> int:
        """Calls of this key in the last hour, this one among them."""
        now = time.time()
        recent = [at for at in self.calls.get(key, []) if at > now - HOUR]
        self.calls[key] = [*recent, now]
        return len(self.calls[key])

    def arrive(self, provider: str, order: Order, request: Request) -> int:
        """How often this very order has come, with this time."""
        identity = f"{provider} {order.name} {request.sha256 if not order.name else ''}"
        self.arrivals[identity] += 1
        return self.arrivals[identity]

    def take(
        self, provider: str, order: Order, request: Request, *, home: str, chance: float
    ) -> Answer | Task:
        """Charge for an order, or say why not. Under a known name it is the one from before."""
        form = FORMATS[provider]
        name = (provider, request.key, order.name)
        if order.remembers and (known := self.named.get(name)):
            is_same = known.sha256 == request.sha256
            self.note("repeated", task=known.id, name=order.name, is_same=is_same)
            return known
        working = [task for task in self.of_key.get(request.key, []) if not task.is_over]
        if form.most_at_once and len(working) >= form.most_at_once:
            self.note("crowded", provider=provider, key=request.key, working=len(working))
            return form.no(429, 7)
        task = self._charge(provider, order, request, home, chance)
        self.named[name] = task
        self.of_key[request.key] = [*working, task]
        return task

    def _charge(
        self, provider: str, order: Order, request: Request, home: str, chance: float
    ) -> Task:
        now = time.time()
        quick, slow = self.seconds
        task = Task(
            id=f"task_{len(self.tasks) + 1}",
            provider=provider,
            key=request.key,
            order=order,
            sha256=request.sha256,
            home=home,
            accepted_at=now,
            done_at=now + quick + (slow - quick) * chance,
        )
        self.tasks[task.id] = task
        self.note(
            "charged",
            task=task.id,
            provider=provider,
            key=request.key,
            name=order.name,
            prompt=order.prompt,
            count=order.count,
            sha256=request.sha256,
            done_at=task.done_at,
        )
        return task

    def find(self, provider: str, key: str, asked: str) -> Task | None:
        """By its own id, or by ours where that is what is asked for."""
        found = self.named.get((provider, key, asked)) or self.tasks.get(asked)
        return found if found and found.provider == provider else None
