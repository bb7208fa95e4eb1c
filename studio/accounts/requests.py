"""Requests as our views know them: with a signed-in member and htmx."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from studio.accounts.models import User


class Request(HttpRequest):
    """A signed-in member's request (SignedInMiddleware sees to it)."""

    user: User
    htmx: HtmxDetails


View = Callable[..., HttpResponse]


def require_admin(view: View) -> View:
    """Only admins come in; other members get 403."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from. Forwarded addresses count only behind our own proxies.

    With n trusted proxies, the n-th address from the right of X-Forwarded-For is the client's.
    """
    proxies = settings.STUDIO_TRUSTED_PROXIES
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    told = hops[-proxies] if proxies and len(hops) >= proxies else ""
    for address in (told, str(request.META.get("REMOTE_ADDR", ""))):
        if is_address(address):
            return address
    return None


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def next_page(request: HttpRequest, fallback: str = "studio") -> str:
    """Where the field `next` wants to go, if that is ours; else the fallback."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_ours(request, wanted) else resolve_url(fallback)


def is_ours(request: HttpRequest, url: str) -> bool:
    return url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def page_behind(request: HttpRequest) -> str:
    """The page that somebody was looking at: this one, or the one that sent a form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    sender = request.headers.get("Referer", "")
    parts = urlsplit(sender)
    return parts._replace(scheme="", netloc="").geturl() if is_ours(request, sender) else ""


def public_url(request: HttpRequest, path: str) -> str:
    """A path of ours as others may call it: under the public name, else as we were called."""
    if settings.STUDIO_PUBLIC_URL:
        return f"{settings.STUDIO_PUBLIC_URL}{path}"
    return request.build_absolute_uri(path)
