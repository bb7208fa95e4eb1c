"""The rules of an APIModels order: which bodies are taken, what is delivered for them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.http import HttpResponse, JsonResponse

from studio.sandbox import art, marks, references, tasks, wire
from studio.sandbox.marks import Marks
from studio.sandbox.references import Pixels
from studio.sandbox.tasks import Ending, Task

MODEL = "gpt-image-2-all"
MAX_PICTURES = 10
MAX_REFERENCES = 16
TYPICAL = {
    "1K": ("1024x1024", "1536x1024", "1024x1536"),
    "2K": ("2048x2048", "2048x1152", "1152x2048"),
    "4K": ("3840x2160", "2160x3840"),
}
LONGEST = {"1K": 1536, "2K": 2048, "4K": 3840}
FEWEST, MOST = 655_360, 8_294_400
CHOICES = {
    "quality": ("low", "medium", "high", "auto"),
    "background": ("transparent", "opaque", "auto"),
    "resolution": tuple(TYPICAL),
}
# Fields that hold pictures: whether they may be links, whether base64.
SINGLE = {"image": (True, True), "image_url": (True, False), "image_base64": (False, True)}
SEVERAL = {"image_urls": (True, False), "images": (True, True)}
MASKS = {"mask_url": (True, False), "mask_base64": (False, True)}
SECONDS = {"low": 3.0, "medium": 5.0, "auto": 5.0, "high": 8.0}

POLICY = "The prompt violates our content policy"
BROKEN = "The upstream failed to make the picture"
REFUSALS = {
    400: "invalid request",
    401: "invalid api key",
    402: "insufficient balance",
    403: "this key has no access to the model",
    404: "task not found",
    429: "too many requests",
    500: "internal error",
    503: "service unavailable",
}

Body = dict[str, Any]


def accepted(body: Body, images: Sequence[bytes] = (), masks: Sequence[bytes] = ()) -> Task:
    """The order of a body that keeps every documented rule. Raises wire.RefusedError."""
    _check(body)
    prompt, count, salt = body["prompt"], body.get("n", 1), _references(body, images, masks)
    (width, height), found = _pixels(body), marks.read(prompt)
    obey(found, body)
    lasts = 0.0 if is_sync(body) else marks.lasts(found, SECONDS[body.get("quality", "medium")])
    return Task(
        started=tasks.now(),
        lasts=round(lasts * 1000),
        width=width,
        height=height,
        count=max(1, count - 1) if "short" in found else count,
        seed=art.seed_of(prompt, salt=salt),
        cost=0,
        nonce=secrets.randbits(40),
        ending=Ending.of(found),
    )


def _check(body: Body) -> None:
    """The fields that are neither pictures nor their size."""
    prompt, count = body.get("prompt"), body.get("n", 1)
    if body.get("model") != MODEL:
        raise refusal(400, f"model must be {MODEL}", body)
    if not (isinstance(prompt, str) and prompt.strip()):
        raise refusal(400, "prompt is required", body)
    if type(count) is not int or not 1 <= count <= MAX_PICTURES:
        raise refusal(400, f"n must be a whole number from 1 to {MAX_PICTURES}", body)
    for name, choices in CHOICES.items():
        if name in body and body[name] not in choices:
            raise refusal(400, f"{name} must be one of {', '.join(choices)}", body)
    hook = body.get("callback_url", "https://example.com")
    if not (isinstance(hook, str) and references.is_link(hook)):
        raise refusal(400, "callback_url must be an address", body)


def _references(body: Body, images: Sequence[bytes], masks: Sequence[bytes]) -> str:
    """All pictures that came along, in one text. Links are not opened."""
    used = [*_fields(body, SINGLE | SEVERAL), *(_digest(image, body) for image in images)]
    over = [*_fields(body, MASKS), *(_digest(mask, body) for mask in masks)]
    if len(used) > MAX_REFERENCES:
        raise refusal(400, f"at most {MAX_REFERENCES} images", body)
    if len(over) > bool(used):
        raise refusal(400, "one mask, and an image below it", body)
    known = [told for told in (*used[: len(over)], *over) if not references.is_link(told)]
    if len({told.partition(" ")[0] for told in known}) > 1:
        raise refusal(400, "the mask must be as large as the first image", body)
    return "\n".join([*used, *over])


def _fields(body: Body, names: Mapping[str, tuple[bool, bool]]) -> Iterator[str]:
    """The pictures in some fields: links, and sizes and digests of what came in base64."""
    for name, (may_link, may_inline) in names.items():
        told = body.get(name, [])
        values = told if name in SEVERAL or name not in body else [told]
        for value in values if isinstance(values, list) else [None]:
            if may_link and isinstance(value, str) and references.is_link(value):
                yield value
            elif may_inline:
                yield _digest(_decoded(value), body)
            else:
                raise refusal(400, f"{name} holds what is no address of a picture", body)


def _decoded(value: Any) -> bytes:
    """Base64, bare or as a data URI; nothing where it is neither."""
    bare = str(value)
    try:
        return references.inline(bare if ":" in bare else f"data:image/png;base64,{bare}")
    except references.BadReferenceError:
        return b""


def _digest(data: bytes, body: Body) -> str:
    size = references.pixels(data)
    if size is None:
        raise refusal(400, "an image cannot be read", body)
    return f"{size[0]}x{size[1]} {sha256(data).hexdigest()}"


def is_sync(body: Body) -> bool:
    """A size is answered with the pictures, unless somebody is to be called back."""
    return "size" in body and "callback_url" not in body


def obey(found: Marks, body: Body) -> None:
    """Raise what the marks ask for at once; a synchronous order has no later."""
    is_at_once, status = is_sync(body), marks.refused(found)
    if status:
        raise refusal(status, "", body, retry_after=found[str(status)])
    if "refuse" in found or (is_at_once and "block" in found):
        raise refusal(400, POLICY, body)
    if is_at_once and "fail" in found:
        raise refusal(500, BROKEN, body)
    if "504" in found or (is_at_once and "lost" in found):
        raise wire.RefusedError(HttpResponse(wire.PAGE, status=504))
    if "html" in found:
        raise wire.RefusedError(HttpResponse(wire.PAGE))


def refusal(
    status: int, message: str = "", body: Body | None = None, retry_after: int | None = None
) -> wire.RefusedError:
    """A refusal in the envelope of the order's mode."""
    words = message or REFUSALS[status]
    answer: Body = {"code": status, "msg": words, "data": None}
    if is_sync(body or {}):
        kind = "invalid_request_error" if status < 500 else "server_error"
        answer = {"error": {"message": words, "type": kind, "code": status}}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return wire.RefusedError(JsonResponse(answer, status=status, headers=headers))


