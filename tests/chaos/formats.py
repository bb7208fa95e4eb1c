"""The five wire formats, written down a second time from the documents, apart from the studio."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.chaos.messages import Answer, Request
from tests.chaos.tasks import Order, Task


class Format(Protocol):
    """One provider's way to speak. at_once: how many orders of one key it works on."""

    orders_at: tuple[str, ...]
    most_at_once: int
    calls_per_hour: int

    def order(self, request: Request) -> Order: ...

    def asked(self, request: Request) -> str:
        """Which task a poll asks for."""
        ...

    def accepted(self, task: Task) -> Answer: ...

    def told(self, task: Task | None) -> Answer:
        """The answer to a poll; None: there is no such task."""
        ...

    def no(self, status: int, retry_after: int | None = None) -> Answer:
        """A refusal in its own envelope."""
        ...


def waiting(retry_after: int | None) -> dict[str, str]:
    return {} if retry_after is None else {"Retry-After": str(retry_after)}


class APIMart:
    orders_at: tuple[str, ...] = ("/v1/images/generations",)
    most_at_once = calls_per_hour = 0

    def order(self, request: Request) -> Order:
        told = request.told
        assert type(told["n"]) is int
        return Order(prompt=told["prompt"], count=told["n"])

    def asked(self, request: Request) -> str:
        return request.path.removeprefix("/v1/tasks/")

    def accepted(self, task: Task) -> Answer:
        return Answer.of({"code": 200, "data": [{"status": "submitted", "task_id": task.id}]})

    def told(self, task: Task | None) -> Answer:
        if task is None:
            return self.no(404)
        data: dict[str, Any] = {"id": task.id, "status": "processing", "progress": task.progress}
        if task.is_over and task.fails:
            data |= {"status": "failed", "error": {"message": "The upstream failed"}}
        elif task.is_over:
            images = [{"url": list(task.urls), "expires_at": int(task.done_at) + 86_400}]
            data |= {"status": "completed", "progress": 100, "result": {"images": images}}
            data |= {"cost": 0.05279 * task.count, "credits_cost": 0.5279 * task.count}
        return Answer.of({"code": 200, "data": data})

    def no(self, status: int, retry_after: int | None = None) -> Answer:
        error = {"code": status, "message": f"refused with {status}", "type": "some_error"}
        return Answer.of({"error": error}, status, **waiting(retry_after))


class ChatGPT2API:
    orders_at: tuple[str, ...] = ("/api/image-tasks/generations",)
    most_at_once, calls_per_hour = 1, 0

    def order(self, request: Request) -> Order:
        told = request.told
        return Order(
            prompt=told["prompt"], count=told["n"], name=told["client_task_id"], remembers=True
        )

    def asked(self, request: Request) -> str:
        return request.query["ids"]

    def accepted(self, task: Task) -> Answer:
        link = f"/api/image-tasks?ids={task.order.name}"
        return Answer.of({"task": {"id": task.order.name, "status": "queued"}, "poll_url": link})

    def told(self, task: Task | None) -> Answer:
        return Answer.of({"items": [] if task is None else [self._item(task)]})

    def _item(self, task: Task) -> dict[str, Any]:
        item: dict[str, Any] = {"id": task.order.name, "status": "running", "n": task.count}
        if task.is_over and task.fails:
            return item | {"status": "failed", "error": "no picture", "upstream_status": 502}
        if task.is_over:
            data = [{"b64_json": base64.b64encode(picture).decode()} for picture in task.pictures]
            gallery = {"image_url_public": next(iter(task.urls))}
            item |= {"status": "succeeded", "result": {"data": data}, "gallery_task": gallery}
        return item

    def no(self, status: int, retry_after: int | None = None) -> Answer:
        code = "image_task_limited" if status == 429 else "upstream_failed"
        return Answer.of({"detail": {"message": "refused", "error_code": code}}, status)


