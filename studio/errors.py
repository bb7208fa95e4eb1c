"""The pages for what went wrong: a number to tell the admin, and a way on."""

from __future__ import annotations

import logging
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

log = logging.getLogger(__name__)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    """Rendered without context processors: no database, no session, whatever else is broken."""
    number = f"e-{uuid4().hex[:8]}"
    log.warning("%s: answered %s to %s", number, status, request.method)
    context = {"status": status, "number": number, "path": request.path}
    return HttpResponse(render_to_string("error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403)
