"""What the engine keeps: who pumps and how that is going, and a sign of life."""

from __future__ import annotations

from django.db import models


class Lease(models.Model):
    """The right to pump one shard of `shards`, until the database's clock says otherwise."""

    shard = models.PositiveSmallIntegerField(primary_key=True)
    shards = models.PositiveSmallIntegerField(default=1)
    token = models.UUIDField()
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
