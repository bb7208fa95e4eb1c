"""Webhooks of the pretend providers: on time, late, doubled, dropped – and forged ones."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from random import Random
from uuid import uuid4

import aiohttp

from tests.chaos.faults import Plan
from tests.chaos.ledger import Ledger
from tests.chaos.tasks import Task

TRIES = 3
WAYS = ("on time", "on time", "late", "doubled", "dropped", "early")
PATIENCE = aiohttp.ClientTimeout(total=10)

Delivery = tuple[str, bytes, Mapping[str, str]]


class Herald:
    """Tells the studio what its orders come to, as well as the plan lets it.

    addresses: key → where its signed webhooks go, and the secret that signs them.
    """

    def __init__(self, ledger: Ledger, plan: Plan) -> None:
        self.ledger, self.plan = ledger, plan
        self.addresses: dict[str, tuple[str, str]] = {}
        self.errands: set[asyncio.Task[None]] = set()
        self.told: set[str] = set()

    def herald(self, task: Task) -> None:
        """Go and tell, when it is time to."""
        if task.id in self.told or not (task.key in self.addresses or task.order.callback_url):
            return
        self.told.add(task.id)
        errand = asyncio.create_task(self._tell(task))
        self.errands.add(errand)
        errand.add_done_callback(self.errands.discard)

    async def _tell(self, task: Task) -> None:
        chance = self.plan.random(f"webhook {task.order.prompt}")
        way = chance.choice(WAYS) if self.plan.is_storming else "on time"
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            for forged in self._forged(task, chance):
                await self._send(session, forged, "forged", task)
            wait = max(0.0, task.done_at - time.time())
            await asyncio.sleep({"late": wait + 4, "early": wait / 2}.get(way, wait + 0.05))
            times = {"dropped": 0, "doubled": 2}.get(way, 1)
            for _ in range(times):
                await self._send(session, self._delivery(task), way, task)

    def _delivery(self, task: Task) -> Delivery:
        if task.key not in self.addresses:
            told = {"data": {"taskId": task.id, "status": "completed"}}
            return task.order.callback_url, json.dumps(told).encode(), {}
        url, secret = self.addresses[task.key]
        body = json.dumps({"event": "generation.succeeded", "data": {"generationId": task.id}})
        return url, body.encode(), signed(body.encode(), secret)

    def _forged(self, task: Task, chance: Random) -> list[Delivery]:
        """One of each kind that the provider's address allows; none may be believed."""
        if chance.random() > 0.3 or not self.plan.is_storming:
            return []
        url, body, headers = self._delivery(task)
        if task.key not in self.addresses:
            other = "A" if url[-1] != "A" else "B"
            return [(url[:-1] + other, body, headers), (url.rpartition(".")[0], body, headers)]
        return [
            (url, body, signed(body, "whsec_of_somebody_else")),
            (url, body, {**headers, "X-Gptimg-Signature": ""}),
            (url, body + b" ", headers),
            (f"{url.rpartition('/')[0]}/{uuid4()}", body, headers),
        ]

    async def _send(
        self, session: aiohttp.ClientSession, delivery: Delivery, way: str, task: Task
    ) -> None:
        url, body, headers = delivery
        for attempt in range(TRIES):
            try:
                async with session.post(url, data=body, headers=headers) as answer:
                    self.ledger.note("told", way=way, task=task.id, status=answer.status)
                    return
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(attempt + 1)
        self.ledger.note("told", way=way, task=task.id, status=0)

    async def close(self) -> None:
        for errand in list(self.errands):
            errand.cancel()
        await asyncio.gather(*self.errands, return_exceptions=True)


def signed(body: bytes, secret: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Gptimg-Event": "generation.succeeded",
        "X-Gptimg-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "X-Gptimg-Delivery": str(uuid4()),
    }
