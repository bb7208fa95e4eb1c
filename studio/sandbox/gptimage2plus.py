"""GPTImage2 Plus as its document describes it: upload, generate, ask. Under sandbox/gptimage2plus/.

Where the document is silent: an error is {"error": words}, an unknown generation a 404, medium and
high cost four and ten credits, and high pictures are 2048 pixels long. The calls of an hour are not
counted: the headers tell a fresh hour, and none left beside a 429.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from studio.sandbox import art, marks, storage, tasks, wire
from studio.sandbox.marks import Marks
from studio.sandbox.repeats import Repeats
from studio.sandbox.tasks import Ending, Task

NAME = "gptimage2plus"
PICTURE = r"^f/(task_[\w.-]+)_([0-9])\.(png|webp)$"
TYPES = ("text2img", "edit")
# size: (low and medium, high)
SIZES = {
    "1024x1024": ((1024, 1024), (2048, 2048)),
    "1024x1536": ((1024, 1536), (1360, 2048)),
    "1536x1024": ((1536, 1024), (2048, 1360)),
}
CREDITS = {"low": 1, "medium": 4, "high": 10}
SECONDS = {"low": 2.0, "medium": 4.0, "high": 6.0}
MAX_PROMPT = 4000
MAX_PICTURES = 4
MAX_REFERENCES = 4
MAX_FILENAME = 200
MAX_UPLOAD = 10 * wire.MB
HOURLY = 600
HOUR = 3600
WAIT = 30  # seconds after a 429 that names none

POLICY = "The prompt was stopped by the content policy."
REFUNDED = {"failed": "The picture could not be made.", "blocked": POLICY}
REFUSALS = {
    400: "Invalid request body",
    401: "Missing or invalid API key",
    402: "Not enough credits, or the monthly limit is reached",
    403: "The API needs a Pro or Max plan",
    404: "Not found",
    422: POLICY,
    429: "Rate limit exceeded",
    500: "Internal error",
    503: "Temporarily unavailable",
}
ORDERS = Repeats(NAME)


def counted(view: wire.View) -> wire.View:
    """Every answer tells what is left of the hour."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: str, **path: str) -> HttpResponseBase:
        answer, seconds = view(request, *args, **path), tasks.now() // 1000
        is_spent = answer.status_code == 429
        ends = seconds + int(answer["Retry-After"]) if is_spent else seconds - seconds % HOUR + HOUR
        answer["X-RateLimit-Limit"] = HOURLY
        answer["X-RateLimit-Remaining"] = 0 if is_spent else HOURLY - 1
        answer["X-RateLimit-Reset"] = ends
        return answer

    return wrapped


@login_not_required
@csrf_exempt
@require_POST
@counted
@wire.refusable
def upload(request: HttpRequest) -> HttpResponse:
    """An address to put one picture to, within five minutes."""
    _admit(request)
    body = _body(request)
    name, size = body.get("filename"), body.get("size")
    if not (isinstance(name, str) and 1 <= len(name) <= MAX_FILENAME):
        raise _bad(f"filename: String must contain 1 to {MAX_FILENAME} character(s)")
    kind = _one_of(body, "contentType", storage.KINDS, "")
    if type(size) is not int or not 1 <= size <= MAX_UPLOAD:
        raise _bad(f"size: Number must be between 1 and {MAX_UPLOAD}")
    key = storage.reserve(kind, size)
    place = reverse("sandbox-gptimage2plus-store", args=(key,))
    query = urlencode({"X-Amz-Expires": 300, "X-Amz-Signature": storage.signature(key)})
    # Not wire.absolute: whoever asked reaches the studio where it asked.
    return JsonResponse({"url": request.build_absolute_uri(f"{place}?{query}"), "key": key})


@login_not_required
@csrf_exempt
@require_POST
@counted
@wire.refusable
def generate(request: HttpRequest) -> HttpResponse:
    """Accept an order; under a known Idempotency-Key, tell of the one that was accepted before."""
    key, name = _admit(request), request.headers.get("Idempotency-Key", "")
    body = _body(request)
    kind, task = accepted(body)
    generation_id = tasks.sign(task, f"{NAME}.{kind}")
    known = ORDERS.before(key, name, now=generation_id) if name else ""
    if known:
        return JsonResponse(_record(request, known))
    if "504" in marks.read(body["prompt"]):
        return HttpResponse(wire.PAGE, status=504)
    return JsonResponse({"generationId": generation_id, "status": "queued"}, status=202)


@login_not_required
@csrf_exempt
@require_GET
@counted
@wire.refusable
def ask(request: HttpRequest, generation_id: str) -> HttpResponse:
    """How a generation is getting on."""
    _admit(request)
    if _task(generation_id)[1].is_forgotten:
        raise _no(404)
    return JsonResponse(_record(request, generation_id))


@login_not_required
@csrf_exempt
@require_safe
@wire.refusable
def picture(request: HttpRequest, generation_id: str, index: str, kind: str) -> HttpResponseBase:
    """The picture: public once it is done, and for good."""
    _, task = _task(generation_id)
    if not (task.is_over and task.ending.has_pictures and int(index) < task.count):
        raise _no(404)
    return wire.picture(
        request, task, int(index), name=f"{generation_id}/{index}.{kind}", kind=kind
    )


