"""chatgpt2api (2API): an order goes out under an id of ours, which is then asked for.

All pictures come inside the answer; the first one has a public address too, which stays. Where
the document is silent: an error's code is read wherever it stands, a state that is not said to be
final is not, and `poll_url` is read for its id, never followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from studio.providers import errors, reading
from studio.providers.calls import Call, Response, Upload
from studio.providers.contract import Done, Flow, Pending, Picture, Probe, Ticket, Working
from studio.providers.models import MB, ImageModel, Seconds
from studio.providers.orders import Order, sizes

# ratio: 2k, 4k. 1k promises no pixels.
TABLE = {
    "1:1": "2048x2048 2048x2048",
    "16:9": "2048x1152 3840x2160",
    "9:16": "1152x2048 2160x3840",
    "4:3": "2048x1536 3072x2304",
    "3:4": "1536x2048 2304x3072",
}
ALIASES = {"3:2": "4:3", "2:3": "3:4"}
AUTO = "auto"  # our word for it: to the provider nothing is said
# A larger reference goes as a file: as base64 it would be a third larger still.
INLINE_LIMIT = 4 * MB


def _model(name: str) -> ImageModel:
    return ImageModel(
        id=name,
        label=f"2API {name}",
        # “Tens of seconds to minutes”; so polls are 4 to 8 s apart, of 3 to 8 that are wished.
        seconds=Seconds(fast=20, usual=75, slow=120),
        ratios=(AUTO, *TABLE, *ALIASES),
        default_ratio=AUTO,
        resolutions=("1k", "2k", "4k"),
        sizes={
            (ratio, resolution): (size,)
            for ratio, row in TABLE.items()
            for resolution, size in zip(("2k", "4k"), sizes(row), strict=True)
        },
        aliases=ALIASES,
        max_count=4,
        max_count_with_references=1,
        max_count_at={"2k": 2, "4k": 1},  # each comes whole inside the answer to a poll
        max_references=1,
        has_reference_links=False,
        is_idempotent=True,
        max_concurrent=1,
    )


ERRORS: Mapping[str | int, type[errors.ProviderError]] = {
    "image_size_invalid": errors.BadOrder,
    "image_resolution_invalid": errors.BadOrder,
    "premium_required": errors.NoPermission,
    "image_task_limited": errors.Limited,
    401: errors.BadKey,
    402: errors.NoMoney,
    403: errors.Refused,  # nothing but `premium_required` says that the plan is at fault
    408: errors.BrokenAnswer,  # not documented: they leave open whether our id is known there
    409: errors.BrokenAnswer,
    429: errors.Limited,
}


class ChatGPT2API:
    """https://img.2capi.com/api-doc"""

    name = "chatgpt2api"
    label = "2API"
    base_url = "https://img.2capi.com"
    task_word = "task_id"
    trace = "client_task_id"
    models: tuple[ImageModel, ...] = (_model("gpt-image-2"), _model("gpt-image-2-5.5"))

    def submit(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        response = yield _call(order, str(submission_id))
        task_id = _task_id(_read(response))
        if not task_id:
            raise _refusal(response)
        return Pending(ticket={"task_id": task_id})

    def submit_again(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        """Ask for our id; only when it is absent twice, send the same bytes again."""
        for _ in range(2):
            response = yield _ask(str(submission_id))
            if response.status not in (200, 429):  # no word on what was sent before
                raise errors.BrokenAnswer(detail=response.excerpt)
            if _item(response, str(submission_id)):
                return Pending(ticket={"task_id": str(submission_id)})
        return (yield from self.submit(order, submission_id=submission_id))

    def recall(self, submission_id: UUID) -> Ticket:
        return {"task_id": str(submission_id)}

    def poll(self, ticket: Ticket) -> Flow:
        response = yield _ask(ticket["task_id"])
        item = _item(response, ticket["task_id"])
        if item is None:
            raise errors.UnknownTask(detail=response.excerpt)
        match item.get("status"):
            case "succeeded":
                if pictures := tuple(_pictures(item)):
                    return Done(pictures=pictures)
            case "failed" | "cancelled" | "interrupted" as status:
                raise reading.ended(reading.complaint(item)[1] or status)
            case str():
                return Pending(ticket=ticket)
        raise errors.BrokenAnswer(detail=response.excerpt)

    def ticket(self, task_id: str) -> Ticket | None:
        return reading.ticket("task_id", task_id)

    def probe(self) -> Probe:
        """Ask for a task that nobody has: a good key gets a list without it."""
        response = yield _ask("darkroom-key-test")
        _item(response, "darkroom-key-test")
        return Working()


def _call(order: Order, task_id: str) -> Call:
    """The order as JSON, or as a form with a file."""
    fields: dict[str, Any] = {"client_task_id": task_id, "prompt": order.prompt}
    fields |= {"model": order.model, "n": order.count}
    if order.ratio not in ("", AUTO):
        fields["size"] = order.ratio
    if order.resolution:
        fields["resolution"] = order.resolution
    for picture in order.references:
        if len(picture.data) > INLINE_LIMIT:
            form = {name: str(value) for name, value in fields.items()}
            url, files = "/api/image-tasks/edits", (Upload.of("image", picture, name="reference"),)
            return Call(method="POST", url=url, form=form, uploads=files, is_billable=True)
        fields["image_base64"] = picture.base64
    return Call(method="POST", url="/api/image-tasks/generations", json=fields, is_billable=True)


def _ask(task_id: str) -> Call:
    return Call(method="GET", url="/api/image-tasks", params={"ids": task_id})


def _read(response: Response) -> dict[str, Any]:
    if not 200 <= response.status < 300:
        raise _refusal(response)
    return response.json()


def _task_id(body: Mapping[str, Any]) -> str:
    """The id that the task has there: ours, unless that server had its own idea."""
    task, link = body.get("task"), body.get("poll_url")
    named = body.get("task_id") or (task.get("id") if isinstance(task, dict) else "")
    linked = reading.text(link).partition("ids=")[2].partition("&")[0]
    return reading.task_id(named) or reading.task_id(unquote(linked))


def _item(response: Response, task_id: str) -> dict[str, Any] | None:
    """The task, or nothing where the provider does not know it: it leaves such ids out."""
    items = _read(response).get("items")
    if not isinstance(items, list):
        raise _refusal(response)
    known = (item for item in items if isinstance(item, dict))
    return next((item for item in known if item.get("id", task_id) == task_id), None)


def _pictures(item: Mapping[str, Any]) -> Iterator[Picture]:
    """All that came inline; the only public address belongs to the first."""
    gallery, result = item.get("gallery_task"), item.get("result")
    url = reading.address(gallery.get("image_url_public")) if isinstance(gallery, dict) else ""
    entries = result.get("data") if isinstance(result, dict) else None
    for entry in entries if isinstance(entries, list) and entries else [{}]:
        data = reading.inline(entry.get("b64_json")) if isinstance(entry, dict) else b""
        if url or data:
            yield Picture(url=url, data=data)
        url = ""


def _refusal(response: Response) -> errors.ProviderError:
    """What an answer other than the one hoped for means; a 5xx leaves the outcome open."""
    code, words = reading.complaint(reading.json_object(response.body))
    kind: type[errors.ProviderError] = errors.BrokenAnswer
    if response.status < 500:
        silent = errors.BadOrder if response.status >= 400 else errors.BrokenAnswer
        kind = ERRORS.get(code) or ERRORS.get(response.status, silent)
    if kind is errors.BadOrder and reading.is_policy(words):
        kind = errors.Blocked
    return kind(detail=words or response.excerpt, retry_after=reading.wait(response.headers))
