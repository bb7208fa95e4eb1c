"""A submission while the provider is at work, or while the studio itself fails over it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F
from django.utils import timezone

from studio.jobs.models.outcome import Outcome
from studio.jobs.states import Status


class Waiting(Outcome):
    """Part of a submission: what it is asked for with, and how often that went wrong."""

    ticket = models.JSONField(null=True)
    accepted_at = models.DateTimeField(null=True)
    progress = models.PositiveSmallIntegerField(null=True)
    poll_at = models.DateTimeField(null=True)
    poked_at = models.DateTimeField(null=True)
    poked_by = models.CharField(max_length=64, blank=True, default="")
    forgotten_times = models.PositiveSmallIntegerField(default=0)
    forgotten_at = models.DateTimeField(null=True)
    stumbles = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    def note_poll(self, *, poll_at: datetime) -> None:
        """Keep the next time to ask."""
        self._rows(status=Status.RUNNING).update(poll_at=poll_at)

    def note_forgotten(self, times: int, period: timedelta) -> bool:
        """Count a poll that the provider does not know. True: `times` over at least `period`."""
        self.forgotten_times += 1
        self.forgotten_at = self.forgotten_at or timezone.now()
        self._rows().update(forgotten_times=self.forgotten_times, forgotten_at=self.forgotten_at)
        return self.forgotten_times >= times and timezone.now() - self.forgotten_at >= period

    def note_stumble(self) -> int:
        """The studio itself failed over it, by nobody else's fault. How often that is so far."""
        self._rows().update(stumbles=F("stumbles") + 1)
        self.refresh_from_db(fields=["stumbles", "status", "sent_at", "claim"])
        return self.stumbles
