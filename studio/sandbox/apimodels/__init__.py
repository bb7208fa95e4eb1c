"""APIModels as its document describes it: exact sizes at once, ratios as tasks.

Where the document is silent: errors of the synchronous calls look like OpenAI's, those of tasks
are `code` and `msg`; a task is told of inside `data`, [two] tells it in other words; the pixels of
a ratio are those of a typical size of the same shape, or as many as its tier allows.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio.sandbox import marks, tasks, wire
from studio.sandbox.apimodels.orders import (
    BROKEN,
    POLICY,
    SEVERAL,
    SINGLE,
    Body,
    accepted,
    is_sync,
    obey,
    refusal,
)
from studio.sandbox.tasks import Ending, Task

NAME = "apimodels"
PICTURE = r"^r2/(task_[\w.-]+)_([0-9]{1,3})\.png$"
MAX_BODY = 352 * wire.MB  # ours
BEGINS = 10  # per cent: so long a task waits as "pending"


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
@wire.refusable
def generations(request: HttpRequest) -> HttpResponseBase:
    """Accept an order as JSON, or tell how a task is getting on."""
    _admit(request)
    if request.method == "GET":
        return _told(request, request.GET.get("task_id", ""))
    with _readable(), wire.json_body(request, MAX_BODY) as body:
        if "response_format" in body:
            raise refusal(400, "response_format is for edits only", body)
        task = accepted(body)
    return _pictured(request, task) if is_sync(body) else _begun(task)


@login_not_required
@csrf_exempt
@require_POST
@wire.refusable
def edits(request: HttpRequest) -> HttpResponseBase:
    """Accept an order as a form, with pictures as files or as fields."""
    _admit(request)
    with _readable(), wire.form_body(request, MAX_BODY) as (fields, files):
        body: Body = {**fields, "n": _number(fields.get("n", "1"))}
        body |= {name: request.POST.getlist(name) for name in SEVERAL if name in fields}
        shape = body.pop("response_format", "b64_json")
        if shape not in ("b64_json", "url") or not set(files) <= {"image", "image[]", "mask"}:
            raise refusal(400, "response_format or a file is not known", body)
        images = [f.read() for part in ("image", "image[]") for f in request.FILES.getlist(part)]
        masks = [file.read() for file in request.FILES.getlist("mask")]
        if not (images or set(body) & {*SINGLE, *SEVERAL}):
            raise refusal(400, "image is required", body)
        task = accepted(body, images, masks)
    return _pictured(request, task, shape) if is_sync(body) else _begun(task)


@login_not_required
@csrf_exempt
@require_safe
@wire.refusable
def picture(request: HttpRequest, task_id: str, index: str) -> HttpResponseBase:
    """The PNG, public once it is done."""
    task = _task(task_id)
    if not (task.is_over and task.ending.has_pictures and int(index) < task.count):
        raise refusal(404)
    return wire.picture(request, task, int(index), name=f"{task_id}/{index}")


@contextmanager
def _readable() -> Iterator[None]:
    """What is wrong with a body as a whole, in the provider's words."""
    try:
        yield
    except wire.CrowdedError as error:
        raise refusal(429) from error
    except wire.TooBigError as error:
        raise refusal(400, "the body is too large") from error
    except wire.BadBodyError as error:
        raise refusal(400, "the body cannot be read") from error


def _admit(request: HttpRequest) -> None:
    """Any key will do, but there must be one; marks in it are obeyed."""
    key = wire.bearer(request)
    if not key:
        raise refusal(401)
    obey(marks.read(key), {})


def _task(task_id: str) -> Task:
    try:
        return tasks.read(task_id, NAME)
    except tasks.UnknownTaskError as error:
        raise refusal(404) from error


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else text


def _begun(task: Task) -> HttpResponse:
    return JsonResponse({"code": 200, "data": {"taskId": tasks.sign(task, NAME)}})


def _told(request: HttpRequest, task_id: str) -> HttpResponse:
    """How a task is getting on."""
    task = _task(task_id)
    if task.is_forgotten:
        raise refusal(404)
    data: Body = {"taskId": task_id, "status": "processing", "progress": task.progress}
    if task.progress < BEGINS:
        data["status"] = "pending"
    elif task.is_over and task.ending.is_failure:
        message = POLICY if task.ending is Ending.BLOCKED else BROKEN
        data |= {"status": "failed", "error": {"message": message}}
    elif task.is_over and task.ending is Ending.SPLIT:
        data = {"taskId": task_id, "state": "success", "resultUrls": _urls(request, task)}
    elif task.is_over:
        images = [{"url": [url]} for url in _urls(request, task)]
        data |= {"status": "completed", "result": {"images": images}}
    return JsonResponse({"code": 200, "data": data})


def _urls(request: HttpRequest, task: Task) -> list[str]:
    task_id = tasks.sign(task, NAME)
    paths = [
        reverse("sandbox-apimodels-picture", args=(task_id, index)) for index in range(task.count)
    ]
    return [wire.absolute(request, where) for where in paths]


def _pictured(request: HttpRequest, task: Task, shape: str = "b64_json") -> HttpResponseBase:
    """The pictures, one after the other, so that they never lie in memory together."""
    has_bytes = shape != "url" and task.ending is not Ending.GONE

    def pieces() -> Iterator[str]:
        yield f'{{"created": {task.started // 1000}, "data": ['
        for index, url in enumerate(_urls(request, task)):
            item = {"url": url}
            if has_bytes:
                item = {"b64_json": base64.b64encode(wire.drawn(task, index)).decode(), **item}
            yield ", " * bool(index) + json.dumps(item)
        yield "]}"

    return StreamingHttpResponse(pieces(), content_type="application/json")


urlpatterns = [
    path("api/v1/images/generations", generations, name="sandbox-apimodels-generations"),
    path("api/v1/images/edits", edits, name="sandbox-apimodels-edits"),
    re_path(PICTURE, picture, name="sandbox-apimodels-picture"),
]
