"""What a pump lends to its lives: the crew, at work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from studio.engine import claims
from studio.engine.crew import Alarm
from studio.engine.dispatch import Dispatch
from studio.engine.durations import Durations
from studio.engine.endings import Ending
from studio.engine.keyring import Keyring
from studio.engine.loads import Loads
from studio.engine.paces import Paces
from studio.engine.tally import Tally
from studio.engine.turns import Turns
from studio.engine.wire import Wire
from studio.engine.writer import Writer
from studio.jobs.models import Submission

FEW_PREPARING = 24  # then it is time to look for more


class Deck:
    """What all submissions of one shard share."""

    wire: Wire
    write: Writer
    paces: Paces
    dispatch: Dispatch

    def __init__(self, shard: int, token: UUID) -> None:
        self.shard = shard
        self.claim = token
        self.keys = Keyring()
        self.turns = Turns()
        self.loads = Loads()
        self.tally = Tally()
        self.durations = Durations()
        self.asking: set[UUID] = set()
        self.moved: dict[UUID, Submission] = {}
        self.is_ending = False
        self.alarm = Alarm()

    async def rest(self, seconds: float, alarm: Alarm) -> bool:
        """Sleep, or until woken; True when the pump is ending and nothing new may be begun."""
        if not self.is_ending:
            await alarm.sleep(seconds)
        return self.is_ending

    @asynccontextmanager
    async def turn(self, submission: Submission) -> AsyncIterator[None]:
        """The right to poll now, for as long as the block lasts. Raises Ending."""
        if not await self.turns.take(submission.key_id):
            raise Ending
        self.asking.add(submission.pk)
        self.tally.poll(submission.poll_at)
        try:
            yield
        finally:
            self.asking.discard(submission.pk)
            self.turns.give(submission.key_id)

    def room(self, submission: Submission) -> AbstractAsyncContextManager[None]:
        """Memory for what is sent, for as long as the block lasts. Raises Ending."""
        return self.loads.room(claims.weight(submission))

    def departed(self, submission: Submission) -> None:
        """A call of its order leaves: another one may be made ready."""
        self.dispatch.departed(submission.pk)
        if len(self.dispatch.preparing) == FEW_PREPARING:
            self.alarm.set()

    def landed(self, submission: Submission) -> None:
        """Its order has been answered: there is room to send another."""
        self.dispatch.answered(submission.pk)
        self.tally.sent += 1
        claims.lighten(submission)
        self.alarm.set()

    def progressed(self, submission: Submission) -> None:
        """Its progress is another than the row says; written soon, with that of others."""
        self.moved[submission.pk] = submission
