"""What the pump lends to each life."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol
from uuid import UUID

from studio.engine.wire import Wire
from studio.engine.writer import Writer
from studio.jobs.models import Submission


class ClaimLost(Exception):
    """Another pump has this submission now: leave it alone."""


class Crew(Protocol):
    """The pump, as a life sees it."""

    wire: Wire
    write: Writer
    claim: UUID

    async def rest(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Sleep, or until woken; True when the pump is ending and nothing new may be begun."""
        ...

    def landed(self, submission: Submission) -> None:
        """Its order has been answered: there is room to send another."""
        ...

    def cool(self, key_id: int, until: datetime) -> None:
        """Send nothing more with this key before then."""
        ...
