"""APIMart as its document describes it: submit, then poll. Served under sandbox/apimart/.

Where the document is silent: an unknown task is a 404 in the same envelope, and the prices of 2k
and 4k are made up (1k is the document's own example).
"""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from studio.sandbox import art, marks, references, tasks, wire
from studio.sandbox.marks import Marks
from studio.sandbox.references import Pixels
from studio.sandbox.tasks import Ending, Task

NAME = "apimart"
PICTURE = r"^f/image/gpt_image_2_(task_[\w.-]+)_([0-9]{1,3})\.png$"
MODEL = "gpt-image-2"
DAY = 24 * 60 * 60
MAX_PICTURES = 10
MAX_REFERENCES = 16
MAX_REFERENCE = 20 * wire.MB
MAX_REFERENCES_BYTES = 256 * wire.MB
MAX_BODY = MAX_REFERENCES_BYTES * 4 // 3 + 2 * wire.MB
LIMITS = {"least": 16, "longest": 3840, "most": 3840 * 2160}

# size: (1k, 2k, 4k), as the document lists them; 11 rows name two sizes for 1k.
TABLE = {
    "1:1": ("1024x1024 1254x1254", "2048x2048", "2880x2880"),
    "3:2": ("1536x1024", "2048x1360", "3520x2336"),
    "2:3": ("1024x1536", "1360x2048", "2336x3520"),
    "4:3": ("1024x768", "2048x1536", "3312x2480"),
    "3:4": ("768x1024", "1536x2048", "2480x3312"),
    "5:4": ("1280x1024 1448x1086", "2560x2048", "3216x2576"),
    "4:5": ("1024x1280 1122x1402", "2048x2560", "2576x3216"),
    "16:9": ("1536x864 1672x941", "2048x1152", "3840x2160"),
    "9:16": ("864x1536 941x1672", "1152x2048", "2160x3840"),
    "2:1": ("2048x1024 1774x887", "2688x1344", "3840x1920"),
    "1:2": ("1024x2048 887x1774", "1344x2688", "1920x3840"),
    "3:1": ("1881x836 1536x512", "3072x1024", "3840x1280"),
    "1:3": ("887x1774 512x1536", "1024x3072", "1280x3840"),
    "21:9": ("2016x864 1915x821", "2688x1152", "3840x1648"),
    "9:21": ("864x2016 821x1915", "1152x2688", "1648x3840"),
}
TIERS = ("1k", "2k", "4k")
TIER_OF = {
    size: tier
    for row in TABLE.values()
    for tier, cell in zip(TIERS, row, strict=True)
    for size in cell.split()
}
SECONDS = {"1k": 4.0, "2k": 6.0, "4k": 8.0}
PRICE = {"1k": 52_790, "2k": 79_180, "4k": 131_970}  # millionths of a dollar; ten credits each

DEFAULT = (1024, 1024)
BEGINS = 10  # per cent: so long a task waits as "submitted"

TOO_BIG = "image_urls exceeds 256M in total"
POLICY = "提示词命中敏感词，未通过平台安全审核"
BROKEN = "上游生成失败，请稍后重试"
REFUSALS = {
    400: ("invalid_request_error", "参数错误：size 不合法 / resolution 不支持 / 像素违规等"),
    401: ("authentication_error", "身份验证失败，请检查您的API密钥"),
    402: ("payment_required", "账户余额不足，请充值后再试"),
    403: ("permission_error", "当前密钥没有权限使用该模型"),
    404: ("invalid_request_error", "任务不存在或已过期"),
    429: ("rate_limit_error", "请求过于频繁，请稍后再试"),
    500: ("server_error", "服务器错误"),
    503: ("service_unavailable", "上游暂时不可用，请稍后再试"),
}


@login_not_required
@csrf_exempt
@require_POST
@wire.refusable
def submit(request: HttpRequest) -> HttpResponse:
    """Accept an order: nothing is kept, the id that goes back is the order."""
    _admit(request)
    try:
        with wire.json_body(request, MAX_BODY) as body:
            task = accepted(body)
    except wire.CrowdedError as error:
        raise _no(429) from error
    except wire.TooBigError as error:
        raise _no(400, TOO_BIG) from error
    except wire.BadBodyError as error:
        raise _bad("请求体必须是 JSON 对象") from error
    data = [{"status": "submitted", "task_id": tasks.sign(task, NAME)}]
    return JsonResponse({"code": 200, "data": data})


@login_not_required
@csrf_exempt
@require_GET
@wire.refusable
def poll(request: HttpRequest, task_id: str) -> HttpResponse:
    """How an order is getting on."""
    _admit(request)
    task = _task(task_id)
    if task.is_forgotten:
        raise _no(404)
    data = {"id": task_id, **_state(task)}
    if data["status"] == "completed":
        data["result"] = {"images": _images(request, task_id, task)}
    return JsonResponse({"code": 200, "data": data})


@login_not_required
@csrf_exempt
@require_safe
@wire.refusable
def picture(request: HttpRequest, task_id: str, index: str) -> HttpResponseBase:
    """The PNG: public once it is done, gone a day later."""
    task = _task(task_id)
    is_kept = task.is_over and tasks.now() < task.ends + DAY * 1000
    if not (is_kept and task.ending.has_pictures and int(index) < task.count):
        raise _no(404)
    return wire.picture(request, task, int(index), name=f"{task_id}/{index}")


def _admit(request: HttpRequest) -> None:
    """Any key will do, but there must be one; marks in it are obeyed."""
    key = wire.bearer(request)
    if not key:
        raise _no(401)
    _obey(marks.read(key))


