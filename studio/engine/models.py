"""What the engine keeps: who pumps, and a sign of life."""

from __future__ import annotations

from django.db import models


class Lease(models.Model):
    """The right to pump one shard, until the database's clock says otherwise."""

    shard = models.PositiveSmallIntegerField(primary_key=True)
    token = models.UUIDField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"shard {self.shard}"


class Heartbeat(models.Model):
    """When a worker of this name last ran a task."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
