"""chatgpt2api as its document describes it: submit under an id, then ask for it.

A key has one task at a time. Where the document is silent: errors stand inside `detail`, an order
that came before is answered as it was then, and 1k has sizes of our own.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from studio.sandbox import art, marks, references, tasks, wire
from studio.sandbox.marks import Marks
from studio.sandbox.named import BusyError, Named, Order
from studio.sandbox.references import Pixels
from studio.sandbox.tasks import Ending, Task

NAME = "chatgpt2api"
PICTURE = r"^api/public/images/img_([\w.-]+)\.png$"
MODELS = ("gpt-image-2", "gpt-image-2-5.5")
COUNTS = ("1", "2", "3", "4")
MAX_REFERENCE = 20 * wire.MB
MAX_BODY = MAX_REFERENCE * 4 // 3 + 2 * wire.MB
LONGEST_ID = 200

# ratio and its aliases, 1k (ours: the document promises none), 2k, 4k
TABLE = {
    "1:1 square 1024x1024 2048x2048 4096x4096": ((1024, 1024), (2048, 2048), (2048, 2048)),
    "16:9 1792x1024": ((1536, 864), (2048, 1152), (3840, 2160)),
    "9:16 1024x1792": ((864, 1536), (1152, 2048), (2160, 3840)),
    "4:3 3:2 landscape 1536x1024": ((1280, 960), (2048, 1536), (3072, 2304)),
    "3:4 2:3 portrait 1024x1536": ((960, 1280), (1536, 2048), (2304, 3072)),
}
SIZES = {word: row for words, row in TABLE.items() for word in words.split()}
AUTO = SIZES["1:1"]
TIERS = ("1k", "2k", "4k")
SECONDS = {"1k": 4.0, "2k": 6.0, "4k": 8.0}
BEGINS = 10  # per cent: so long a task waits as "queued"

POLICY = "The upstream refused this for its content policy"
BROKEN = "The upstream failed to make the picture"
REFUSALS = {
    400: ("", "Invalid request"),
    401: ("", "Missing or invalid API key"),
    402: ("", "Payment required"),
    403: ("premium_required", "2K and 4K are for premium users"),
    429: ("image_task_limited", "Another image task of this user is being worked on"),
    500: ("", "Internal server error"),
    502: ("upstream_failed", BROKEN),
    503: ("", "Service unavailable"),
}
FAILURES = {
    Ending.FAILED: {"error": BROKEN, "error_code": "upstream_failed", "upstream_status": 502},
    Ending.BLOCKED: {"error": POLICY, "error_code": "content_blocked", "upstream_status": 400},
}
CANCELLED = "cancelled"

ORDERS = Named(NAME)


@login_not_required
@csrf_exempt
@require_POST
@wire.refusable
def generate(request: HttpRequest) -> HttpResponse:
    """An order as JSON, perhaps with a reference in base64."""
    key = _admit(request)
    with _readable(), wire.json_body(request, MAX_BODY) as body:
        if "image" in body:
            raise _bad("image belongs to edits")
        text = body.get("image_base64")
        return _accept(key, body, b"" if text is None else _picture(_decoded(text)))


@login_not_required
@csrf_exempt
@require_POST
@wire.refusable
def edit(request: HttpRequest) -> HttpResponse:
    """An order as a form, with a reference as a file."""
    key = _admit(request)
    with _readable(), wire.form_body(request, MAX_BODY) as (fields, files):
        image = files.get("image")
        if image is None or "image_base64" in fields:
            raise _bad("image must be a file, and image_base64 belongs to generations")
        count = fields.get("n", "1")
        body = {**fields, "n": int(count) if count in COUNTS else count}
        return _accept(key, body, _picture(image.read()))


@login_not_required
@csrf_exempt
@require_GET
@wire.refusable
def poll(request: HttpRequest) -> HttpResponse:
    """How the task is getting on; an id that is not known is left out."""
    key = _admit(request)
    task_id = request.GET.get("ids", "")
    order = ORDERS.find(key, task_id) if task_id else None
    if order is None or order.task.is_forgotten:
        return JsonResponse({"items": []})
    return JsonResponse({"items": [_item(request, task_id, order)]})


@login_not_required
@csrf_exempt
@require_safe
@wire.refusable
def picture(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The first picture of a finished task: public, for good."""
    try:
        task = tasks.read(tasks.PREFIX + public_id, NAME)
    except tasks.UnknownTaskError as error:
        raise _no(404, "No such picture") from error
    if not (task.is_over and task.ending.has_pictures):
        raise _no(404, "No such picture")
    return wire.picture(request, task, 0, name=public_id)


@contextmanager
def _readable() -> Iterator[None]:
    """What is wrong with a body as a whole, in the provider's words."""
    try:
        yield
    except wire.CrowdedError as error:
        raise _no(429) from error
    except wire.TooBigError as error:
        raise _bad("the body is too large") from error
    except wire.BadBodyError as error:
        raise _bad("the body cannot be read") from error


def _admit(request: HttpRequest) -> str:
    """The key: any will do, but there must be one; marks in it are obeyed."""
    key = wire.bearer(request)
    if not key:
        raise _no(401)
    _obey(marks.read(key))
    return key


