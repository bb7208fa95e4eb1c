"""Hints to the workers. The only module that knows django-q2.

A message carries a dotted name and ids, nothing else: rows are the truth, so a message may be
lost, doubled or late without harm, and nothing secret ever stands in the queue.

Each hint goes to a lane. Usually one cluster serves all of them from one queue; with
STUDIO_LANES=split every lane has a queue and a cluster of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Literal, get_args
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.brokers import Broker, get_broker
from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule, Task
from django_q.signing import BadSignature, SignedPackage
from django_q.tasks import async_task
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

Lane = Literal["engine", "media", "default"]
LANES: tuple[Lane, ...] = get_args(Lane)

FAILURES_KEPT = timedelta(days=14)
SUCCESSES_KEPT = MESSAGES_KEPT = timedelta(days=1)


class QueueError(Exception):
    """The queue does not answer."""


def enqueue(name: str, *ids: int | str | UUID, lane: Lane = "default") -> None:
    """Run the task `name` (a dotted path) in a worker, once the transaction is committed.

    A queue that does not answer is logged and nothing else: what is committed stays right.
    """
    words = tuple(str(value) if isinstance(value, UUID) else value for value in ids)
    transaction.on_commit(partial(_send, name, *words, queue=queue_of(lane)))


def queue_of(lane: Lane | None) -> str:
    """The name of the queue, and of the cluster, that serves a lane; None is the only one."""
    name: str = settings.Q_CLUSTER["name"]
    is_own = settings.STUDIO_LANES == "SPLIT" and lane not in (None, "default")
    return f"{name}-{lane}" if is_own else name


def run_cluster(lane: Lane | None = None) -> None:
    """Run the workers of a lane until told to stop: in a process of its own, which it takes over.

    Without split lanes any lane is all of them.
    """
    Conf.CLUSTER_NAME = queue_of(lane)  # read from the environment only when it is imported
    call_command("qcluster")


def give_back(lane: Lane | None = None) -> None:
    """Let the lane's next cluster have what a dead one had taken. Only while none is running."""
    if not _is_redis():  # which has handed out for good what it handed out
        OrmQ.objects.filter(key=queue_of(lane)).update(lock=timezone.now())


def oldest_waiting() -> datetime | None:
    """Since when the message that is next has been waiting for a cluster. Raises QueueError."""
    lanes = LANES if settings.STUDIO_LANES == "SPLIT" else LANES[-1:]
    return min((since for lane in lanes if (since := first_waiting(lane))), default=None)


def first_waiting(lane: Lane | None = None) -> datetime | None:
    """The same for one lane."""
    find = _first_in_redis if _is_redis() else _first_in_database
    return find(queue_of(lane))


def keep_schedules(calendar: Mapping[str, int]) -> None:
    """Run these tasks every so many minutes, and nothing else. Only while nobody else says so.

    A schedule that stands already goes on counting. Of several clusters that look at the same
    time one wins: the row is locked while it is read and moved on.
    """
    cluster = queue_of("default")
    Schedule.objects.exclude(name__in=calendar).delete()
    for name, minutes in calendar.items():
        same = Schedule.objects.filter(name=name, minutes=minutes, cluster=cluster)
        kept = same.values_list("pk", flat=True).first()
        Schedule.objects.filter(name=name).exclude(pk=kept).delete()
        if kept is None:
            Schedule.objects.create(
                name=name,
                func=name,
                schedule_type=Schedule.MINUTES,
                minutes=minutes,
                cluster=cluster,
                next_run=timezone.now() + timedelta(minutes=1),
            )


def left_over(now: datetime) -> dict[str, Any]:
    """Rows of django-q2 that nobody needs any more, by what they are."""
    old = Q(stopped__lt=now - FAILURES_KEPT) | Q(success=True, stopped__lt=now - SUCCESSES_KEPT)
    return {
        "finished tasks": Task.objects.filter(old),
        "messages that nobody took": OrmQ.objects.filter(lock__lt=now - MESSAGES_KEPT),
    }


def check() -> None:
    """Raises QueueError when the queue does not answer."""
    with _answering():
        _broker(queue_of(None)).ping()


def _send(name: str, *words: int | str, queue: str) -> None:
    try:
        async_task(name, *words, cluster=queue, broker=_broker(queue))
    except (RedisError, DatabaseError, OSError) as error:
        log.warning("no worker could be told of %s: %s", name, error)


@lru_cache(maxsize=8)
def _broker(queue: str) -> Broker:
    """One connection for a process; a fork begins its own."""
    return get_broker(queue)


def _is_redis() -> bool:
    return isinstance(_broker(queue_of(None)), Redis)


def _first_in_database(queue: str) -> datetime | None:
    waiting = OrmQ.objects.filter(key=queue, lock__lte=timezone.now()).order_by("lock")
    since: datetime | None = waiting.values_list("lock", flat=True).first()
    return since


def _first_in_redis(queue: str) -> datetime | None:
    broker = _broker(queue)
    with _answering():
        message = broker.connection.lindex(broker.list_key, 0)
    try:
        since: datetime | None = SignedPackage.loads(message)["started"] if message else None
    except BadSignature:  # the workers will throw it away
        since = None
    return since


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise QueueError from error
