"""Takes a secret out of a text that somebody else wrote."""

from __future__ import annotations

import base64
from functools import lru_cache
from urllib.parse import quote, quote_plus

MASK = "…"
TELLING = 8  # so many characters of a secret give something away


@lru_cache(maxsize=256)  # the log keeps them anyway
def forms(secret: str) -> tuple[str, ...]:
    """How a secret may look in somebody's text: plain, URL- or base64-encoded; longest first."""
    raw = secret.encode()
    found = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
    return tuple(sorted(found, key=len, reverse=True))


def redact(text: str, secret: str) -> str:
    """The text without the secret: in any of its forms, or cut off at the text's end."""
    for form in forms(secret):
        text = _without_beginning(text.replace(form, MASK), form)
    return text


def _without_beginning(text: str, form: str) -> str:
    for length in range(len(form) - 1, TELLING - 1, -1):
        if text.endswith(form[:length]):
            return text[:-length] + MASK
    return text
