"""Housekeeping, run now and then by the workers (`engine.calendar`).

Each sweep may run twice, at once or half: it removes what is over by its own row, in batches, and
says what it removed.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from studio import queue
from studio.accounts.models import Invitation
from studio.engine import heartbeat, hold
from studio.engine.models import Heartbeat, PumpReport
from studio.upkeep import orphans
from studio.upkeep.counting import BATCH as EVENTS
from studio.upkeep.counting import roll_up

log = logging.getLogger(__name__)

BATCH = 500
MOST_BATCHES = 200
MOST_ROLLS = 25
DAY = timedelta(days=1)
MONTH = timedelta(days=30)


def count() -> None:
    """Add what happened to the counts."""
    heartbeat.beat()
    for _ in range(MOST_ROLLS):
        if roll_up() < EVENTS:
            return


def rows() -> None:
    """Sessions, tries to sign in, invitations, messages and signs of life that are over."""
    heartbeat.beat()
    now = timezone.now()
    clear("sessions", Session.objects.filter(expire_date__lt=now))
    for tries in (AccessAttempt, AccessFailureLog, AccessLog):
        clear("tries to sign in", tries.objects.filter(attempt_time__lt=now - DAY))
    clear("invitations", over_for(MONTH))
    clear("signs of life", Heartbeat.objects.filter(at__lt=now - DAY))
    gone = PumpReport.objects.filter(at__lt=now - DAY, shard__gte=settings.STUDIO_SHARDS)
    clear("reports of pumps", gone)
    for what, found in queue.left_over(now).items():
        clear(what, found)


def files() -> None:
    """Files that no row names; every folder has its turn once a week."""
    heartbeat.beat()
    if hold.is_on():  # out of a backup: first a person looks whether all of it is there
        return
    removed = orphans.sweep(orphans.turn_of(int(timezone.now().timestamp()) // 3600))
    if removed:
        log.info("removed %d files that no row named", removed)


def over_for(period: timedelta) -> Any:
    """Invitations that nobody can accept any more, and nobody did."""
    since = timezone.now() - period
    over = Q(expires_at__lt=since) | Q(revoked_at__lt=since)
    return Invitation.objects.filter(over, accepted_at=None)


def clear(what: str, found: Any) -> int:
    """Delete these rows, a batch in each transaction. Returns how many, up to a bound."""
    removed = 0
    for _ in range(MOST_BATCHES):
        pks = list(found.order_by().values_list("pk", flat=True)[:BATCH])
        if not pks:
            break
        found.model._default_manager.filter(pk__in=pks).delete()
        removed += len(pks)
    if removed:
        log.info("removed %d %s", removed, what)
    return removed
