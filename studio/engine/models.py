"""What the engine keeps: who pumps and how that goes, a sign of life, and the hold."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Lease(models.Model):
    """The right to pump one shard of `shards`, until the database's clock says otherwise.

    holder: the machine whose process it is.
    """

    shard = models.PositiveSmallIntegerField(primary_key=True)
    shards = models.PositiveSmallIntegerField(default=1)
    token = models.UUIDField()
    holder = models.UUIDField(null=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"shard {self.shard}"


class PumpReport(models.Model):
    """How the pump of a shard is doing, by its own account, some seconds ago at most.

    polls, sent: since the row was made. The rest is about the last `seconds`: a lag is how much
    later than planned a poll began, in seconds; none where nothing was polled.
    """

    shard = models.PositiveSmallIntegerField(primary_key=True)
    at = models.DateTimeField()
    seconds = models.FloatField(default=0.0)
    in_flight = models.PositiveIntegerField(default=0)
    calls_out = models.PositiveIntegerField(default=0)
    polls = models.PositiveBigIntegerField(default=0)
    sent = models.PositiveBigIntegerField(default=0)
    polls_per_second = models.FloatField(default=0.0)
    lag_p50 = models.FloatField(null=True)
    lag_p95 = models.FloatField(null=True)
    lag_max = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"shard {self.shard}"


class Heartbeat(models.Model):
    """When a worker of this name last ran a task."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Reason(models.TextChoices):
    """Why the studio is on hold."""

    RESTORED = "restored"
    PAUSED = "paused"


class Hold(models.Model):
    """Nothing is sent, asked after or fetched while there is one that was not lifted.

    What was placed up to `doubtful_until` came out of a backup: the studio that it was taken
    from may have sent it since. How many of those were set aside stands on the row.
    """

    reason = models.CharField(max_length=8, choices=Reason)
    since = models.DateTimeField(default=timezone.now)
    begun_by = models.CharField(max_length=80, blank=True, default="")
    doubtful_until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=80, blank=True, default="")
    set_aside = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.reason} {self.since:%Y-%m-%d %H:%M}"

    @property
    def is_restored(self) -> bool:
        return self.reason == Reason.RESTORED

    def note_set_aside(self) -> None:
        """One more of the orders from the backup was not sent."""
        Hold.objects.filter(pk=self.pk).update(set_aside=models.F("set_aside") + 1)

    def end(self, *, by: str) -> bool:
        """It is over; only one of several who try at once wins."""
        rows = Hold.objects.filter(pk=self.pk, lifted_at=None)
        return bool(rows.update(lifted_at=timezone.now(), lifted_by=by[:80]))
