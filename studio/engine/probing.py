"""Trying a key: the provider's cheapest harmless call, charging nothing."""

from __future__ import annotations

import asyncio
from time import monotonic

from studio.engine.errors import WireError
from studio.engine.wire import Wire
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Working
from studio.providers.errors import ProviderError
from studio.vault.errors import VaultError
from studio.vault.models import ProviderKey

DEADLINE = 20.0
MAX_ANSWER = 1024 * 1024


def probe(key: ProviderKey) -> None:
    """Send the probe and note on the row what came of it."""
    begun = monotonic()
    try:
        working = asyncio.run(_probe(key))
    except VaultError:
        key.note_test(ok=False, code="no_secret")
    except WireError as error:
        key.note_test(ok=False, code=error.code)
    except ProviderError as error:
        key.note_test(ok=False, code=error.code, detail=error.detail)
    else:
        took = round((monotonic() - begun) * 1000)
        key.note_test(ok=True, milliseconds=took, balance=working.balance, limits=working.limits)


async def _probe(key: ProviderKey) -> Working:
    flow = PROVIDERS[key.provider].probe()
    async with Wire() as wire:
        call = next(flow)
        while True:
            response = await wire.send(
                call,
                base_url=key.url,
                secret=key.reveal(),
                deadline=DEADLINE,
                max_bytes=MAX_ANSWER,
            )
            try:
                call = flow.send(response)
            except StopIteration as stop:
                working: Working = stop.value
                return working
