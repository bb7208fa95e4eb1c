"""The life of one submission inside the pump: send it, ask after it, hand its pictures on.

What each failure of sending means stands in `Life._send`; it is the heart of "never pay twice".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from studio.engine import hints, schedule
from studio.engine.bodies import prepare
from studio.engine.crew import ClaimLost, Crew
from studio.engine.errors import AnswerLost, NeverSent, WireError
from studio.engine.saving import hint_saving, spool
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

POLL_DEADLINE = 60.0
MAX_ANSWER = 64 * 1024 * 1024  # some providers send pictures inside their answers
BUSY_TRIES = 3
FORGOTTEN_TIMES = 3
FORGOTTEN_FOR = timedelta(minutes=5)


AnyError = WireError | errors.ProviderError


def sort_out(submission: Submission) -> None:
    """A claim that died: never sent, or protected by an idempotency key → again; else unknown."""
    if submission.sent_at is None or model_of(submission.job).is_idempotent:
        submission.put_back(submission.claim, reason="interrupted")
    else:
        submission.lose_track("interrupted")


async def drive(flow: Flow, send: Callable[[Call], Awaitable[Response]]) -> Pending | Done:
    """Send what the flow asks for until it returns. Provider and wire errors pass through."""
    try:
        call = next(flow)
        while True:
            call = flow.send(await send(call))
    except StopIteration as stop:
        outcome: Pending | Done = stop.value
        return outcome


class Life:
    """One submission, from its claim to its pictures – or to the end of this slice."""

    def __init__(self, submission: Submission, crew: Crew) -> None:
        self.submission = submission
        self.crew = crew
        self.model = model_of(submission.job)
        self.provider = PROVIDERS[submission.job.provider]
        self.seconds = schedule.usual_seconds(self.model, is_sandbox=submission.key.is_sandbox)
        self.failures = 0
        self.is_hinted = False
        self.heeds_from = timezone.now()
        self.wake = asyncio.Event()

    def hint(self) -> None:
        """The provider has called: poll as soon as that may be."""
        self.is_hinted = True
        self.wake.set()

    async def live(self) -> None:
        try:
            if self.submission.status == Status.SUBMITTING:
                await self._send()
                self.crew.landed(self.submission)
            while self.submission.status == Status.RUNNING:
                if await self.crew.rest(self._until_poll(), self.wake):
                    return
                if self.wake.is_set():
                    self.wake.clear()
                else:
                    await self._poll()
        except ClaimLost:
            log.warning("submission %s was taken over by another pump", self.submission.pk)
        except Exception:
            if self.submission.status == Status.SUBMITTING:
                await self._write(lambda: sort_out(self.submission))
            raise

    # Sending ----------------------------------------------------------------------------------

    async def _send(self) -> None:
        """One order goes out, once. Every way that it can end has its line here."""
        submission = self.submission
        try:
            order = await asyncio.to_thread(loaded_order, submission.job, count=submission.count)
            outcome = await drive(self._flow(order), self._send_call)
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
        secret = submission.key.reveal()
        if call.is_billable and not await self._write(
            lambda: submission.mark_sent(self.crew.claim, prepared.sha256)
        ):
            raise ClaimLost
        return await self.crew.wire.send(
            call,
            base_url=submission.key.url,
            secret=secret,
            deadline=self.model.submit_seconds,
            max_bytes=MAX_ANSWER,
            prepared=prepared,
        )

    async def _ask(self, call: Call) -> Response:
        key = self.submission.key
        return await self.crew.wire.send(
            call,
            base_url=key.url,
            secret=key.reveal(),
            deadline=POLL_DEADLINE,
            max_bytes=MAX_ANSWER,
        )

    async def _try_again(self, error: AnyError, *, tries: int) -> None:
        """Nothing was charged: back to the queue, a few times, later and later."""
        submission, words = self.submission, self._words(error)
        if submission.tries >= tries:
            await self._write(lambda: submission.fail(error.code, words))
            return
        later = timezone.now() + timedelta(seconds=schedule.retry_delay(submission.tries))
        await self._write(
            lambda: submission.put_back(self.crew.claim, not_before=later, reason=error.code)
        )

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
            await self._try_again(error, tries=schedule.CONNECT_TRIES)
            return
        words = self._words(error)
        await self._write(lambda: submission.lose_track(error.code, words))

    # Waiting ----------------------------------------------------------------------------------

    def _until_poll(self) -> float:
        """Seconds: as the schedule says, or sooner when there was a hint – but never at a run."""
        now = timezone.now()
        poll_at = self.submission.poll_at or now
        if self.is_hinted:
            poll_at = min(poll_at, self.heeds_from)
        return max(0.0, (poll_at - now).total_seconds())

    async def _poll(self) -> None:
        self._hear_no_hint_for(schedule.HINTS_APART)
        self.is_hinted = False
        submission = self.submission
        flow = self.provider.poll(submission.ticket or {})
        try:
            outcome = await drive(flow, self._ask)
        except (errors.Failed, errors.Blocked) as error:
            await self._end(error)
        except errors.UnknownTask as error:
            await self._forgotten(error)
        except (WireError, errors.ProviderError) as error:
            await self._poll_later(error)
        except VaultError:
            log.exception("key %s cannot be opened", submission.key_id)
            self.failures += 1
            await self._plan_poll(submission.progress, None)
        else:
            self.failures = 0
            await self._take_in(outcome)

    async def _poll_later(self, error: AnyError) -> None:
        """A poll that went wrong says nothing about the picture: ask again, more slowly."""
        self.failures += 1
        log.info("poll of %s: %s", self.submission.pk, error.code)
        if isinstance(error, errors.ProviderError) and error.pauses_key:
            await self._write(lambda: self._blame_key(error.code))
        await self._plan_poll(self.submission.progress, getattr(error, "retry_after", None))

    def _blame_key(self, code: str) -> None:
        """Pause the key; if its owner has replaced the secret, go on with the new one."""
        self.submission.key.pause(code)
        self.submission.key.refresh_from_db()

    async def _forgotten(self, error: errors.UnknownTask) -> None:
        """The provider does not know the task: lost after three times over five minutes."""
        if await self._write(
            lambda: self.submission.note_forgotten(FORGOTTEN_TIMES, FORGOTTEN_FOR)
        ):
            await self._end(error)
        else:
            await self._poll_later(error)

    async def _plan_poll(self, progress: int | None, retry_after: float | None) -> None:
        submission = self.submission
        elapsed = (timezone.now() - (submission.accepted_at or timezone.now())).total_seconds()
        delay = schedule.poll_delay(self.seconds, elapsed, failures=self.failures)
        self._hear_no_hint_for(retry_after or 0)
        poll_at = timezone.now() + timedelta(seconds=max(delay, retry_after or 0))
        if progress is None and submission.progress is None:
            submission.poll_at = poll_at  # the row's own poll_at is only for recovery
            return
        await self._write(lambda: submission.note_poll(progress=progress, poll_at=poll_at))

    def _hear_no_hint_for(self, seconds: float) -> None:
        self.heeds_from = max(self.heeds_from, timezone.now() + timedelta(seconds=seconds))

    # Both -------------------------------------------------------------------------------------

    async def _take_in(self, outcome: Pending | Done) -> None:
        submission = self.submission
        if isinstance(outcome, Done):
            spooled = await asyncio.to_thread(spool, submission.pk, outcome)
            await self._write(lambda: self._finish(outcome, spooled))
        elif submission.status == Status.SUBMITTING:
            delay = outcome.retry_after or schedule.poll_delay(self.seconds, 0)
            self._hear_no_hint_for(outcome.retry_after or 0)
            first = timezone.now() + timedelta(seconds=delay)
            await self._write(lambda: submission.accept(outcome.ticket, first))
        else:
            await self._plan_poll(outcome.progress, outcome.retry_after)

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

    async def _write(self, change: Callable[[], Any]) -> Any:
        return await self.crew.write(change)
