"""The pages for what went wrong: a number to tell the admin, and a way on."""

from __future__ import annotations

import logging
from http import HTTPStatus
from uuid import uuid4

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
# In one sentence, for a page that stays as it is: js/page.js shows it.
SENTENCES = {
    400: _("The request could not be read. Nothing was charged. Reload the page and try again."),
    403: _("This was refused. Nothing was charged. Reload the page and try again."),
    404: _("This is not there any more. Nothing was charged. Reload the page."),
    413: _("This is too much at once. Nothing was charged. Send fewer or smaller files."),
    500: _("Something broke on our side. Orders that were placed go on. Try again in a moment."),
}


def _page(request: HttpRequest, status: int) -> HttpResponse:
    """Rendered without context processors: no database, no session, whatever else is broken."""
    number = f"e-{uuid4().hex[:8]}"
    log.warning("%s: answered %s to %s", number, status, request.method)
    if request.headers.get("HX-Request"):
        text = f"{SENTENCES[status]} ({number})"
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    context = {"status": status, "number": number, "path": request.path}
    return HttpResponse(render_to_string("error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    is_too_much = isinstance(exception, TOO_MUCH)
    return _page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE if is_too_much else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403)
