"""APIModels: an exact size is answered with its pictures, everything else is a task to poll.

The document shows neither the answer to a poll, nor a callback, nor any error: several shapes of
each are read, and what fits none is a broken answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

from studio.providers import errors, reading
from studio.providers.calls import Call, Response, Upload
from studio.providers.contract import Done, Flow, Pending, Probe, Ticket, Working
from studio.providers.models import ImageModel, Price, Seconds, SizeRule
from studio.providers.orders import Order, sizes

GENERATIONS, EDITS = "/api/v1/images/generations", "/api/v1/images/edits"

# The document lists no ratios, it shows 9:16; these are the usual ones that the size rule allows.
RATIOS = "1:1 3:2 2:3 4:3 3:4 5:4 4:5 16:9 9:16 2:1 1:2 3:1 1:3 21:9 9:21"
TYPICAL = "1024x1024 1536x1024 1024x1536 2048x2048 2048x1152 1152x2048 3840x2160 2160x3840"
# Dollars for one picture: low, medium, high. Without a quality it is medium, auto costs as much.
PRICES = {"1K": "0.005 0.025 0.07", "2K": "0.01 0.04 0.10", "4K": "0.015 0.06 0.23"}
COLUMNS = {"low": 0, "medium": 1, "high": 2, "auto": 1, "": 1}

GPT_IMAGE_2_ALL = ImageModel(
    id="gpt-image-2-all",
    label="APIModels",
    seconds=Seconds(fast=40, usual=75, slow=120),  # low, medium, high
    ratios=tuple(RATIOS.split()),
    default_ratio="1:1",
    resolutions=tuple(PRICES),
    exact_sizes=frozenset(sizes(TYPICAL)),
    size_rule=SizeRule(
        multiple=16, longest=3840, ratio=3, fewest_pixels=655_360, most_pixels=8_294_400
    ),
    qualities=("low", "medium", "high", "auto"),
    backgrounds=("transparent", "opaque", "auto"),
    max_count=10,  # of OpenAI's images.generate(), whose contract the document says it keeps
    max_count_with_size=1,  # an answer with pictures may get lost, and is large: one at a time
    max_references=16,
    has_mask=True,
    prices={
        (tier, quality): Price(amount=Decimal(row.split()[column]))
        for tier, row in PRICES.items()
        for quality, column in COLUMNS.items()
    },
    billed_sides={"1K": 1536, "2K": 2048, "4K": 3840},
    submit_seconds=300,
)

Meanings = Mapping[int, type[errors.ProviderError]]  # of a status, or of its first digit
ORDERING: Meanings = {
    **errors.USUAL,
    502: errors.BrokenAnswer,  # a proxy speaks, not APIModels: the order may have arrived
    504: errors.BrokenAnswer,
    4: errors.BadOrder,
    5: errors.Busy,
}
WAITING: Meanings = {**ORDERING, 5: errors.BrokenAnswer}  # for the pictures themselves
ASKING: Meanings = {**ORDERING, 404: errors.UnknownTask}

# The document names one state, completed. What is neither done nor over is waited for.
DONE = ("", "completed", "complete", "succeeded", "success", "done", "finished", "ok")
OVER = ("failed", "fail", "failure", "error", "cancelled", "canceled", "blocked", "rejected")


class APIModels:
    """https://apimodels.app, GPT Image 2."""

    name = "apimodels"
    label = "APIModels"
    base_url = "https://apimodels.app"
    task_word = "taskId"
    trace = ""
    models: tuple[ImageModel, ...] = (GPT_IMAGE_2_ALL,)

    def submit(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        response = yield _call(order, callback_url)
        meanings = WAITING if order.size and not callback_url else ORDERING
        body = _body(response, meanings)
        pictures, task_id = reading.pictures(body | {"url": None}), _task_id(body)
        if pictures and (meanings is WAITING or not task_id):
            return Done(pictures=pictures)
        if task_id:
            return Pending(ticket={"task_id": task_id})
        raise _refusal(response, _code(body), meanings)

    def poll(self, ticket: Ticket) -> Flow:
        response = yield _ask(ticket["task_id"])
        body = _body(response, ASKING)
        if reading.number(body.get("code")) not in (0, 200):
            raise _refusal(response, _code(body), ASKING)
        task = next(filter(_state, _places(body)), body)
        state, pictures = _state(task), reading.pictures(body | {"url": None})
        if state in OVER:
            words = reading.complaint(task)[1]
            is_blocked = state in ("blocked", "rejected") or reading.is_policy(words)
            raise (errors.Blocked if is_blocked else errors.Failed)(detail=words)
        if state not in DONE:
            return Pending(ticket=ticket, progress=reading.per_cent(task.get("progress")))
        if not pictures:
            raise _refusal(response, _code(body), ASKING)
        return Done(pictures=pictures)

    def ticket(self, task_id: str) -> Ticket | None:
        return reading.ticket("task_id", task_id)

    def probe(self) -> Probe:
        """Ask for a task that does not exist: 401 tells a bad key, any other no means it works."""
        response = yield _ask("darkroom_key_test")
        with suppress(errors.BadOrder, errors.UnknownTask):
            if code := _code(_body(response, ASKING)):
                raise _refusal(response, code, ASKING)
        response.json()  # a web page does not come from APIModels
        return Working()

    def receive(self, headers: Mapping[str, str], body: bytes, secret: str) -> Ticket | None:
        """A callback: unsigned, so it only says which task to ask after. None: not even that."""
        task_id = _task_id(reading.json_object(body))
        return {"task_id": task_id} if task_id else None


def _call(order: Order, callback_url: str) -> Call:
    """Files go to the edits as OpenAI's client sends them, if a size was asked for; else JSON."""
    body: dict[str, Any] = {"model": order.model, "prompt": order.prompt, "n": order.count}
    chosen = {
        "size": str(order.size or ""),
        "aspect_ratio": order.ratio,
        "resolution": order.resolution,
        "quality": order.quality,
        "background": order.background,
        "callback_url": callback_url,
    }
    body |= {name: value for name, value in chosen.items() if value}
    uploads = tuple(_uploads(order))
    if order.size and order.references and all(upload.data for upload in uploads):
        # Pictures by their address: in base64 they would make a large answer, easily lost.
        form = {name: str(value) for name, value in body.items()} | {"response_format": "url"}
        return Call(method="POST", url=EDITS, form=form, uploads=uploads, is_billable=True)
    return Call(method="POST", url=GENERATIONS, json=body | _inputs(order), is_billable=True)


def _uploads(order: Order) -> Iterator[Upload]:
    part = "image" if len(order.references) == 1 else "image[]"
    pictures = [(part, picture) for picture in order.references]
    pictures += [("mask", order.mask)] if order.mask else []
    for part, picture in pictures:
        yield Upload.of(part, picture, name=part.removesuffix("[]"))


def _inputs(order: Order) -> dict[str, Any]:
    """References and mask as fields of a JSON body. Links stay links, and all in their order."""
    inputs: dict[str, Any] = {}
    if len(order.references) == 1 and order.references[0].data:
        inputs["image_base64"] = order.references[0].base64
    elif any(picture.data for picture in order.references):
        inputs["images"] = [picture.link for picture in order.references]
    elif order.references:
        inputs["image_urls"] = [picture.url for picture in order.references]
    if mask := order.mask:
        inputs |= {"mask_base64": mask.base64} if mask.data else {"mask_url": mask.url}
    return inputs


def _ask(task_id: str) -> Call:
    return Call(method="GET", url=GENERATIONS, params={"task_id": task_id})


def _body(response: Response, meanings: Meanings) -> dict[str, Any]:
    """The body of a 200, or, where we wait for pictures and it is torn, what came whole of it."""
    if not 200 <= response.status < 300:
        raise _refusal(response, response.status, meanings)
    try:
        return response.json()
    except errors.BrokenAnswer:
        if meanings is not WAITING or response.body.lstrip()[:1] not in (b"{", b"["):
            raise
        pieces = re.findall(rb"\{[^{}]*\}", response.body)
        return {"data": [reading.json_object(piece) for piece in pieces]}


def _refusal(response: Response, status: int, meanings: Meanings) -> errors.ProviderError:
    """What a status means, whether HTTP tells it or the body. 0: an answer that means nothing."""
    body = reading.json_object(response.body)
    words = reading.complaint(body)[1]
    kind = meanings.get(status) or meanings.get(status // 100, errors.BrokenAnswer)
    if kind is errors.Busy and (_task_id(body) or not words):  # it may be at work all the same
        kind = errors.BrokenAnswer
    if kind in (errors.BadOrder, errors.NoPermission) and reading.is_policy(words):
        kind = errors.Blocked
    return kind(detail=words or response.excerpt, retry_after=reading.wait(response.headers))


def _code(body: Mapping[str, Any]) -> int:
    """The status that a 200 tells of: its `code`, or that of its `error`. 0: none."""
    code, error = reading.number(body.get("code")), body.get("error")
    if code not in (0, 200):
        return code
    return reading.number(error.get("code")) if isinstance(error, dict) else 0


def _places(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Where a task may be told of: in `data`, as the first one in it, at the top level."""
    data = body.get("data")
    inner = data[0] if isinstance(data, list) and data else data
    return [place for place in (inner, body) if isinstance(place, dict)]


def _state(task: Mapping[str, Any]) -> str:
    found = (task.get(name) for name in ("status", "state"))
    return next((state.lower() for state in found if isinstance(state, str)), "")


def _task_id(body: Mapping[str, Any]) -> str:
    found = (place.get(name) for place in _places(body) for name in ("taskId", "task_id"))
    return next(filter(None, (reading.task_id(value) for value in found)), "")
