"""References as they arrive inside a body: links and data URIs."""

from __future__ import annotations

import base64
import binascii
import io
import re
from urllib.parse import urlsplit

from PIL import Image

DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,", re.ASCII | re.IGNORECASE)
READABLE = ("PNG", "JPEG", "WEBP")

Pixels = tuple[int, int]


class BadReferenceError(Exception):
    """Neither a link nor a picture in base64."""


def is_link(text: str) -> bool:
    """An http(s) address. It is not fetched: nobody outside learns of a rehearsal."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def inline(text: str) -> bytes:
    """The bytes of a `data:image/…;base64,…`. Raises BadReferenceError."""
    head = DATA_URI.match(text)
    if not head:
        raise BadReferenceError
    try:
        data = base64.b64decode(text[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadReferenceError from error
    if not data:
        raise BadReferenceError
    return data


def weight(reference: object) -> int:
    """Bytes that came along: none for a link. Raises BadReferenceError."""
    if not isinstance(reference, str):
        raise BadReferenceError
    return 0 if is_link(reference) else len(inline(reference))


def pixels(data: bytes) -> Pixels | None:
    """Width and height from a picture's head; nothing where it cannot be read."""
    try:
        with Image.open(io.BytesIO(data), formats=READABLE) as image:
            return image.size
    except (OSError, ValueError, SyntaxError):
        return None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def bounded(size: Pixels, *, least: int, longest: int, most: int) -> Pixels:
    """The nearest size of the same shape within the limits: shortest and longest side, pixels."""
    width, height = size
    shrink = min(1.0, longest / max(size), (most / (width * height)) ** 0.5)
    return max(least, int(width * shrink)), max(least, int(height * shrink))
