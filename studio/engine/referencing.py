"""Fetching a reference that came as a URL: guarded like every picture, then cleaned."""

from __future__ import annotations

import asyncio
from typing import IO

from studio.engine.errors import FetchError, NoRoom
from studio.engine.saving import draft
from studio.engine.wire import Wire
from studio.jobs.errors import PictureError
from studio.jobs.models import Reference
from studio.jobs.references import fill

MAX_REFERENCE = 50 * 1024 * 1024
DEADLINE = 30.0


def fetch(reference: Reference) -> None:
    """fetching → ready, or failed with a reason for the tray."""
    try:
        with draft() as file:
            asyncio.run(_fetch(reference.source_url, file))
            file.seek(0)
            fill(reference, file)
    except (FetchError, PictureError) as error:
        reference.fail(error.code)
    except NoRoom:
        reference.fail(FetchError.code)


async def _fetch(url: str, file: IO[bytes]) -> None:
    async with Wire() as wire:
        await wire.fetch(url, max_bytes=MAX_REFERENCE, deadline=DEADLINE, into=file)
