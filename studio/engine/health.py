"""/healthz: whether the studio works, for whoever watches it. Public: no secrets, no paths."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio.engine.disk import free_mb
from studio.engine.heartbeat import SILENT_FOR, last_beat, names
from studio.engine.leases import has_work_without_pump
from studio.jobs.models import Submission
from studio.queue import QueueError, oldest_waiting

log = logging.getLogger(__name__)

WAITING_TOO_LONG = timedelta(seconds=120)

_said: list[str] = []  # the reasons as last logged: a probe every second is no news

# What a check found out, and what is wrong if something is.
Finding = tuple[dict[str, Any], str]


@never_cache
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503 with the reasons."""
    checks: dict[str, dict[str, Any]] = {}
    reasons: list[str] = []
    for name, check in CHECKS.items():
        facts, reason = run(check)
        checks[name] = {"status": "failing" if reason else "ok", **facts}
        if reason and reason not in reasons:
            reasons.append(reason)
    _say(reasons)
    status = "failing" if reasons else "ok"
    body = {"status": status, "checks": checks, "reasons": reasons}
    return JsonResponse(body, status=503 if reasons else 200)


@never_cache
@login_not_required
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """204: this web server answers. Asks neither database nor disk."""
    return HttpResponse(status=204)


def _say(reasons: list[str]) -> None:
    """Into the log, once for each change and process."""
    kinds = [re.sub(r"\d+", "", reason) for reason in reasons]
    if kinds == _said:
        return
    _said[:] = kinds
    if reasons:
        log.warning("the studio is not well: %s", " ".join(reasons))
    else:
        log.info("the studio is well again")


def run(check: Callable[[], Finding]) -> Finding:
    """A check that cannot reach the database or the disk has failed."""
    try:
        return check()
    except (DatabaseError, InterfaceError):
        return {}, _("The database does not answer.")
    except QueueError:
        return {}, _("The workers’ queue does not answer.")
    except OSError:
        return {}, _("The data folder cannot be read.")


def seconds_since(moment: datetime | None) -> int | None:
    """Whole seconds, none for what is still to come: clocks may jump."""
    if moment is None:
        return None
    return max(0, round((timezone.now() - moment).total_seconds()))


def check_database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}, ""


def check_workers() -> Finding:
    ages = [seconds_since(last_beat(name)) for name in names()]
    age = None if None in ages else max(one or 0 for one in ages)
    facts = {"heartbeat_age_seconds": age}
    if age is None:
        return facts, _("The workers have not started yet.")
    if age > SILENT_FOR.total_seconds():
        return facts, _("The workers have shown no sign of life for %(age)d s.") % {"age": age}
    return facts, ""


def check_queue() -> Finding:
    """Orders may wait for a key's limits as long as they are looked after; messages may not."""
    order_age = seconds_since(oldest_due())
    message_age = seconds_since(oldest_waiting())
    facts = {"oldest_order_seconds": order_age, "oldest_message_seconds": message_age}
    limit = WAITING_TOO_LONG.total_seconds()
    if (message_age or 0) > limit:
        return facts, _("The workers are %(age)d s behind.") % {"age": message_age}
    if (order_age or 0) > limit and has_work_without_pump():
        return facts, _("Orders have been waiting for %(age)d s.") % {"age": order_age}
    return facts, ""


def oldest_due() -> datetime | None:
    """Since when the order that is next has been waiting."""
    due = Submission.objects.due(timezone.now()).order_by("created_at")
    return due.values_list("created_at", flat=True).first()


def check_disk() -> Finding:
    free, least = free_mb(), settings.STUDIO_MIN_FREE_MB
    facts = {"free_mb": free, "least_mb": least}
    if free < least:
        return facts, _("Only %(free)d MB are free; nothing new is ordered.") % {"free": free}
    return facts, ""


CHECKS: dict[str, Callable[[], Finding]] = {
    "database": check_database,
    "workers": check_workers,
    "queue": check_queue,
    "disk": check_disk,
}
