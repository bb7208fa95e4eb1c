"""Reading single values of an answer: nothing where they are not what they should be."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from hashlib import sha256
from math import isnan
from typing import Any, NamedTuple

from studio.providers.contract import Picture
from studio.providers.errors import Blocked, Failed, ProviderError

HOUR = 60 * 60.0
DAY = 24 * HOUR
MOST = 100_000_000  # what a row can hold
# A refusal by a safety review often carries no code of its own.
POLICY_WORDS = ("敏感", "安全审核", "违规内容", "policy", "moderation", "safety", "sensitive")

# Where pictures are found; the first that holds any counts, the others may repeat them.
PICTURE_NAMES = ("result", "resultUrls", "urls", "output", "outputs", "data", "images", "url")
DEPTH = 8
WORDS = ("message", "msg", "failMsg", "error", "detail", "code")


def is_policy(words: str) -> bool:
    """Whether a refusal speaks of the content, not of the order."""
    return any(word in words.lower() for word in POLICY_WORDS)


def ended(words: str) -> ProviderError:
    """Why a task came to nothing: blocked where the words speak of policy, else failed."""
    return (Blocked if is_policy(words) else Failed)(detail=words)


def per_cent(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or isnan(value):
        return None
    return int(max(0, min(100, value)))


def number(value: Any) -> int:
    """A status that may come as 400 or "400"; 0 for anything else."""
    digits = str(value)
    return int(digits) if digits.isdecimal() and len(digits) == 3 else 0


def seconds(value: str | None) -> float | None:
    """A Retry-After in seconds, a day at most."""
    return min(float(value), DAY) if value and value.isdecimal() else None


def decimal(value: Any) -> Decimal | None:
    """An exact amount: JSON's 0.05279 stays 0.05279."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and 0 <= amount < MOST else None


def time(value: Any) -> datetime | None:
    """Seconds since 1970."""
    try:
        return datetime.fromtimestamp(value, tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def text(value: Any) -> str:
    """A sentence fit for a row of a database."""
    if not isinstance(value, str):
        return ""
    return value.encode(errors="replace").decode().replace("\0", "")


def address(value: Any) -> str:
    """An absolute web address."""
    is_text = isinstance(value, str) and value.isprintable()
    return value if is_text and value.startswith(("https://", "http://")) else ""


def task_id(value: Any) -> str:
    """An id that can stand in a path."""
    is_text = isinstance(value, str) and value.isprintable() and len(value) <= 500
    return value if is_text and value.strip(".") else ""


def ticket(name: str, typed: str) -> dict[str, str] | None:
    """A ticket of an id that a person has typed or pasted; None for what can be no id."""
    found = typed.strip().strip("\"'“”")
    is_one = not any(sign.isspace() or sign in ",;<>\"'" for sign in found)
    return {name: found} if task_id(found) and is_one else None


def json_object(value: Any) -> dict[str, Any]:
    """An object that may have come as bytes or a string; empty where it is none."""
    try:
        told = json.loads(value) if isinstance(value, bytes | str) else value
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether this is the hex HMAC-SHA256 of the body. An empty secret signs nothing."""
    expected = hmac.new(secret.encode(), body, sha256).hexdigest()
    is_same = hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))
    return is_same and bool(secret.strip())


class Allowance(NamedTuple):
    """Calls that a key has left, and the seconds until they are counted anew."""

    left: int
    seconds: float


def wait(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: as told, or until an hour without calls left ends, by the sender's clock."""
    told = headers.get("retry-after", "")
    found = seconds(told)
    if found is None and told:
        found = _seconds_until(_date(told), headers, DAY)
    if found is None and (left := allowance(headers)) and not left.left:
        found = left.seconds
    return found


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    """X-RateLimit-Remaining and -Reset, which is in seconds since 1970 by the sender's clock."""
    left, reset = (headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "reset"))
    if not (left.isdecimal() and reset.isdecimal() and len(left) < 10 and len(reset) < 20):
        return None
    ends_in = _seconds_until(int(reset), headers, HOUR)
    return None if ends_in is None else Allowance(left=int(left), seconds=ends_in)


def _seconds_until(moment: float | None, headers: Mapping[str, str], most: float) -> float | None:
    """By the clock of the sender, who says what time it is there."""
    sent = _date(headers.get("date", ""))
    return None if moment is None or sent is None else min(most, max(0.0, moment - sent))


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None


def inline(value: Any) -> bytes:
    """A picture in base64: bare, in lines, or as a data URI."""
    if not isinstance(value, str):
        return b""
    try:
        return base64.b64decode("".join(value.rpartition(",")[2].split()), validate=True)
    except ValueError:
        return b""


def complaint(body: Mapping[str, Any]) -> tuple[str, str]:
    """An error's `error_code`, and all words about it: at the top, inside `error` or `detail`."""
    layers, codes, words = [body], [""], []
    for layer in layers:  # grows while it is read
        layers += [layer[k] for k in ("error", "detail") if isinstance(layer.get(k), dict)]
        codes.append(text(layer.get("error_code")))
        words += [text(layer.get(k)) for k in WORDS]
        if isinstance(upstream := layer.get("upstream_status"), int | str):
            words.append(f"upstream_status {text(str(upstream))}")
    told = dict.fromkeys(filter(None, [*words, *codes]))
    return next(filter(None, codes), ""), ", ".join(told)


def pictures(value: Any, depth: int = DEPTH) -> tuple[Picture, ...]:
    """Those of a link, of an object with `url` or `b64_json`, of a list, or of what holds them."""
    if isinstance(value, list) and depth:
        return tuple(picture for each in value for picture in pictures(each, depth - 1))
    told = value if isinstance(value, dict) else {"url": value}
    url, data = address(told.get("url")), inline(told.get("b64_json"))
    if url or data:
        return (Picture(url=url, data=data),)
    if told is not value or not depth:
        return ()
    # Under the first name that holds any: the others may repeat them.
    found = (pictures(told.get(name), depth - 1) for name in PICTURE_NAMES)
    return next(filter(None, found), ())
