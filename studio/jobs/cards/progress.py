"""How far a job is, as far as anybody can tell: what its card shows and what a page has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from studio.jobs.models import Job
from studio.jobs.orders import model_of
from studio.jobs.states import Status

STEP = 5
NEARLY = 95
SANDBOX_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A job with its key, at `now`. told: the provider's own per cent, where it tells any."""

    job: Job
    now: datetime
    accepted_at: datetime | None
    told: int | None

    @property
    def elapsed(self) -> int:
        """Seconds since the provider took the order, or since it was placed."""
        since = self.accepted_at or self.job.created_at
        return max(0, int((self.now - since).total_seconds()))

    @property
    def usual(self) -> int:
        """Seconds."""
        if self.job.key.is_sandbox:
            return SANDBOX_SECONDS
        return max(1, int(model_of(self.job).seconds.usual))

    @property
    def is_late(self) -> bool:
        return self.elapsed > self.usual

    @property
    def percent(self) -> int:
        """The provider's own progress, else elapsed against usual time (never quite all)."""
        if self.told is not None:
            return min(100, self.told)
        return min(NEARLY, 100 * self.elapsed // self.usual)

    @property
    def is_key_waiting(self) -> bool:
        """Nothing is sent with its key, for now or for good."""
        key = self.job.key
        return key.is_paused or key.deleted_at is not None

    @property
    def since(self) -> str:
        """What a page says that it has seen of this card: it changes when the card does."""
        return f"{self.job.pk}.{self.job.revision}.{self._step}"

    @property
    def _step(self) -> int:
        """What moves on without a new revision: the time, and the key."""
        if self.job.status == Status.RUNNING:
            return 100 // STEP if self.is_late else self.percent // STEP
        return int(self.job.status == Status.QUEUED and self.is_key_waiting)