def _accept(key: str, body: dict[str, Any], reference: bytes) -> HttpResponse:
    """Begin a task, or tell of the one that has this id already."""
    task_id, new = _client_id(body), accepted(key, body, reference)
    try:
        order = ORDERS.keep(key, task_id, new)
    except BusyError as error:
        raise _no(429) from error
    if order is new and "504" in marks.read(body["prompt"]):
        raise wire.RefusedError(HttpResponse(wire.PAGE, status=504))
    answer = {
        "task_id": task_id,
        "poll_url": f"/api/image-tasks?{urlencode({'ids': task_id})}",
        "task": {"id": task_id, **_facts(order)},
    }
    return JsonResponse(answer)


def accepted(key: str, body: dict[str, Any], reference: bytes) -> Order:
    """The order of a body that keeps every documented rule. Raises wire.RefusedError."""
    prompt, model, count = body.get("prompt"), body.get("model", MODELS[0]), body.get("n", 1)
    if not (isinstance(prompt, str) and prompt.strip()):
        raise _bad("prompt is required")
    if model not in MODELS:
        raise _bad(f"model must be one of {', '.join(MODELS)}")
    if type(count) is not int or str(count) not in COUNTS:
        raise _bad("n must be a whole number from 1 to 4")
    (width, height), tier = _pixels(body)
    found = marks.read(prompt)
    if tier != "1k" and "standard" in {*found, *marks.read(key)}:
        raise _no(403)
    _obey(found)
    task = Task(
        started=tasks.now(),
        lasts=round(marks.lasts(found, SECONDS[tier]) * 1000),
        width=width,
        height=height,
        count=max(1, count - 1) if "short" in found else count,
        seed=art.seed_of(prompt, salt=sha256(reference).hexdigest() if reference else ""),
        cost=0,
        nonce=secrets.randbits(40),
        ending=Ending.of(found),
    )
    return Order(task, model, "cancel" in found)


def _client_id(body: dict[str, Any]) -> str:
    task_id = body.get("client_task_id", f"task_{secrets.token_hex(8)}")
    if not (isinstance(task_id, str) and 0 < len(task_id) <= LONGEST_ID and task_id.isprintable()):
        raise _bad("client_task_id must be a short text")
    return task_id


def _pixels(body: dict[str, Any]) -> tuple[Pixels, str]:
    """What is delivered, and the tier. No size, or an empty one, is left to the provider."""
    size, tier = body.get("size", ""), body.get("resolution", "1k")
    row = AUTO if size == "" else SIZES.get(size) if isinstance(size, str) else None
    if row is None:
        raise _no(400, "size is not one of the ratios", "image_size_invalid")
    if tier not in TIERS:
        raise _no(400, "resolution must be 1k, 2k or 4k", "image_resolution_invalid")
    return row[TIERS.index(tier)], tier


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise _bad("image_base64 must be base64") from error


def _picture(data: bytes) -> bytes:
    """A reference that came along, if it is one."""
    if len(data) > MAX_REFERENCE or references.pixels(data) is None:
        raise _bad("the reference must be a picture of at most 20 MB")
    return data


def _obey(found: Marks) -> None:
    """Raise what the marks ask for at once."""
    status = 502 if "502" in found else marks.refused(found)
    if status:
        raise _no(status, retry_after=found[str(status)])
    if "refuse" in found:
        raise _bad(POLICY)
    if "html" in found:
        raise wire.RefusedError(HttpResponse(wire.PAGE))


def _no(
    status: int, message: str = "", code: str = "", *, retry_after: int | None = None
) -> wire.RefusedError:
    usual = REFUSALS.get(status, ("", ""))
    detail = {"message": message or usual[1]}
    if code := code or usual[0]:
        detail["error_code"] = code
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return wire.RefusedError(JsonResponse({"detail": detail}, status=status, headers=headers))


def _bad(message: str) -> wire.RefusedError:
    return _no(400, message)


def _item(request: HttpRequest, task_id: str, order: Order) -> dict[str, Any]:
    """One task in the answer to a poll."""
    item, task = {"id": task_id, **_facts(order)}, order.task
    if item["status"] == "failed":
        return item | FAILURES[task.ending]
    if item["status"] != "succeeded":
        return item
    public_id = f"img_{tasks.sign(task, NAME).removeprefix(tasks.PREFIX)}"
    address = reverse("sandbox-chatgpt2api-picture", args=(public_id.removeprefix("img_"),))
    gallery = {"public_image_id": public_id, "image_url_public": wire.absolute(request, address)}
    data = [_inline(task, index) for index in range(task.count)]
    return item | {"result": {"data": data}, "gallery_task": gallery}


def _facts(order: Order) -> dict[str, Any]:
    task = order.task
    if not task.is_over:
        status = "running" if task.progress >= BEGINS else "queued"
    elif order.is_cancelled:
        status = CANCELLED
    else:
        status = "failed" if task.ending.is_failure else "succeeded"
    return {"status": status, "model": order.model, "n": task.count}


def _inline(task: Task, index: int) -> dict[str, str]:
    """A picture's bytes; of [two] kinds, the first comes by its address alone."""
    file = {"file_id": f"sed:file_{task.nonce:x}_{index}"}
    if task.ending is Ending.SPLIT and index == 0:
        return file
    return file | {"b64_json": base64.b64encode(wire.drawn(task, index)).decode()}


urlpatterns = [
    path("api/image-tasks/generations", generate, name="sandbox-chatgpt2api-generate"),
    path("api/image-tasks/edits", edit, name="sandbox-chatgpt2api-edit"),
    path("api/image-tasks", poll, name="sandbox-chatgpt2api-poll"),
    re_path(PICTURE, picture, name="sandbox-chatgpt2api-picture"),
]
