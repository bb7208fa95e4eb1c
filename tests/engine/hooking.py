"""Webhooks as the providers send them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.models import Submission
from studio.vault.models import ProviderKey, WebhookSecret
from tests.conftest import make_job, make_key

SIGNING = "whsec_0123456789abcdef"
PUBLIC = "https://studio.example.com"


def plus_key(owner: User, **fields: Any) -> ProviderKey:
    """A key of GPTImage2 Plus with a webhook secret."""
    key = make_key(owner, **{"provider": "gptimage2plus", "is_sandbox": False, **fields})
    key.set_secret("gimg_0123456789abcdef")
    WebhookSecret.objects.keep(key, SIGNING)
    return key


def running(key: ProviderKey, ticket: dict[str, str], **fields: Any) -> Submission:
    """An accepted order of this key."""
    row = make_job(key.owner, key, **fields).submissions.get()
    claim = uuid4()
    assert row.take(claim)
    assert row.mark_sent(claim, "a" * 64)
    assert row.accept(ticket, timezone.now())
    return row


def event(name: str, kind: str = "generation.succeeded") -> bytes:
    """The document's payload."""
    return json.dumps({"event": kind, "data": {"generationId": name}}).encode()


def signed(body: bytes, secret: str = SIGNING) -> dict[str, str]:
    """The headers of a delivery; each has an id of its own."""
    return {
        "X-Gptimg-Event": "generation.succeeded",
        "X-Gptimg-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "X-Gptimg-Delivery": str(uuid4()),
    }
