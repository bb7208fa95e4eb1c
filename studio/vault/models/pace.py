"""How fast a key may be used just now. The engine writes it; cards say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from studio.vault.models.key import ProviderKey


class PaceQuerySet(models.QuerySet["Pace"]):
    """One for each key at most."""

    def keep(
        self, key_id: int, state: Mapping[str, Any], *, rests_until: datetime | None = None
    ) -> None:
        """What another pump goes on from, and until when no order goes out."""
        facts = {"state": dict(state), "rests_until": rests_until, "kept_at": timezone.now()}
        if not self.filter(key=key_id).update(**facts):
            self.create(key_id=key_id, **facts)


class Pace(models.Model):
    """state: JSON that only the engine reads."""

    key = models.OneToOneField(ProviderKey, models.CASCADE, primary_key=True, related_name="pace")
    state = models.JSONField(default=dict)
    rests_until = models.DateTimeField(null=True)
    kept_at = models.DateTimeField()

    objects = PaceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"pace of {self.key_id}"


def rests_until(key: ProviderKey, now: datetime) -> datetime | None:
    """Until when nothing goes out with the key, because of its limits; None: something may."""
    pace: Pace | None = getattr(key, "pace", None)
    until = pace.rests_until if pace else None
    return until if until and until > now else None
