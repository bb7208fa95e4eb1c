"""What has been counted, so that nobody need count a million rows again."""

from __future__ import annotations

from django.db import models


class Count(models.Model):
    """How much of something there has been: `label` says of which sort, where there are several.

    The row MARK says up to which event of the timelines everything is counted.
    """

    MARK = "mark"

    name = models.CharField(max_length=32)
    provider = models.CharField(max_length=32, blank=True, default="")
    label = models.CharField(max_length=32, blank=True, default="")
    value = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "provider", "label"], name="one_count")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.provider} {self.label}".strip()
