"""What the supervisor asks of the workers now and then: a sign of life, and to pump."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from studio.engine import tasks  # here, so that all workers share what tasks need
from studio.engine.leases import shards_without_pump
from studio.jobs.shards import wake_shard
from studio.queue import enqueue

BEAT = f"{tasks.__name__}.{tasks.beat.__name__}"

BEAT_EVERY = 5.0
BEAT_LOST_AFTER = 20.0
WAKE_EVERY = 3.0
WAKE_AT_MOST_EVERY = 30.0


class Pulse:
    """Never enqueues faster than it is answered, so a standing queue does not grow."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.asked_at = -BEAT_LOST_AFTER
        self.answer: datetime | None = None
        self.look_at = 0.0
        self.pause = WAKE_EVERY

    def ask_for_beat(self, last: datetime | None) -> None:
        """Every few seconds; if the last one is still unanswered, after a while again."""
        waited = self.clock() - self.asked_at
        is_answered = last != self.answer
        if waited > (BEAT_EVERY if is_answered else BEAT_LOST_AFTER):
            self.answer = last
            self.asked_at = self.clock()
            enqueue(BEAT)

    def wake_pump(self) -> None:
        """When work waits in a shard and nobody pumps it; more rarely while that does not help."""
        now = self.clock()
        if now < self.look_at:
            return
        is_needed = False
        for shard in shards_without_pump():
            wake_shard(shard)
            is_needed = True
        self.look_at = now + (self.pause if is_needed else WAKE_EVERY)
        self.pause = min(WAKE_AT_MOST_EVERY, self.pause * 2) if is_needed else WAKE_EVERY
