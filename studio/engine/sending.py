"""The sending of one order, once: never pay twice.

What each failure means stands in `Sending.send`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from studio.engine import hints, schedule
from studio.engine.board import ours
from studio.engine.bodies import prepare
from studio.engine.crew import ClaimLost, Crew
from studio.engine.errors import AnswerLost, NeverSent, WireError
from studio.engine.saving import hint_saving, spool
from studio.jobs.models import Kind, Submission
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
# Why an order is sent again although it may have arrived.
LOST = ("answer_lost", "answer_too_large", "broken_answer", "interrupted")

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
        self.seconds = schedule.usual_seconds(self.model, is_sandbox=submission.key.is_sandbox)
        self.heeds_from = timezone.now()

    async def send(self) -> None:
        """One order goes out, once. Every way that it can end has its line here."""
        submission = self.submission
        try:
            async with self.crew.room(submission):
                outcome = await self._order()
        except NeverSent as error:
            await self._try_again(error, tries=schedule.CONNECT_TRIES)
        except VaultError:
            log.exception("key %s cannot be opened", submission.key_id)
            await self._write(lambda: submission.fail("no_secret"))
        except errors.Limited as error:
            await self._wait_for_limit(error)
        except errors.Busy as error:
            await self._try_again(error, tries=BUSY_TRIES)
        except errors.Refused as error:
            await self._end(error)
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
        return await self.crew.wire.send(
            call,
            base_url=key.url,
            secret=secret,
            deadline=self.model.submit_seconds,
            max_bytes=MAX_ANSWER,
            prepared=prepared,
        )

    async def _try_again(self, error: AnyError, *, tries: int, is_lost: bool = False) -> None:
        """Back to the queue, a few times, later and later; then it is given up.

        Not as failed where this sending or one before may have arrived, and been charged for.
        """
        submission, words = self.submission, self._words(error)
        has_tried = submission.tries >= tries
        may_be_there = has_tried and (is_lost or await self._write(self._was_lost_before))
        if submission.tries >= (schedule.LOST_TRIES if may_be_there else tries):
            give_up = submission.lose_track if may_be_there else submission.fail
            await self._write(lambda: give_up(error.code, words))
            return
        later = timezone.now() + timedelta(seconds=schedule.retry_delay(submission.tries))
        await self._write(
            lambda: submission.put_back(self.crew.claim, not_before=later, reason=error.code)
        )

    def _was_lost_before(self) -> bool:
        """Whether another sending of the same order got no answer, or was cut short."""
        put_back = self.submission.event_set.filter(kind=Kind.PUT_BACK, facts__reason__in=LOST)
        return self.model.is_idempotent and put_back.exists()

    async def _wait_for_limit(self, error: errors.Limited) -> None:
        """429 is not a failure: the whole key waits as long as it was told to."""
        wait = error.retry_after or max(5.0, schedule.retry_delay(self.submission.tries))
        later = timezone.now() + timedelta(seconds=wait)
        self.crew.cool(self.submission.key_id, later)
        await self._write(
            lambda: self.submission.put_back(
                self.crew.claim, not_before=later, reason=error.code, is_limit=True
            )
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

    # Both -------------------------------------------------------------------------------------

    async def _take_in(self, outcome: Outcome) -> None:
        submission = self.submission
        if isinstance(outcome, Done):
            spooled = await asyncio.to_thread(spool, submission.pk, outcome)
            await self._write(lambda: self._finish(outcome, spooled))
        else:
            delay = outcome.retry_after or schedule.poll_delay(self.seconds, 0)
            self._hear_no_hint_for(outcome.retry_after or 0)
            first = timezone.now() + timedelta(seconds=delay)
            await self._write(lambda: submission.accept(outcome.ticket, first))

    def _finish(self, done: Done, spooled: Mapping[int, str]) -> None:
        if self.submission.finish(done, spooled):
            hint_saving(self.submission)

    async def _end(self, error: errors.ProviderError) -> None:
        """A definite end, in the provider's words; a key that is at fault is paused."""
        submission = self.submission
        status = Status.BLOCKED if isinstance(error, errors.Blocked) else Status.FAILED
        words = self._words(error)

        def end() -> None:
            submission.fail(error.code, words, status=status)
            if error.pauses_key:
                submission.key.pause(error.code)

        await self._write(end)

    def _words(self, error: AnyError) -> str:
        """The provider's own words, should they hold the secret: without it."""
        if isinstance(error, WireError):
            return ""
        return self.submission.key.redact(error.detail)

    def _hear_no_hint_for(self, seconds: float) -> None:
        self.heeds_from = max(self.heeds_from, timezone.now() + timedelta(seconds=seconds))

    async def _write(self, change: Callable[[], Any]) -> Any:
        return await self.crew.write(change)
