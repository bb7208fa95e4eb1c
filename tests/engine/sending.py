"""Orders, and a wire to send them with."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiohttp.abc import AbstractResolver

from studio.engine.wire import Wire
from studio.providers.calls import Call, Response
from tests.engine.loopback import Handler, serve

SECRET = "sk-canary-4711"
ORDER = Call(method="POST", url="/v1/pictures", json={"prompt": "猫"}, is_billable=True)
ASK = Call(method="GET", url="/v1/tasks/1")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def send(
    call: Call,
    base_url: str,
    *,
    secret: str | None = SECRET,
    deadline: float = 5,
    max_bytes: int = 1_000_000,
    resolver: AbstractResolver | None = None,
) -> Response:
    async with Wire(resolver=resolver) as wire:
        return await wire.send(
            call, base_url=base_url, secret=secret, deadline=deadline, max_bytes=max_bytes
        )


async def misbehaving(handler: Handler, call: Call = ORDER, **options: Any) -> Response:
    async with serve(handler) as server:
        return await send(call, server.url, **options)
