"""Addresses that providers call, and what a call does: it makes the next poll come sooner.

Nothing that a call says is believed. Who calls late, twice or never changes nothing but the time
at which the studio asks.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import timezone

from studio.jobs.models import Submission
from studio.jobs.shards import wake
from studio.jobs.states import Status
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Signing, Telling, Ticket


def callback_url(submission: Submission) -> str:
    """Where the provider may say that this order has ended; empty where it cannot or need not.

    Nobody can guess it: it holds a signature of 256 bits. The same order has the same one always.
    """
    name = submission.job.provider
    provider = PROVIDERS[name]
    is_called = isinstance(provider, Telling) and not isinstance(provider, Signing)
    if not (settings.STUDIO_PUBLIC_URL and is_called):
        return ""
    path = reverse("hook-callback", args=[name, _signer(name).sign(str(submission.pk))])
    return f"{settings.STUDIO_PUBLIC_URL}{path}"


def submission_of(provider: str, token: str) -> UUID | None:
    """Which submission a callback address was made for; None for an address that we never gave."""
    try:
        return UUID(_signer(provider).unsign(token))
    except BadSignature:
        return None


def heed(rows: Any, body: bytes) -> bool:
    """Have those of these submissions that are running polled soon. Says whether that is new."""
    is_new = bool(rows.poke(sha256(body).hexdigest()))
    if is_new:
        wake(rows.values_list("key_id", flat=True))
    return is_new


def heed_late(rows: Any, ticket: Ticket) -> bool:
    """An order whose answer was lost turns out to have arrived: go on from here, by asking.

    Also where a person has decided meanwhile: the pictures that come are shown beside others.
    """
    submission: Submission | None = rows.select_related("job").filter(ticket__isnull=True).first()
    if submission is None:
        return False
    now = timezone.now()
    is_unknown = submission.status == Status.UNKNOWN
    is_won = submission.accept(ticket, now) if is_unknown else submission.revive(ticket, now)
    if is_won:
        wake([submission.key_id])
    return is_won


def _signer(provider: str) -> Signer:
    return Signer(salt=f"studio.engine.hints.{provider}", sep=".")
