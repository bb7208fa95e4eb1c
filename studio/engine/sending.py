"""The sending of one order, once: never pay twice.

What each failure means stands in `Sending.send`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import uniform
from typing import Any

from django.utils import timezone

from studio.engine import hints, schedule
from studio.engine.board import ours
from studio.engine.bodies import prepare
from studio.engine.crew import Crew
from studio.engine.endings import ClaimLost
from studio.engine.errors import AnswerLost, NeverSent, WireError
from studio.engine.paces import now
from studio.engine.saving import hint_saving, spool
from studio.engine.schedule import Curve
from studio.jobs.models import Submission
from studio.jobs.orders import loaded_order, model_of
from studio.jobs.states import Status
from studio.providers import errors
from studio.providers.calls import Call, Response
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Done, Flow, Pending, Remembering
from studio.providers.orders import Order
from studio.vault.errors import VaultError

log = logging.getLogger(__name__)

MAX_ANSWER = 64 * 1024 * 1024  # some providers send pictures inside their answers
BUSY_TRIES = 3
NO_ROOM_PAUSE = 2.0
CROWDED_TIMES = 30

AnyError = WireError | errors.ProviderError
Outcome = Pending | Done


async def drive(flow: Flow, send: Callable[[Call], Awaitable[Response]], at: str) -> Outcome:
    """Send what the flow asks for until it returns. Provider and wire errors pass through.

    at: what is being handled, should an answer be the end of this process.
    """
    response: Response | None = None
    try:
        while True:
            with ours().busy_with(at):
                call = next(flow) if response is None else flow.send(response)
            response = await send(call)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


class Sending:
    """A submission on its way to its provider, and what every answer makes of it."""

    def __init__(self, submission: Submission, crew: Crew) -> None:
        self.submission = submission
        self.crew = crew
        self.name = f"submission {submission.pk}"
        self.model = model_of(submission.job)
        self.provider = PROVIDERS[submission.job.provider]
        self.pace = crew.paces.of(submission.key)
        self.heeds_from = timezone.now()
        self.called_at = 0.0
        self.may_have_arrived = False

    @property
    def curve(self) -> Curve:
        """How long orders like this one take."""
        return self.crew.durations.curve(self.submission)

    async def send(self) -> None:
        """One order goes out, once. Every way that it can end has its line here."""
        submission = self.submission
        self.may_have_arrived = bool(submission.body_hash)
        try:
            async with self.crew.room(submission):
                outcome = await self._order()
        except NeverSent as error:
            await self._try_again(error, tries=schedule.CONNECT_TRIES)
        except VaultError:
            log.exception("key %s cannot be opened", submission.key_id)
            await self._give_up("no_secret")
        except errors.Limited as error:
            await self._wait_for_limit(error)
        except errors.Busy as error:
            await self._try_again(error, tries=BUSY_TRIES)
        except errors.Refused as error:
            await self._refused(error)
        except (AnswerLost, errors.ProviderError) as error:
            await self._answer_lost(error)
        else:
            await self._take_in(outcome)

    async def _order(self) -> Outcome:
        job, count = self.submission.job, self.submission.count
        order = await asyncio.to_thread(loaded_order, job, count=count)
        return await drive(self._flow(order), self._send_call, self.name)

    def _flow(self, order: Order) -> Flow:
        """What may have arrived before is asked after first, where the provider can be asked."""
        submission, provider = self.submission, self.provider
        url = hints.callback_url(submission)
        if submission.body_hash and isinstance(provider, Remembering):
            return provider.submit_again(order, submission_id=submission.pk, callback_url=url)
        return provider.submit(order, submission_id=submission.pk, callback_url=url)

    async def _send_call(self, call: Call) -> Response:
        """Before a call that may cost money, the row says durably that it goes out."""
        submission, prepared = self.submission, prepare(call)
        key = self.crew.keys.lend(submission)
        secret = key.reveal()
        if call.is_billable and not await self._write(
            lambda: submission.mark_sent(self.crew.claim, prepared.sha256)
        ):
            raise ClaimLost
        await self.crew.paces.cover(key)
        self.called_at = now()
        self.crew.paces.called(key, call, submission.pk)
        self.crew.departed(submission)
        response = await self.crew.wire.send(
            call,
            base_url=key.url,
            secret=secret,
            deadline=self.model.submit_seconds,
            max_bytes=MAX_ANSWER,
            prepared=prepared,
        )
        self.crew.paces.heard(key, call, response)
        return response

    async def _try_again(self, error: AnyError, *, tries: int, is_lost: bool = False) -> None:
        """Back to the queue, a few times, later and later; then it is given up.

        is_lost: this one may have arrived.
        """
        submission = self.submission
        self.may_have_arrived = self.may_have_arrived or is_lost
        if submission.tries >= (schedule.LOST_TRIES if self.may_have_arrived else tries):
            await self._give_up(error.code, self._words(error))
            return
        later = timezone.now() + timedelta(seconds=schedule.retry_delay(submission.tries))
        await self._put_back(not_before=later, reason=error.code)

    async def _wait_for_limit(self, error: errors.Limited) -> None:
        """429 is not a failure: the whole key waits as long as it was told to.

        Where that may as well be a conflict, it is not waited for without end.
        """
        submission, wait = self.submission, error.retry_after
        until = self.pace.refused(
            now(),
            submission.pk,
            sent_at=self.called_at,
            wait=None if wait is None else wait + uniform(0.0, 1.0),
        )
        is_crowded = isinstance(error, errors.Crowded)
        if is_crowded and (self.may_have_arrived or submission.crowded_times + 1 >= CROWDED_TIMES):
            await self._give_up(error.code, self._words(error))
            return
        later = datetime.fromtimestamp(until, UTC)
        await asyncio.gather(
            self._put_back(
                not_before=later,
                reason=errors.Limited.code,
                is_limit=True,
                is_crowded=is_crowded,
            ),
            self.crew.paces.keep(submission.key_id),
        )

    async def _answer_lost(self, error: AnyError) -> None:
        """Sent and not answered: again under the same idempotency key, else a person decides."""
        submission = self.submission
        if submission.sent_at is None or self.model.is_idempotent:
            is_lost = submission.sent_at is not None
            await self._try_again(error, tries=schedule.CONNECT_TRIES, is_lost=is_lost)
            return
        words = self._words(error)
        await self._write(lambda: submission.lose_track(error.code, words))

    async def _refused(self, error: errors.ProviderError) -> None:
        """A definite no to this sending – which says nothing of one that may have arrived before,
        if the key was at fault, or the order itself did not go out again.
        """
        if self.may_have_arrived and (error.pauses_key or self.submission.sent_at is None):
            await self._give_up(error.code, self._words(error))
            if error.pauses_key:
                await self._write(lambda: self.submission.key.pause(error.code))
        else:
            await self._end(error)

    async def _put_back(self, **facts: Any) -> None:
        """Remember what was sent only if it may have arrived: such an order is asked after."""
        claim, is_clean = self.crew.claim, not self.may_have_arrived
        await self._write(lambda: self.submission.put_back(claim, is_clean=is_clean, **facts))

    async def _give_up(self, code: str, words: str = "") -> None:
        """It will not be sent again. Whether it was charged, nobody knows if it has arrived."""
        if self.may_have_arrived:
            await self._write(lambda: self.submission.lose_track("answer_lost", words))
        else:
            await self._write(lambda: self.submission.fail(code, words))

    # Both -------------------------------------------------------------------------------------

    async def _take_in(self, outcome: Outcome) -> None:
        submission = self.submission
        if isinstance(outcome, Done):
            spooled = await self._spooled(outcome)
            await self._win(lambda: self._finish(outcome, spooled))
        else:
            self.pace.accepted()
            delay = outcome.retry_after or schedule.poll_delay(self.curve, 0)
            self._hear_no_hint_for(outcome.retry_after or 0)
            first = timezone.now() + timedelta(seconds=delay)
            await self._write(lambda: submission.accept(outcome.ticket, first))

    async def _spooled(self, done: Done) -> dict[int, str]:
        """Where bytes lie that came inline. They were paid for: without room they are held.

        Not those of a poll, which can be asked for again; and not where they have addresses too.
        """
        while True:
            try:
                return await asyncio.to_thread(spool, self.submission.pk, done)
            except OSError as error:
                if self.submission.status == Status.RUNNING:
                    raise
                log.warning("no room for the pictures of %s: %s", self.submission.pk, error)
            if all(picture.url for picture in done.pictures):
                return {}
            await asyncio.sleep(NO_ROOM_PAUSE)

    def _finish(self, done: Done, spooled: Mapping[int, str]) -> bool:
        won = self.submission.finish(done, spooled)
        if won:
            hint_saving(self.submission)
        return won

    async def _end(self, error: errors.ProviderError) -> None:
        """A definite end, in the provider's words; a key that is at fault is paused."""
        submission = self.submission
        status = Status.BLOCKED if isinstance(error, errors.Blocked) else Status.FAILED
        words = self._words(error)

        def end() -> bool:
            won = submission.fail(error.code, words, status=status)
            if error.pauses_key:
                submission.key.pause(error.code)
            return won

        await self._win(end)

    def _words(self, error: AnyError) -> str:
        """The provider's own words, should they hold the secret: without it."""
        if isinstance(error, WireError):
            return ""
        return self.submission.key.redact(error.detail)

    def _hear_no_hint_for(self, seconds: float) -> None:
        self.heeds_from = max(self.heeds_from, timezone.now() + timedelta(seconds=seconds))

    async def _win(self, change: Callable[[], bool]) -> None:
        """Write an end. Raises ClaimLost where it had ended before: there is nothing to go on."""
        if not await self._write(change):
            raise ClaimLost

    async def _write(self, change: Callable[[], Any]) -> Any:
        return await self.crew.write(change)
