"""The pump: one asyncio loop that carries every submission of a shard.

It runs inside a django-q2 task in slices. A slice ends by itself, when nothing is left to do, or
when the studio is going down; what is in flight is then finished or left to the next slice.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from studio.engine import claims, hold, leases
from studio.engine.disk import has_room
from studio.engine.drain import is_draining
from studio.engine.life import Life
from studio.engine.wire import Wire
from studio.engine.writer import Writer
from studio.jobs.models import Submission

log = logging.getLogger(__name__)

SLICE = 45.0
LONGEST_SLICE = 1800.0
LONGEST_SUBMIT = 310.0
LOOK_EVERY = 0.1
TIDY_EVERY = 3.0
RENEW_EVERY = 4.0
LINGER = 5.0
DRAIN_PATIENCE = 20.0
MAX_SENDING = 64


class Pump:
    """Holds the lease of one shard, named by its token, and gives it back at the end."""

    def __init__(self, shard: int, token: UUID, *, linger: float = LINGER) -> None:
        self.shard = shard
        self.linger = linger
        self.claim = token
        self.lives: dict[UUID, asyncio.Task[None]] = {}
        self.listening: dict[UUID, Life] = {}
        self.sending: set[UUID] = set()
        self.cooling: dict[int, datetime] = {}
        self.ending = asyncio.Event()
        self.busy_at = monotonic()

    async def run(self, seconds: float = SLICE) -> None:
        """Work until the slice is over or there is nothing left to do."""
        async with Wire() as self.wire, Writer() as self.write:
            holding = asyncio.create_task(self._hold_lease())
            try:
                await self._work(until=monotonic() + seconds)
            finally:
                self._end()
                await self._finish_lives()
                holding.cancel()
                await self.write(lambda: leases.release(self.shard, self.claim))

    # What a life borrows ----------------------------------------------------------------------

    async def rest(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Sleep, or until woken; True when the pump is ending and nothing new may be begun."""
        if not self.ending.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for((wake or self.ending).wait(), timeout=seconds)
        return self.ending.is_set()

    def cool(self, key_id: int, until: datetime) -> None:
        """Send nothing more with this key before then."""
        self.cooling[key_id] = until

    def landed(self, submission: Submission) -> None:
        """Its order has been answered: there is room to send another."""
        self.sending.discard(submission.pk)

    # The loop ---------------------------------------------------------------------------------

    async def _work(self, until: float) -> None:
        tidy_at = 0.0
        while not self._is_over(until):
            if monotonic() >= tidy_at:
                tidy_at = monotonic() + TIDY_EVERY
                await self._tidy()
            await asyncio.gather(self._claim_due(), self._pass_on_hints())
            if await self._is_idle():
                return
            await self.rest(LOOK_EVERY)

    def _is_over(self, until: float) -> bool:
        """The slice has run its time, and no order is just going out that others would wait for."""
        has_run = monotonic() > until and not self.sending
        return (
            has_run or monotonic() > until + LONGEST_SLICE or self.ending.is_set() or is_draining()
        )

    async def _is_idle(self) -> bool:
        if self.lives or monotonic() - self.busy_at < self.linger:
            return False
        soon = timezone.now() + timedelta(seconds=SLICE)
        return not await self.write.read(claims.submissions(self.shard).due(soon).exists)

    async def _claim_due(self) -> None:
        room = MAX_SENDING - len(self.sending)
        if room <= 0 or not has_room():
            return
        resting = self._resting_keys()
        if not await self.write.read(lambda: claims.has_due(self.shard, resting)):
            return
        for submission in await self.write(
            lambda: claims.claim_due(self.shard, self.claim, room, resting)
        ):
            self.sending.add(submission.pk)
            self._begin(submission)

    async def _pass_on_hints(self) -> None:
        """Tell the lives whose providers have called since the last look."""
        if not (self.listening and settings.STUDIO_PUBLIC_URL):
            return
        if not await self.write.read(lambda: claims.has_called(self.shard)):
            return
        known = list(self.listening)
        for pk in await self.write(lambda: claims.hear(self.shard, known)):
            if life := self.listening.get(pk):
                life.hint()

    async def _tidy(self) -> None:
        """Take up what others left behind or answered late; leave what nobody waits for."""
        if await self.write(hold.is_on):
            self._end()
            return
        known = list(self.lives)
        for pk in await self.write.read(lambda: claims.no_longer_waited_for(known)):
            if life := self.lives.get(pk):
                life.cancel()
        for submission in await self.write(lambda: claims.take_up(self.shard, self.claim, known)):
            self._begin(submission)

    def _begin(self, submission: Submission) -> None:
        self.busy_at = monotonic()
        life = Life(submission, self)
        task = asyncio.create_task(life.live(), name=str(submission.pk))
        self.lives[submission.pk] = task
        self.listening[submission.pk] = life
        task.add_done_callback(lambda done: self._ended(submission.pk, done))

    def _ended(self, pk: UUID, task: asyncio.Task[None]) -> None:
        self.busy_at = monotonic()
        self.lives.pop(pk, None)
        self.listening.pop(pk, None)
        self.sending.discard(pk)
        if not task.cancelled() and (error := task.exception()):
            log.error("submission %s: the engine stumbled", pk, exc_info=error)

    def _resting_keys(self) -> list[int]:
        now = timezone.now()
        self.cooling = {key: until for key, until in self.cooling.items() if until > now}
        return list(self.cooling)

    async def _hold_lease(self) -> None:
        """Renew the lease as long as this pump lives; without it, begin nothing new."""
        while await self.write(lambda: leases.renew(self.shard, self.claim)):  # noqa: ASYNC110
            await asyncio.sleep(RENEW_EVERY)
        log.warning("shard %s: another pump has taken over", self.shard)
        self._end()

    def _end(self) -> None:
        """Begin nothing new; who sleeps wakes up and leaves."""
        self.ending.set()
        for life in self.listening.values():
            life.wake.set()

    async def _finish_lives(self) -> None:
        """Sleepers wake and leave; a call that is out is waited for, never cut off."""
        if self.lives:
            patience = DRAIN_PATIENCE if is_draining() else LONGEST_SUBMIT
            await asyncio.wait(list(self.lives.values()), timeout=patience)