class GPTImage2Plus:
    orders_at: tuple[str, ...] = ("/api/v1/generate",)
    most_at_once, calls_per_hour = 5, 600

    def order(self, request: Request) -> Order:
        name = request.headers["idempotency-key"]
        told = request.told
        return Order(prompt=told["prompt"], count=told["n"], name=name, remembers=True)

    def asked(self, request: Request) -> str:
        return request.path.removeprefix("/api/v1/generations/")

    def accepted(self, task: Task) -> Answer:
        return Answer.of({"generationId": task.id, "status": "queued"}, 202)

    def told(self, task: Task | None) -> Answer:
        if task is None:
            return self.no(404)
        is_made = task.is_over and not task.fails
        ended = datetime.fromtimestamp(task.done_at, tz=UTC).isoformat()
        over = "failed" if task.fails else "succeeded"
        return Answer.of(
            {
                "id": task.id,
                "status": over if task.is_over else "running",
                "type": "text2img",
                "outputs": [{"png": url} for url in task.urls] if is_made else [],
                "error": "no picture" if task.is_over and task.fails else None,
                "costCredits": task.count if is_made else 0,
                "completedAt": ended if task.is_over else None,
            }
        )

    def no(self, status: int, retry_after: int | None = None) -> Answer:
        return Answer.of({"error": f"refused with {status}"}, status, **waiting(retry_after))


class AIGPTImage:
    orders_at: tuple[str, ...] = ("/api/v1/jobs/createTask",)
    most_at_once = calls_per_hour = 0

    def order(self, request: Request) -> Order:
        name = request.headers["x-request-id"]
        return Order(prompt=request.told["input"]["prompt"], name=name)

    def asked(self, request: Request) -> str:
        return request.query["taskId"]

    def accepted(self, task: Task) -> Answer:
        return self._yes({"taskId": task.id})

    def told(self, task: Task | None) -> Answer:
        if task is None:
            return self.no(404)
        state, result = "waiting", None
        if task.is_over:
            state = "fail" if task.fails else "success"
            result = None if task.fails else json.dumps({"resultUrls": list(task.urls)})
        why = {"failCode": "500", "failMsg": "no picture"} if state == "fail" else {}
        return self._yes({"taskId": task.id, "state": state, "resultJson": result, **why})

    def _yes(self, data: dict[str, Any]) -> Answer:
        return Answer.of({"code": 200, "msg": "success", "data": data})

    def no(self, status: int, retry_after: int | None = None) -> Answer:
        told = {"code": status, "msg": f"refused with {status}", "data": None}
        return Answer.of(told, status, **waiting(retry_after))


class APIModels:
    orders_at: tuple[str, ...] = ("/api/v1/images/generations",)
    most_at_once = calls_per_hour = 0

    def order(self, request: Request) -> Order:
        told = request.told
        link = told.get("callback_url", "")
        at_once = "size" in told and not link
        return Order(prompt=told["prompt"], count=told["n"], at_once=at_once, callback_url=link)

    def asked(self, request: Request) -> str:
        return request.query["task_id"]

    def accepted(self, task: Task) -> Answer:
        if task.order.at_once:
            return Answer.of({"created": int(task.done_at), "data": list(self._inline(task))})
        return Answer.of({"code": 200, "data": {"taskId": task.id}})

    def _inline(self, task: Task) -> Iterator[dict[str, str]]:
        for picture in task.pictures:
            yield {"b64_json": base64.b64encode(picture).decode()}

    def told(self, task: Task | None) -> Answer:
        if task is None:
            return self.no(404)
        data: dict[str, Any] = {"taskId": task.id, "status": "processing"}
        if task.is_over and task.fails:
            data |= {"status": "failed", "error": {"message": "no picture"}}
        elif task.is_over:
            images = [{"url": [url]} for url in task.urls]
            data |= {"status": "completed", "result": {"images": images}}
        return Answer.of({"code": 200, "data": data})

    def no(self, status: int, retry_after: int | None = None) -> Answer:
        told = {"code": status, "msg": f"refused with {status}"}
        return Answer.of(told, status, **waiting(retry_after))


FORMATS: dict[str, Format] = {
    "apimart": APIMart(),
    "chatgpt2api": ChatGPT2API(),
    "gptimage2plus": GPTImage2Plus(),
    "aigptimage": AIGPTImage(),
    "apimodels": APIModels(),
}
