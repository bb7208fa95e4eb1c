"""The pump: one asyncio loop that carries every submission of a shard.

It runs inside a django-q2 task in slices. A slice ends by itself, when nothing is left to do, or
when the studio is going down; what is in flight is then finished or left to the next slice.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from random import uniform
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from studio.engine import claims, garbage, hold, leases, tally
from studio.engine.deck import Deck
from studio.engine.disk import has_room
from studio.engine.dispatch import Dispatch
from studio.engine.drain import is_draining
from studio.engine.life import Life
from studio.engine.paces import Paces, kept_states
from studio.engine.wire import Wire
from studio.engine.writer import Writer
from studio.jobs.models import Submission

log = logging.getLogger(__name__)

# A slice begins with reading all rows that are in flight, so it is long; with its overtime it
# must stay below the time-out of a task.
SLICE = 600.0
LONGEST_OVERTIME = 1200.0
LONGEST_SUBMIT = 310.0
LOOK_EVERY = 0.1
TIDY_EVERY = 3.0
TIDY_EACH = 0.001  # more for each row that is compared
RENEW_EVERY = 4.0
LINGER = 5.0
DRAIN_PATIENCE = 20.0
POLL_PATIENCE = 5.0
MAX_SENDING = 200
MAX_PREPARING = 64  # claimed and not yet on the wire: what is next waits for these
SPREAD = 3.0  # seconds at most over which overdue polls are spread, one of them …
SPREAD_STEP = 0.002  # … after the other
MANY = 1000
SOON = timedelta(seconds=45)


class Pump(Deck):
    """Holds the lease of one shard, named by its token, and gives it back at the end."""

    def __init__(self, shard: int, token: UUID, *, linger: float = LINGER) -> None:
        super().__init__(shard, token)
        self.linger = linger
        self.lives: dict[UUID, Life] = {}
        self.tasks: dict[UUID, asyncio.Task[None]] = {}
        self.busy_at = monotonic()

    async def run(self, seconds: float = SLICE) -> None:
        """Work until the slice is over or there is nothing left to do."""
        with garbage.collected_rarely():
            async with Wire() as self.wire, Writer() as self.write:
                states = await self.write.read(partial(kept_states, self.shard))
                self.paces = Paces(self.write, states, self._is_held)
                self.dispatch = Dispatch(self.paces)
                await self._run(monotonic() + seconds)

    async def _run(self, until: float) -> None:
        holding = asyncio.create_task(self._hold_lease())
        try:
            await self._work(until)
        finally:
            self._end()
            await self._finish_lives()
            holding.cancel()
            await self._note_progress()
            await self.write(partial(self._release, self._account()))

    # The loop ---------------------------------------------------------------------------------

    async def _work(self, until: float) -> None:
        tidy_at = 0.0
        while not self._is_over(until):
            if monotonic() >= tidy_at:
                await self._tidy()
                tidy_at = monotonic() + TIDY_EVERY + len(self.lives) * TIDY_EACH
            await asyncio.gather(self._claim_due(), self._pass_on_hints(), self._note_progress())
            if await self._is_idle():
                return
            await self.rest(LOOK_EVERY, self.alarm)
            self.alarm.clear()

    def _is_over(self, until: float) -> bool:
        """The slice has run its time, and no order is just going out that others would wait for."""
        has_run = monotonic() > until and not self.dispatch.sending
        is_overdue = monotonic() > until + LONGEST_OVERTIME
        return has_run or is_overdue or self.is_ending or is_draining()

    async def _is_idle(self) -> bool:
        if self.lives or monotonic() - self.busy_at < self.linger:
            return False
        due = claims.submissions(self.shard).due(timezone.now() + SOON)
        return not await self.write.read(due.exists)

    async def _claim_due(self) -> None:
        preparing = MAX_PREPARING - len(self.dispatch.preparing)
        room = min(MAX_SENDING - len(self.dispatch.sending), preparing)
        if room <= 0 or not has_room():
            return
        found = await self.write.read(partial(claims.look_at_queue, self.shard))
        chosen = self.dispatch.choose(found.lines, found.keys, room)
        if chosen:
            claimed = await self.write(partial(claims.claim, self.shard, self.claim, chosen))
            self.keys.put(submission.key for submission in claimed)
            for submission in claimed:
                if last := self.tasks.get(submission.pk):
                    await asyncio.wait([last])  # it has just put it back, and is about to end
                self._begin(submission)
        self.dispatch.settle()
        await self.paces.keep_changed({line.key_id for line in found.lines})

    async def _pass_on_hints(self) -> None:
        """Tell the lives whose providers have called since the last look."""
        if not (self.lives and settings.STUDIO_PUBLIC_URL):
            return
        if not await self.write.read(lambda: claims.has_called(self.shard)):
            return
        known = list(self.lives)
        for pk in await self.write(lambda: claims.hear(self.shard, known)):
            if life := self.lives.get(pk):
                life.hint()

    async def _note_progress(self) -> None:
        if self.moved:
            moved, self.moved = list(self.moved.values()), {}
            await self.write(lambda: Submission.objects.note_progress(moved))

    async def _tidy(self) -> None:
        """Take up what others left behind or answered late; leave what nobody waits for."""
        if await self.write.read(hold.is_on):
            self._end()
            return
        sending = list(self.dispatch.sending)
        look = partial(
            claims.look_round,
            self.shard,
            self.claim,
            known=set(self.lives),
            polled={pk for pk, life in self.lives.items() if life.is_running},
            sending=sending,
            keys=self.keys.ids,
        )
        found = await self.write.read(look)
        self.keys.put(found.keys)
        for pk in found.left:
            if task := self.tasks.get(pk):
                task.cancel()
        self._take_up([row for row in found.running if row.pk not in self.lives])
        if found.is_untidy:
            await self.write(partial(claims.tidy, self.shard, self.claim, sending))
        await self.durations.refresh(self.write.read)

    def _take_up(self, running: list[Submission]) -> None:
        """Go on with these."""
        spread(running)
        self.keys.put({submission.key_id: submission.key for submission in running}.values())
        for submission in running:
            self._begin(submission)
        if len(running) > MANY:
            garbage.leave_out_what_is_there()

    def _begin(self, submission: Submission) -> None:
        self.busy_at = monotonic()
        self.dispatch.begin(submission, self.keys.lend(submission))
        life = Life(submission, self)
        task = asyncio.create_task(life.live())
        self.lives[submission.pk] = life
        self.tasks[submission.pk] = task
        task.add_done_callback(lambda done: self._ended(submission.pk, done))

    def _ended(self, pk: UUID, task: asyncio.Task[None]) -> None:
        self.busy_at = monotonic()
        life = self.lives.pop(pk)
        self.dispatch.end(pk, lingers=life.lingers if task.cancelled() else 0.0)
        self.tasks.pop(pk, None)
        if not task.cancelled() and (error := task.exception()):
            log.error("the engine stumbled", exc_info=error, extra={"submission": pk})

    # Its lease and its end --------------------------------------------------------------------

    async def _hold_lease(self) -> None:
        """Renew the lease as long as this pump lives; without it, begin nothing new."""
        try:
            while await self.write(partial(self._renew, self._account())):  # noqa: ASYNC110
                await asyncio.sleep(RENEW_EVERY)
            log.warning("shard %s: another pump has taken over", self.shard)
        finally:
            self._end()

    def _is_held(self) -> bool:
        return leases.renew(self.shard, self.claim)

    def _renew(self, account: dict[str, Any]) -> bool:
        is_held = self._is_held()
        if is_held:
            tally.write(self.shard, **account)
        return is_held

    def _release(self, account: dict[str, Any]) -> None:
        tally.write(self.shard, **account)
        if self._is_held():
            self.paces.keep_last()
        leases.release(self.shard, self.claim)

    def _account(self) -> dict[str, Any]:
        out = len(self.dispatch.sending) + len(self.asking)
        return {"in_flight": len(self.lives), "calls_out": out, **self.tally.take()}

    def _end(self) -> None:
        """Begin nothing new; who sleeps wakes up and leaves."""
        self.is_ending = True
        self.turns.close()
        self.loads.close()
        self.alarm.set()
        for life in self.lives.values():
            life.alarm.set()

    async def _finish_lives(self) -> None:
        """Sleepers leave at once and polls after a moment; an order that is out is waited for."""
        await self._wait_for_lives(POLL_PATIENCE)
        for pk in self.asking:
            self.tasks[pk].cancel()
        await self._wait_for_lives(DRAIN_PATIENCE if is_draining() else LONGEST_SUBMIT)

    async def _wait_for_lives(self, seconds: float) -> None:
        if self.tasks:
            await asyncio.wait(list(self.tasks.values()), timeout=seconds)


def spread(running: list[Submission]) -> None:
    """Plan polls that are overdue over a short while, so that they do not come all at once."""
    now = timezone.now()
    span = min(SPREAD, SPREAD_STEP * len(running))
    for submission in running:
        if submission.poll_at is None or submission.poll_at < now:
            submission.poll_at = now + timedelta(seconds=uniform(0.0, span))
