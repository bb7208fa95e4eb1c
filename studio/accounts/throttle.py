"""How often a password may be tried: few times for an account, and few from an address.

django-axes asks this handler before each look at a password (AxesStandaloneBackend), wherever
that happens. A try is counted *before* the password is looked at and taken back when it was
right, so that tries at the same moment cannot slip through together. Refused tries do not count.
"""

from __future__ import annotations

import logging
import math
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessFailureLog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from studio.accounts.models import Studio, spelled

log = logging.getLogger(__name__)

Facts = dict[str, str | None]


def neighbourhood(address: str | None) -> str | None:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer owns."""
    if not address:
        return None
    parsed = ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    if parsed.version == 4 or mapped:
        return str(mapped or parsed)
    return str(ip_network((parsed.packed[:8] + bytes(8), 64)).network_address)


def tries(field: str, value: str | None) -> QuerySet[AccessFailureLog]:
    """The tries that count now for an account or an address, oldest first."""
    _limit, window = settings.LOGIN_LIMITS[field]
    since = timezone.now() - window
    rows: QuerySet[AccessFailureLog] = AccessFailureLog.objects.filter(
        **{field: value}, attempt_time__gt=since
    )
    return rows.order_by("attempt_time")


def tries_left(facts: Facts) -> int:
    left = [
        settings.LOGIN_LIMITS[field][0] - tries(field, value).count()
        for field, value in facts.items()
    ]
    return min(left, default=0)


def closed_until(facts: Facts) -> datetime | None:
    """When a try is allowed again; None when it is allowed now."""
    ends = [
        tries(field, value)[0].attempt_time + settings.LOGIN_LIMITS[field][1]
        for field, value in facts.items()
        if tries(field, value).count() >= settings.LOGIN_LIMITS[field][0]
    ]
    return max(ends, default=None)


class LoginThrottle(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Both limits of LOGIN_LIMITS, on the library's table of failures."""

    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Count a try, or refuse it. Request gets `login_try` or `login_closed_until`."""
        facts = self.facts(request, credentials or {})
        with transaction.atomic():
            # PostgreSQL serialises on this row; SQLite on the transaction itself.
            Studio.objects.select_for_update().first()
            closed = closed_until(facts)
            if closed is None:
                row = AccessFailureLog.objects.create(**facts)
                request.login_try = row.pk  # type: ignore[attr-defined]
        request.login_facts = facts  # type: ignore[attr-defined]
        request.login_closed_until = closed  # type: ignore[attr-defined]
        request.axes_locked_out = closed is not None  # type: ignore[attr-defined]
        return closed is None

    def facts(self, request: HttpRequest, credentials: dict[str, Any]) -> Facts:
        return {
            "username": spelled(credentials.get("username") or ""),
            "ip_address": neighbourhood(request.axes_ip_address),  # type: ignore[attr-defined]
        }

    def user_login_failed(
        self, sender: object, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        """The failure is counted already: say so in the log, and forget what counts no more."""
        address = getattr(request, "axes_ip_address", None)
        is_refused = getattr(request, "axes_locked_out", False)
        log.warning("Login %s from %s.", "refused" if is_refused else "failed", address)
        longest = max(window for _limit, window in settings.LOGIN_LIMITS.values())
        AccessFailureLog.objects.filter(attempt_time__lt=timezone.now() - 2 * longest).delete()

    def user_logged_in(self, sender: object, request: Any, user: object, **kwargs: Any) -> None:
        """Nothing: a success forgives its own try only, else one's own account would reset the
        count of an address."""

    def user_logged_out(self, sender: object, request: Any, user: object, **kwargs: Any) -> None:
        """Nothing to keep."""

    def reset_attempts(
        self,
        *,
        ip_address: str | None = None,
        username: str | None = None,
        ip_or_username: bool = False,
    ) -> int:
        """Forget the tries of an account or an address (`manage.py axes_reset…` calls this)."""
        rows = AccessFailureLog.objects.all()
        if ip_address:
            rows = rows.filter(ip_address=neighbourhood(ip_address))
        if username:
            rows = rows.filter(username=spelled(username))
        return int(rows.delete()[0])


def forgive(request: HttpRequest | None) -> None:
    """Take the try of this request back: the password was right."""
    AccessFailureLog.objects.filter(pk=getattr(request, "login_try", None)).delete()


def seconds_closed(request: HttpRequest | None) -> int:
    """How long this request's account or address must wait; 0 when its try was allowed."""
    closed: datetime | None = getattr(request, "login_closed_until", None)
    if closed is None:
        return 0
    return max(1, math.ceil((closed - timezone.now()) / timedelta(seconds=1)))


def left_after(request: HttpRequest | None) -> int:
    """How many tries are left after this request's failed one."""
    return max(0, tries_left(getattr(request, "login_facts", {})))


def lockout_response(
    request: HttpRequest,
    response: HttpResponse,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page itself, which says when to try again, with the status that a program expects."""
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds_closed(request))
    return response
