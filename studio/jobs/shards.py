"""Which pump a key belongs to, and how that pump is woken. One key has one pump, always."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import F

from studio.queue import enqueue

PUMP = "studio.engine.tasks.pump"


def shard_of(key_id: int) -> int:
    """The shard that carries all submissions of this key."""
    return key_id % settings.STUDIO_SHARDS


def of_shard(rows: Any, shard: int, *, key: str = "key_id") -> Any:
    """Those of the rows whose key belongs to the shard. `key`: the path to the id of their key."""
    if settings.STUDIO_SHARDS == 1:
        return rows
    return rows.alias(shard=F(key) % settings.STUDIO_SHARDS).filter(shard=shard)


def wake(key_ids: Iterable[int]) -> None:
    """Have the pumps of these keys look for work, once the transaction is committed."""
    is_one = settings.STUDIO_SHARDS == 1  # then the keys need not even be read
    for shard in [0] if is_one else sorted({shard_of(key_id) for key_id in key_ids}):
        wake_shard(shard)


def wake_shard(shard: int) -> None:
    """Have the pump of this shard look for work."""
    enqueue(PUMP, shard, lane="engine")
