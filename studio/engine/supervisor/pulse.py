"""What the supervisor asks of the workers now and then: a sign of life, and to pump."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from studio.engine import heartbeat, tasks  # tasks: so that all workers share what they need
from studio.engine.leases import shards_without_pump
from studio.jobs.shards import wake_shard
from studio.queue import Lane, enqueue

BEAT = f"{tasks.__name__}.{tasks.beat.__name__}"

BEAT_EVERY = 5.0
BEAT_WENT_ELSEWHERE = 1.0
BEAT_LOST_AFTER = 20.0
WAKE_EVERY = 3.0
WAKE_AT_MOST_EVERY = 30.0


class Pulse:
    """Never enqueues faster than it is answered, so a standing queue does not grow."""

    def __init__(self, lane: Lane | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.lane: Lane = lane or "default"
        self.name = heartbeat.name_of(lane)
        self.clock = clock
        self.asked_at = -BEAT_LOST_AFTER
        self.mine = 0.0
        self.anyones: datetime | None = None
        self.look_at = 0.0
        self.pause = WAKE_EVERY

    def ask_for_beat(self, mine: float) -> None:
        """Every few seconds; if the last one is still unanswered, after a while again.

        mine: when these workers last showed a sign of life. Another cluster of the lane may have
        taken the last request: then the next comes sooner.
        """
        waited = self.clock() - self.asked_at
        if waited < BEAT_WENT_ELSEWHERE:
            return
        anyones = heartbeat.last_beat(self.name)
        if mine != self.mine:
            pause = BEAT_EVERY
        else:
            pause = BEAT_WENT_ELSEWHERE if anyones != self.anyones else BEAT_LOST_AFTER
        if waited >= pause:
            self.mine, self.anyones, self.asked_at = mine, anyones, self.clock()
            enqueue(BEAT, lane=self.lane)

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