def accepted(body: dict[str, Any]) -> Task:
    """The order of a body that keeps every documented rule. Raises wire.RefusedError."""
    if body.get("model") != MODEL:
        raise _bad(f"model 必须为 {MODEL}")
    prompt, count = body.get("prompt"), _count(body)
    if not (isinstance(prompt, str) and prompt.strip()):
        raise _bad("prompt 不能为空")
    found = marks.read(prompt)
    count = max(1, count - 1) if "short" in found else count
    links = _references(body)
    if not isinstance(body.get("official_fallback", False), bool):
        raise _bad("official_fallback 必须是布尔值")
    (width, height), tier = _pixels(body, links, "other" in found)
    _obey(found)
    return Task(
        started=tasks.now(),
        lasts=round(marks.lasts(found, SECONDS[tier]) * 1000),
        width=width,
        height=height,
        count=count,
        seed=art.seed_of(prompt, salt="\n".join(links)),
        cost=PRICE[tier] * count,
        nonce=secrets.randbits(40),
        ending=Ending.of(found),
    )


def _obey(found: Marks) -> None:
    """Raise what the marks ask for at once."""
    status = marks.refused(found)
    if status:
        raise _no(status, retry_after=found[str(status)])
    if "refuse" in found:
        raise _no(400, POLICY)
    if "html" in found:
        raise wire.RefusedError(HttpResponse(wire.PAGE))


def _no(status: int, message: str = "", retry_after: int | None = None) -> wire.RefusedError:
    """A refusal in the documented envelope."""
    kind, usual = REFUSALS[status]
    error = {"code": status, "message": message or usual, "type": kind}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return wire.RefusedError(JsonResponse({"error": error}, status=status, headers=headers))


def _bad(message: str) -> wire.RefusedError:
    return _no(400, f"参数错误：{message}")


def _task(task_id: str) -> Task:
    try:
        return tasks.read(task_id, NAME)
    except tasks.UnknownTaskError as error:
        raise _no(404) from error


def _count(body: dict[str, Any]) -> int:
    count = body.get("n", 1)
    if type(count) is not int or not 1 <= count <= MAX_PICTURES:
        raise _bad(f"n 必须是 1 到 {MAX_PICTURES} 的整数，不要加引号")
    return count


def _pixels(body: dict[str, Any], links: list[str], is_other: bool) -> tuple[Pixels, str]:
    """What is delivered, and the tier that is billed."""
    tier = body.get("resolution", "1k")
    if tier not in TIERS:
        raise _bad("resolution 不支持，可选值：1k / 2k / 4k")
    if "size" not in body and links:
        return _like_input(links), tier
    size = body.get("size", "1:1")
    if not isinstance(size, str):
        raise _bad("size 不合法")
    if size in TIER_OF:
        return _numbers(size), TIER_OF[size]
    row = TABLE.get("1:1" if size == "auto" else size)
    if row is None:
        raise _bad("size 不合法")
    listed = row[TIERS.index(tier)].split()
    return _numbers(listed[-1 if is_other else 0]), tier


def _numbers(size: str) -> Pixels:
    width, height = map(int, size.split("x"))
    return width, height


def _like_input(links: list[str]) -> Pixels:
    """As large as the first picture that came along; links are not fetched."""
    first = next((link for link in links if not references.is_link(link)), None)
    size = references.pixels(references.inline(first)) if first else None
    return references.bounded(size or DEFAULT, **LIMITS)


def _references(body: dict[str, Any]) -> list[str]:
    links = body.get("image_urls", [])
    if not isinstance(links, list):
        raise _bad("image_urls 必须是数组")
    if len(links) > MAX_REFERENCES:
        raise _no(400, f"image_urls exceeds max {MAX_REFERENCES}")
    if sum(_reference_bytes(link) for link in links) > MAX_REFERENCES_BYTES:
        raise _no(400, TOO_BIG)
    return links


def _reference_bytes(link: Any) -> int:
    try:
        size = references.weight(link)
    except references.BadReferenceError as error:
        raise _bad("image_urls 只支持图片 URL 或 base64 data URI") from error
    if size > MAX_REFERENCE:
        raise _no(400, "image_urls: a picture exceeds 20M")
    return size


def _state(task: Task) -> dict[str, Any]:
    """The answer to a poll, all but the pictures."""
    progress = task.progress
    begun = {
        "progress": progress,
        "created": task.started // 1000,
        "estimated_time": -(-task.lasts // 1000),
    }
    if progress < 100:
        return {"status": "processing" if progress >= BEGINS else "submitted", **begun}
    if task.ending.is_failure:
        message = POLICY if task.ending is Ending.BLOCKED else BROKEN
        return {"status": "failed", **begun, "error": {"message": message}}
    return {
        "status": "completed",
        **begun,
        "completed": task.ends // 1000,
        "actual_time": task.ends // 1000 - task.started // 1000,
        "cost": task.cost / 1_000_000,
        "credits_cost": task.cost / 100_000,
    }


def _images(request: HttpRequest, task_id: str, task: Task) -> list[dict[str, Any]]:
    """n addresses in one image, or dealt to two."""
    urls = [
        wire.absolute(request, reverse("sandbox-apimart-picture", args=(task_id, index)))
        for index in range(task.count)
    ]
    half = (len(urls) + 1) // 2
    groups = [urls[:half], urls[half:]] if task.ending is Ending.SPLIT else [urls]
    expires_at = task.ends // 1000 + DAY
    return [{"url": group, "expires_at": expires_at} for group in groups if group]


urlpatterns = [
    path("v1/images/generations", submit, name="sandbox-apimart-submit"),
    path("v1/tasks/<str:task_id>", poll, name="sandbox-apimart-poll"),
    re_path(PICTURE, picture, name="sandbox-apimart-picture"),
]
