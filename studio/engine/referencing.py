"""Fetching a reference that came as a URL: guarded like every picture, then cleaned."""

from __future__ import annotations

import asyncio
import tempfile
from typing import BinaryIO

from studio.engine.errors import FetchError
from studio.engine.wire import Wire
from studio.jobs.errors import PictureError
from studio.jobs.models import Reference
from studio.jobs.references import fill

MAX_REFERENCE = 50 * 1024 * 1024
DEADLINE = 30.0


def fetch(reference: Reference) -> None:
    """fetching → ready, or failed with a reason for the tray."""
    try:
        with tempfile.TemporaryFile() as draft:
            asyncio.run(_fetch(reference.source_url, draft))
            draft.seek(0)
            fill(reference, draft)
    except (FetchError, PictureError) as error:
        reference.fail(error.code)


async def _fetch(url: str, draft: BinaryIO) -> None:
    async with Wire() as wire:
        await wire.fetch(url, max_bytes=MAX_REFERENCE, deadline=DEADLINE, into=draft)
