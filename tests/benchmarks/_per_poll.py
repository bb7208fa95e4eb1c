"""What the pump is compared with: a task for each poll, and a worker for each job.

Both ask as the studio's own tasks do: the row is read, the key opened, the answer read by the
adapter, over the studio's wire with all its guarantees.
"""

from __future__ import annotations

import asyncio
import time

from studio.engine.sending import MAX_ANSWER, drive
from studio.engine.wire import Wire
from studio.jobs.models import Submission
from studio.providers.calls import Call, Response
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Done, Pending
from tests.benchmarks.every5 import EVERY


def poll(submission_id: str) -> None:
    """One poll, and the end of the task."""
    row = Submission.objects.select_related("job", "key").get(pk=submission_id)
    outcome = asyncio.run(ask(row))
    if isinstance(outcome, Pending) and outcome.progress != row.progress:
        row.progress = outcome.progress
        Submission.objects.note_progress([row])


def wait(submission_id: str, seconds: float) -> None:
    """Hold a worker, asking every five seconds, as long as the picture takes."""
    row = Submission.objects.select_related("job", "key").get(pk=submission_id)
    asyncio.run(keep_asking(row, until=time.monotonic() + seconds))


async def ask(row: Submission) -> Pending | Done:
    async with Wire() as wire:
        return await ask_over(wire, row)


async def keep_asking(row: Submission, until: float) -> None:
    async with Wire() as wire:
        while time.monotonic() < until:
            await ask_over(wire, row)
            await asyncio.sleep(EVERY)


async def ask_over(wire: Wire, row: Submission) -> Pending | Done:
    async def send(call: Call) -> Response:
        return await wire.send(
            call,
            base_url=row.key.url,
            secret=row.key.reveal(),
            deadline=60.0,
            max_bytes=MAX_ANSWER,
        )

    return await drive(
        PROVIDERS[row.job.provider].poll(row.ticket or {}), send, f"submission {row.pk}"
    )
