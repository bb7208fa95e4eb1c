"""How far a job is, as far as anybody can tell: what its card shows and what a page has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from studio.jobs.models import Job, Submission
from studio.jobs.orders import model_of
from studio.jobs.states import Status
from studio.vault.models.pace import rests_until
from studio.vault.queries import Hurdle, hurdle

STEP = 5
NEARLY = 95
SANDBOX_SECONDS = 5
ALONE = 10  # seconds: an order that nothing holds up is sent by then


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A job with its key and its current submissions, at `now`."""

    job: Job
    now: datetime
    current: Sequence[Submission]

    @property
    def elapsed(self) -> int:
        """Seconds since the provider took the first order, or since it was placed."""
        accepted = [one.accepted_at for one in self.current if one.accepted_at]
        return self._seconds(min(accepted, default=None))

    def _seconds(self, since: datetime | None) -> int:
        return max(0, int((self.now - (since or self.job.created_at)).total_seconds()))

    @property
    def usual(self) -> int:
        """Seconds."""
        if self.job.key.is_sandbox:
            return SANDBOX_SECONDS
        return max(1, int(model_of(self.job).seconds.usual))

    @property
    def is_late(self) -> bool:
        """Whatever is out takes longer than usual, and nothing more is to go out."""
        return all(
            self._seconds(one.accepted_at) > self.usual
            if one.status == Status.RUNNING
            else one.status not in (Status.QUEUED, Status.SUBMITTING)
            for one in self.current
        )

    @property
    def percent(self) -> int:
        """Of all pictures together, however many submissions they were ordered with."""
        weights = [(one.count, self._percent(one)) for one in self.current]
        total = sum(count for count, _ in weights)
        return sum(count * percent for count, percent in weights) // max(1, total)

    def _percent(self, one: Submission) -> int:
        """The provider's own progress, else elapsed against usual time (never quite all)."""
        if one.status != Status.RUNNING:
            return 0 if one.status in (Status.QUEUED, Status.SUBMITTING) else 100
        if one.progress is not None:
            return min(100, one.progress)
        return min(NEARLY, 100 * self._seconds(one.accepted_at) // self.usual)

    @property
    def hurdle(self) -> Hurdle:
        """Why nothing is sent with its key, for now or for good."""
        return hurdle(self.job.key, self.job.owner_id)

    @property
    def waits_until(self) -> datetime | None:
        """When it may go out, as far as its provider's limits and its own failed tries say."""
        queued = [one for one in self.current if one.status == Status.QUEUED]
        later = [one.not_before for one in queued if one.not_before and one.not_before > self.now]
        own = min(later) if later and len(later) == len(queued) else None
        return max(filter(None, [own, rests_until(self.job.key, self.now)]), default=None)

    @property
    def is_behind_others(self) -> bool:
        """It would have gone out by now, if it were alone."""
        return self._seconds(None) >= ALONE

    @property
    def since(self) -> str:
        """What a page says that it has seen of this card: it changes when the card does."""
        return f"{self.job.pk}.{self.job.revision}.{self._step}"

    @property
    def _step(self) -> int:
        """What moves on without a new revision: the time, and the key."""
        if self.job.status == Status.RUNNING:
            return 100 // STEP if self.is_late else self.percent // STEP
        if self.job.status != Status.QUEUED:
            return 0
        hurdle = list(Hurdle).index(self.hurdle)
        return 4 * hurdle + 2 * bool(self.waits_until) + self.is_behind_others
