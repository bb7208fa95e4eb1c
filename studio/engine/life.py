"""The life of one submission inside the pump: send it, ask after it, hand its pictures on."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from studio import logs
from studio.engine import schedule, stumbles
from studio.engine.crew import Alarm, Crew
from studio.engine.endings import ClaimLost, Ending
from studio.engine.errors import WireError
from studio.engine.paces import now
from studio.engine.sending import MAX_ANSWER, AnyError, Sending, drive
from studio.jobs.models import Submission
from studio.jobs.states import Status
from studio.providers import errors
from studio.providers.calls import Call, Response
from studio.providers.contract import Done, Pending
from studio.vault.errors import VaultError
from studio.vault.models import ProviderKey

log = logging.getLogger(__name__)

POLL_DEADLINE = 60.0
FORGOTTEN_TIMES = 3
FORGOTTEN_FOR = timedelta(minutes=5)


class Life(Sending):
    """One submission, from its claim to its pictures – or to the end of this slice."""

    def __init__(self, submission: Submission, crew: Crew) -> None:
        super().__init__(submission, crew)
        self.failures = 0
        self.is_hinted = False
        self.alarm = Alarm()

    @property
    def is_running(self) -> bool:
        """Accepted, and asked after."""
        return self.submission.status == Status.RUNNING

    @property
    def lingers(self) -> float:
        """Seconds for which the provider may be at work when nobody waits any more."""
        return self.curve.slow

    def hint(self) -> None:
        """The provider has called: poll as soon as that may be."""
        self.is_hinted = True
        self.alarm.set()

    async def live(self) -> None:
        with logs.about(submission=self.submission.pk, job=self.submission.job_id):
            await self._live()

    async def _live(self) -> None:
        try:
            if self.submission.status == Status.SUBMITTING:
                await self.send()
                self.crew.landed(self.submission)
            while self.is_running:
                if await self.crew.rest(self._until_poll(), self.alarm):
                    return
                if self.alarm.is_set():
                    self.alarm.clear()
                else:
                    await self._poll()
        except Ending:
            if self.submission.status == Status.SUBMITTING:
                await self._write(lambda: self.submission.put_back(self.crew.claim, is_limit=True))
        except ClaimLost:
            log.warning("it is in other hands")
        except Exception as error:
            stumbled = error
            await self._write(lambda: stumbles.note(self.submission, stumbled))
            raise

    # Waiting ----------------------------------------------------------------------------------

    def _until_poll(self) -> float:
        """Seconds: as the schedule says, or sooner when there was a hint – but never at a run,
        and not before the key has a call for it.
        """
        moment = timezone.now()
        poll_at = self.submission.poll_at or moment
        if self.is_hinted:
            poll_at = min(poll_at, self.heeds_from)
        wait = (poll_at - moment).total_seconds()
        return max(0.0, wait, self.pace.poll_in(moment.timestamp()))

    async def _poll(self) -> None:
        submission = self.submission
        flow = self.provider.poll(submission.ticket or {})
        try:
            async with self.crew.turn(submission):
                await self.crew.paces.cover(submission.key)
                if self.pace.poll_in(now()):
                    return  # others were quicker
                self._hear_no_hint_for(self._hints_apart())
                self.is_hinted = False
                outcome = await drive(flow, self._ask, self.name)
        except (errors.Failed, errors.Blocked) as error:
            await self._end(error)
        except errors.UnknownTask as error:
            await self._forgotten(error)
        except errors.Limited as error:
            self.pace.poll_refused(now(), sent_at=self.called_at, wait=error.retry_after)
            await self._plan_poll(submission.progress, error.retry_after)
        except (WireError, errors.ProviderError) as error:
            await self._poll_later(error)
        except VaultError:
            log.exception("key %s cannot be opened", submission.key_id)
            self.failures += 1
            await self._plan_poll(submission.progress, None)
        else:
            await self._heard(outcome)

    async def _heard(self, outcome: Pending | Done) -> None:
        self.failures = 0
        self.pace.told()
        if isinstance(outcome, Done):
            await self._take_in(outcome)
        else:
            await self._plan_poll(outcome.progress, outcome.retry_after)

    def _hints_apart(self) -> float:
        """Seconds until a hint counts again: who calls often does not use up the calls of a key."""
        apart = self.pace.apart(now()) if self.is_hinted else 0.0
        return max(schedule.HINTS_APART, apart)

    async def _poll_later(self, error: AnyError) -> None:
        """A poll that went wrong says nothing about the picture: ask again, more slowly."""
        self.failures += 1
        log.info("a poll went wrong: %s", error.code)
        if isinstance(error, errors.ProviderError) and error.pauses_key:
            await self._blame_key(error.code)
        await self._plan_poll(self.submission.progress, getattr(error, "retry_after", None))

    async def _blame_key(self, code: str) -> None:
        """Pause the key; if its owner has replaced the secret, go on with the new one."""
        key = self.submission.key

        def blame() -> ProviderKey:
            key.pause(code)
            return ProviderKey.objects.get(pk=key.pk)

        self.crew.keys.put([await self._write(blame)])

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
        moment = timezone.now()
        elapsed = (moment - (submission.accepted_at or moment)).total_seconds()
        delay = schedule.poll_delay(
            self.curve,
            elapsed,
            failures=self.failures,
            slow=self.pace.slow,
            apart=self.pace.apart(moment.timestamp()),
        )
        if retry_after:
            self._hear_no_hint_for(retry_after)
        poll_at = moment + timedelta(seconds=max(delay, retry_after or 0))
        # The row's own poll_at is for recovery: written where a provider asked for patience.
        if retry_after:
            await self._write(lambda: submission.note_poll(poll_at=poll_at))
        submission.poll_at = poll_at
        if progress != submission.progress:
            submission.progress = progress
            self.crew.progressed(submission)

    async def _ask(self, call: Call) -> Response:
        key = self.crew.keys.lend(self.submission)
        secret = key.reveal()
        await self.crew.paces.cover(key)
        self.called_at = now()
        self.crew.paces.called(key, call)
        response = await self.crew.wire.send(
            call,
            base_url=key.url,
            secret=secret,
            deadline=POLL_DEADLINE,
            max_bytes=MAX_ANSWER,
        )
        self.crew.paces.heard(key, call, response)
        return response
