"""Webhooks of providers. Public: each is believed for its signature, or for an address that
nobody can guess, and even then it only makes the next poll come sooner.

A call is answered from one row and changes one: it needs no worker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from studio.engine import hints
from studio.jobs.models import Submission
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Provider, Signing, Telling
from studio.vault.errors import VaultError
from studio.vault.models import WebhookSecret

log = logging.getLogger(__name__)

MAX_BODY = 256 * 1024


def hook(view: Callable[..., HTTPStatus]) -> Callable[..., HttpResponse]:
    """A view that gets the provider and the whole body, and answers with a bare status."""

    @wraps(view)
    def answer(request: HttpRequest, provider: str, *args: Any, **kwargs: Any) -> HttpResponse:
        found = PROVIDERS.get(provider)
        if not settings.STUDIO_PUBLIC_URL or found is None:
            return HttpResponse(status=HTTPStatus.NOT_FOUND)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            body = request.body
        except UnreadablePostError:  # they hung up
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)
        return HttpResponse(status=view(request, found, body, *args, **kwargs))

    return csrf_exempt(login_not_required(require_POST(answer)))


@hook
def signed(request: HttpRequest, provider: Provider, body: bytes, uid: UUID) -> HTTPStatus:
    """About any order of one key, signed with the secret that is stored for it."""
    secrets = WebhookSecret.objects.select_related("key")
    found = secrets.filter(key__uid=uid, key__provider=provider.name).first()
    if not found or not isinstance(provider, Signing):
        return HTTPStatus.NOT_FOUND
    try:
        secret = found.reveal()
    except VaultError:
        log.exception("the webhook secret of key %s cannot be opened", found.key.pk)
        return HTTPStatus.SERVICE_UNAVAILABLE
    if not provider.is_signed(request.headers, body, secret):
        return HTTPStatus.UNAUTHORIZED
    if ticket := provider.receive(request.headers, body, secret):
        hints.heed(Submission.objects.filter(key=found.key, ticket=ticket), body)
    return HTTPStatus.NO_CONTENT


@hook
def callback(request: HttpRequest, provider: Provider, body: bytes, token: str) -> HTTPStatus:
    """About the one order that this address was given with."""
    submission_id = hints.submission_of(provider.name, token)
    if not submission_id or not isinstance(provider, Telling):
        return HTTPStatus.NOT_FOUND
    rows = Submission.objects.filter(pk=submission_id)
    ticket = provider.receive(request.headers, body, "")
    told = rows.filter(ticket=ticket) if ticket else rows
    if not hints.heed(told, body) and ticket:
        hints.heed_late(rows, ticket)
    return HTTPStatus.NO_CONTENT
