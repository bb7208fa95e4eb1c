"""Requests as our views know them: with a signed-in member and htmx."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from studio.accounts.models import User


class Request(HttpRequest):
    """A signed-in member's request (LoginRequiredMiddleware sees to it)."""

    user: User
    htmx: HtmxDetails


def client_address(request: HttpRequest) -> str:
    """Where a request comes from. Forwarded addresses count only behind our own proxies.

    With n trusted proxies, the n-th address from the right of X-Forwarded-For is the client's.
    """
    proxies = settings.STUDIO_TRUSTED_PROXIES
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and len(hops) >= proxies and hops[-proxies]:
        return hops[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))
