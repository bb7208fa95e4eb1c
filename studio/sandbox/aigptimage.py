"""AIGPTImage as its document describes it: createTask, then recordInfo. Under sandbox/aigptimage/.

Where the document is silent: a refusal has its HTTP status and the usual envelope, a body that is
no order is a 400 and a value that is not listed a 422; quality and output_format take the values of
the GPT-Image-2 family; auto is square; sizes are as large as the tier's square. `param` names the
model alone, for nothing is kept.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from studio.sandbox import art, marks, tasks, wire
from studio.sandbox.marks import Marks
from studio.sandbox.tasks import Ending, Task

NAME = "aigptimage"
MODEL = "gpt-image-2-text-to-image"
PICTURE = r"^generation/image/(task_[\w.-]+)/1\.(png|jpeg|webp)$"
MAX_PROMPT = 20_000
CHOICES = {
    "aspect_ratio": ("auto", "1:1", "4:5", "3:4", "2:3", "16:9", "9:16", "21:9"),
    "resolution": ("1K", "2K", "4K"),
    "quality": ("auto", "low", "medium", "high"),
    "output_format": ("png", "jpeg", "webp"),
}
KINDS = CHOICES["output_format"]
SECONDS = {"1K": 4.0, "2K": 6.0, "4K": 8.0}
SIDES = {"1K": 1024, "2K": 2048, "4K": 2880}
STEP = 16  # sides are multiples of it

POLICY = "Your request was rejected by the content policy"
FAILURES = {
    Ending.BLOCKED: ("content_policy_violation", POLICY),
    Ending.FAILED: ("500", "The upstream model gave up"),
}
REFUSALS = {
    400: "请求参数无效",
    401: "鉴权失败或 API key 无效",
    402: "积分不足",
    403: "无权访问",
    404: "任务或资源不存在",
    409: "活跃任务数超限或请求冲突",
    422: "参数校验失败",
    429: "请求超过限流",
    500: "服务内部错误",
    503: "服务暂时不可用",
}
OWN = ("409", "422")  # marks of this provider, beside those of all


@login_not_required
@csrf_exempt
@require_POST
@wire.refusable
def create(request: HttpRequest) -> HttpResponse:
    """Accept an order: nothing is kept, the id that goes back is the order."""
    _admit(request)
    if request.content_type != "application/json":
        raise _no(400)
    try:
        with wire.json_body(request, wire.MB) as body:
            kind, task = accepted(body)
    except wire.BadBodyError as error:
        raise _no(400) from error
    return _yes({"taskId": tasks.sign(task, f"{NAME}.{kind}")})


@login_not_required
@csrf_exempt
@require_GET
@wire.refusable
def record(request: HttpRequest) -> HttpResponse:
    """How an order is getting on."""
    _admit(request)
    task_id = request.GET.get("taskId", "")
    if not task_id:
        raise _no(400)
    kind, task = _task(task_id)
    if task.is_forgotten:
        raise _no(404)
    state = _state(task)
    code, words = FAILURES[task.ending] if state == "fail" else (None, None)
    return _yes(
        {
            "taskId": task_id,
            "model": MODEL,
            "state": state,
            "param": _string({"model": MODEL, "input": {}}),
            "resultJson": _result(request, task_id, kind) if state == "success" else None,
            "failCode": code,
            "failMsg": words,
            "costTime": task.lasts if task.is_over else None,
            "completeTime": task.ends if task.is_over else None,
            "createTime": task.started,
        }
    )


@login_not_required
@csrf_exempt
@require_safe
@wire.refusable
def picture(request: HttpRequest, task_id: str, kind: str) -> HttpResponseBase:
    """The picture: public once it is done."""
    ordered, task = _task(task_id)
    if not (kind == ordered and task.is_over and task.ending.has_pictures):
        raise _no(404)
    return wire.picture(request, task, 0, name=f"{task_id}.{kind}", kind=kind)


def accepted(body: dict[str, Any]) -> tuple[str, Task]:
    """Format and order of a body that keeps every documented rule. Raises wire.RefusedError."""
    told = body.get("input")
    if not (isinstance(body.get("model"), str) and isinstance(told, dict)):
        raise _no(400)
    if body["model"] != MODEL:
        raise _no(422, "model")
    prompt = told.get("prompt")
    if not (isinstance(prompt, str) and prompt.strip() and len(prompt) <= MAX_PROMPT):
        raise _no(422, "prompt")
    ratio, tier, _quality, kind = (
        _one_of(told, *choice)
        for choice in zip(CHOICES, ("auto", "1K", "auto", "png"), strict=True)
    )
    found = marks.read(prompt)
    _obey(found)
    width, height = _pixels(ratio, tier)
    return kind, Task(
        started=tasks.now(),
        lasts=round(marks.lasts(found, SECONDS[tier]) * 1000),
        width=width,
        height=height,
        count=1,
        seed=art.seed_of(prompt),
        cost=0,
        nonce=secrets.randbits(40),
        ending=Ending.of(found),
    )


def _one_of(told: dict[str, Any], field: str, usual: str) -> str:
    value = told.get(field, usual)
    if not (isinstance(value, str) and value in CHOICES[field]):
        raise _no(422, field)
    return value


def _pixels(ratio: str, tier: str) -> tuple[int, int]:
    across, down = (1, 1) if ratio == "auto" else map(int, ratio.split(":"))
    wide = (across / down) ** 0.5
    width, height = (round(SIDES[tier] * part / STEP) * STEP for part in (wide, 1 / wide))
    return width, height


def _admit(request: HttpRequest) -> None:
    """Any key will do, but there must be one; marks in it are obeyed."""
    key = wire.bearer(request)
    if not key:
        raise _no(401)
    _obey(marks.read(key))


def _obey(found: Marks) -> None:
    """Raise what the marks ask for at once."""
    own = next((int(word) for word in OWN if word in found), None)
    status, is_inside = own or marks.refused(found), "inside" in found
    if status:
        raise _no(status, retry_after=found[str(status)], is_inside=is_inside)
    if "refuse" in found:
        raise _no(400, POLICY, is_inside=is_inside)
    if "html" in found:
        raise wire.RefusedError(HttpResponse(wire.PAGE))


def _yes(data: dict[str, Any]) -> HttpResponse:
    return JsonResponse({"code": 200, "msg": "success", "data": data})


def _no(
    status: int, words: str = "", *, retry_after: int | None = None, is_inside: bool = False
) -> wire.RefusedError:
    """A refusal in the documented envelope. is_inside: told by `code` alone."""
    message = f"{REFUSALS[status]}: {words}" if words else REFUSALS[status]
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = {"code": status, "msg": message, "data": None}
    return wire.RefusedError(
        JsonResponse(body, status=200 if is_inside else status, headers=headers)
    )


def _task(task_id: str) -> tuple[str, Task]:
    """The format and the order that an id stands for."""
    for kind in KINDS:
        try:
            return kind, tasks.read(task_id, f"{NAME}.{kind}")
        except tasks.UnknownTaskError:
            continue
    raise _no(404)


def _state(task: Task) -> str:
    if not task.is_over:
        return "waiting"
    return "fail" if task.ending.is_failure else "success"


def _result(request: HttpRequest, task_id: str, kind: str) -> str:
    place = reverse("sandbox-aigptimage-picture", args=(task_id, kind))
    return _string({"resultUrls": [wire.absolute(request, place)]})


def _string(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


urlpatterns = [
    path("api/v1/jobs/createTask", create, name="sandbox-aigptimage-create"),
    path("api/v1/jobs/recordInfo", record, name="sandbox-aigptimage-record"),
    re_path(PICTURE, picture, name="sandbox-aigptimage-picture"),
]
