"""Who comes in, and in which language they are answered."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from studio.accounts.actions import is_unopened
from studio.accounts.models import Language
from studio.accounts.requests import Request, page_behind


class SignedInMiddleware(LoginRequiredMiddleware):
    """Signed-in by default; before the first run every door leads to the first-run page."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.user.is_authenticated:
            request.user.was_seen()
            return None
        if super().process_view(request, view_func, view_args, view_kwargs) is None:
            return None
        return turned_away(request)


def turned_away(request: HttpRequest) -> HttpResponseBase:
    """What a guest gets in the place of a signed-in page."""
    htmx = cast("Request", request).htmx
    if is_unopened():
        target = resolve_url("first-run")
        return HttpResponseClientRedirect(target) if htmx else redirect(target)
    if htmx:
        return signed_out()
    return redirect_to_login(page_behind(request), resolve_url("login"))


def signed_out() -> HttpResponse:
    """To a page whose session has ended: it stays as it is, and js/page.js offers to sign in."""
    return HttpResponse(
        _("You are signed out. Sign in again."),
        status=HTTPStatus.UNAUTHORIZED,
        headers={"HX-Trigger": "signed-out", "HX-Reswap": "none"},
    )


class MemberLocaleMiddleware:
    """The member's choice, else the browser's. Comes after authentication, in the place of
    Django's LocaleMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "")
        known = chosen if chosen in Language.values else ""
        language = known or translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", language)
        return response
