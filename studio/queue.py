"""Hints to the workers. The only module that knows django-q2.

A message carries a dotted name and ids, nothing else: rows are the truth, so a message may be
lost, doubled or late without harm, and nothing secret ever stands in the queue.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task


def enqueue(name: str, *ids: int | str | UUID) -> None:
    """Run the task `name` (a dotted path) in a worker, once the transaction is committed."""
    words = tuple(str(value) if isinstance(value, UUID) else value for value in ids)
    transaction.on_commit(partial(async_task, name, *words))


def give_back() -> None:
    """Let the next cluster have what a dead one had taken, at once. Only while none is running."""
    OrmQ.objects.update(lock=timezone.now())


def oldest_waiting() -> datetime | None:
    """Since when the message that is next has been waiting for a cluster."""
    waiting = OrmQ.objects.filter(lock__lte=timezone.now()).order_by("lock")
    since: datetime | None = waiting.values_list("lock", flat=True).first()
    return since