def _pixels(body: Body) -> Pixels:
    """What is delivered."""
    size, ratio = body.get("size"), body.get("aspect_ratio", "1:1")
    if "size" in body and {"aspect_ratio", "resolution"} & set(body):
        raise refusal(400, "either size, or aspect_ratio and resolution", body)
    if "size" in body:
        pixels = _pair(size, "x", 4)
        if not (pixels and _is_allowed(pixels)):
            raise refusal(400, "size must be WxH: multiples of 16, at most 3840, 3:1", body)
        return pixels
    sides = _pair(ratio, ":", 2)
    if not sides or max(sides) > 3 * min(sides):
        raise refusal(400, "aspect_ratio must be W:H, at most 3:1", body)
    return _best(sides, body.get("resolution", "1K"))


def _pair(text: Any, sign: str, digits: int) -> Pixels | None:
    number = rf"([1-9][0-9]{{0,{digits - 1}}})"
    match = re.fullmatch(f"{number}{sign}{number}", text) if isinstance(text, str) else None
    return (int(match[1]), int(match[2])) if match else None


def _is_allowed(size: Pixels) -> bool:
    short, long = sorted(size)
    is_even = not (short % 16 or long % 16)
    return is_even and long <= 3840 and long <= 3 * short and FEWEST <= short * long <= MOST


def _best(sides: Pixels, tier: str) -> Pixels:
    """The size of a ratio in a tier: a typical one, or the largest that is allowed."""
    for text in TYPICAL[tier]:
        width, height = map(int, text.split("x"))
        if width * sides[1] == height * sides[0]:
            return width, height
    short, long = sorted(sides)
    length = int(min(LONGEST[tier], (MOST * long / short) ** 0.5)) // 16 * 16
    breadth = -(-length * short // long // 16) * 16
    breadth -= 16 * (length * breadth > MOST)
    return (length, breadth) if sides[0] == long else (breadth, length)