def accepted(body: dict[str, Any]) -> tuple[str, Task]:
    """Type and order of a body that keeps every documented rule. Raises wire.RefusedError."""
    prompt = body.get("prompt")
    if not (isinstance(prompt, str) and prompt.strip() and len(prompt) <= MAX_PROMPT):
        raise _bad(f"prompt: String must contain 1 to {MAX_PROMPT} character(s)")
    kind = _one_of(body, "type", TYPES, "text2img")
    size = _one_of(body, "size", tuple(SIZES), "1024x1024")
    quality = _one_of(body, "quality", tuple(CREDITS), "medium")
    count, keys = _count(body), _keys(body, kind)
    found = marks.read(prompt)
    _obey(found)
    width, height = SIZES[size][quality == "high"]
    count = max(1, count - 1) if "short" in found else count
    task = Task(
        started=tasks.now(),
        lasts=round(marks.lasts(found, SECONDS[quality]) * 1000),
        width=width,
        height=height,
        count=count,
        seed=art.seed_of(prompt, salt="\n".join(keys)),
        cost=CREDITS[quality] * count * 1_000_000,
        nonce=secrets.randbits(40),
        ending=Ending.of(found),
    )
    return kind, task


def _admit(request: HttpRequest) -> str:
    """The key. Any will do, but there must be one; marks in it are obeyed."""
    key = wire.bearer(request)
    if not key:
        raise _no(401)
    _obey(marks.read(key))
    return key


def _obey(found: Marks) -> None:
    """Raise what the marks ask for at once."""
    status = marks.refused(found)
    if status:
        raise _no(status, retry_after=found[str(status)])
    if "refuse" in found:
        raise _no(422)
    if "html" in found:
        raise wire.RefusedError(HttpResponse(wire.PAGE))


def _no(status: int, message: str = "", retry_after: int | None = None) -> wire.RefusedError:
    answer = JsonResponse({"error": message or REFUSALS[status]}, status=status)
    if status == 429:
        answer["Retry-After"] = str(WAIT if retry_after is None else retry_after)
    return wire.RefusedError(answer)


def _bad(hint: str) -> wire.RefusedError:
    return _no(400, f"{REFUSALS[400]}: {hint}")


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        with wire.json_body(request, wire.MB) as body:
            return body
    except wire.BadBodyError as error:
        raise _bad("Expected object") from error


def _one_of(body: dict[str, Any], field: str, offered: tuple[str, ...], usual: str) -> str:
    value = body.get(field, usual)
    if not (isinstance(value, str) and value in offered):
        raise _bad(f"{field}: Invalid enum value. Expected {' | '.join(offered)}")
    return value


def _count(body: dict[str, Any]) -> int:
    count = body.get("n", 1)
    if type(count) is not int or not 1 <= count <= MAX_PICTURES:
        raise _bad(f"n: Number must be between 1 and {MAX_PICTURES}")
    return count


def _keys(body: dict[str, Any], kind: str) -> list[str]:
    keys = body.get("inputImageKeys", [])
    if not isinstance(keys, list) or len(keys) > MAX_REFERENCES:
        raise _bad(f"inputImageKeys: Array must contain at most {MAX_REFERENCES} element(s)")
    if not all(isinstance(key, str) and storage.is_ours(key) for key in keys):
        raise _bad("inputImageKeys: Unknown key")
    if kind == "edit" and not keys:
        raise _bad("inputImageKeys: Required when type is edit")
    return keys


def _task(generation_id: str) -> tuple[str, Task]:
    """The type and the order that an id stands for."""
    for kind in TYPES:
        try:
            return kind, tasks.read(generation_id, f"{NAME}.{kind}")
        except tasks.UnknownTaskError:
            continue
    raise _no(404)


def _record(request: HttpRequest, generation_id: str) -> dict[str, Any]:
    """The answer to a poll."""
    kind, task = _task(generation_id)
    status = _status(task)
    return {
        "id": generation_id,
        "status": status,
        "type": kind,
        "outputs": _outputs(request, generation_id, task) if status == "succeeded" else [],
        "error": REFUNDED.get(status),
        "costCredits": 0 if status in REFUNDED else task.cost // 1_000_000,
        "createdAt": _iso(task.started),
        "completedAt": _iso(task.ends) if task.is_over else None,
    }


def _status(task: Task) -> str:
    if not task.is_over:
        return "running" if task.progress >= 10 else "queued"
    return {Ending.FAILED: "failed", Ending.BLOCKED: "blocked"}.get(task.ending, "succeeded")


def _outputs(request: HttpRequest, generation_id: str, task: Task) -> list[dict[str, Any]]:
    def url(index: int, kind: str) -> str:
        name = "sandbox-gptimage2plus-picture"
        return wire.absolute(request, reverse(name, args=(generation_id, index, kind)))

    sides = {"width": task.width, "height": task.height}
    return [{kind: url(n, kind) for kind in ("png", "webp")} | sides for n in range(task.count)]


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


urlpatterns = [
    path("api/v1/upload", upload, name="sandbox-gptimage2plus-upload"),
    path("api/v1/generate", generate, name="sandbox-gptimage2plus-generate"),
    path("api/v1/generations/<str:generation_id>", ask, name="sandbox-gptimage2plus-ask"),
    path("store/<path:name>", storage.put, name="sandbox-gptimage2plus-store"),
    re_path(PICTURE, picture, name="sandbox-gptimage2plus-picture"),
]
