"""Looking up an order whose outcome is unknown: one question, and nothing is ordered."""

from __future__ import annotations

import asyncio
import logging

from studio.engine import hints
from studio.engine.errors import WireError
from studio.engine.sending import MAX_ANSWER, drive
from studio.engine.wire import Wire
from studio.jobs.models import Submission
from studio.providers.calls import Call, Response
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Done, Pending
from studio.providers.errors import Blocked, Failed, ProviderError
from studio.vault.errors import VaultError

log = logging.getLogger(__name__)

DEADLINE = 30.0


def look_up(submission: Submission) -> None:
    """Ask for what is sought: where the provider knows it, it is running and polled from now on.

    Otherwise the row says why not. A late answer that came first is left as it is.
    """
    try:
        asyncio.run(_ask(submission))
    except (Failed, Blocked):
        pass  # known there, and over: the next poll ends it in the provider's own words
    except VaultError:
        submission.note_not_found("no_secret")
        return
    except (WireError, ProviderError) as error:
        log.info("looking up submission %s: %s", submission.pk, error.code)
        submission.note_not_found(error.code)
        return
    rows = Submission.objects.filter(pk=submission.pk)
    hints.heed_late(rows, submission.sought_ticket or {})


async def _ask(submission: Submission) -> Pending | Done:
    flow = PROVIDERS[submission.job.provider].poll(submission.sought_ticket or {})
    async with Wire() as wire:

        async def send(call: Call) -> Response:
            return await wire.send(
                call,
                base_url=submission.key.url,
                secret=submission.key.reveal(),
                deadline=DEADLINE,
                max_bytes=MAX_ANSWER,
            )

        return await drive(flow, send, f"submission {submission.pk}")
