"""APIMart: submit, then poll. Any of 15 ratios, pictures as URLs that live for 24 hours.

The document is silent in places: submit's `data` is a list and poll's an object; n pictures may
come as n URLs of one image or as n images; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote
from uuid import UUID

from studio.providers import errors, reading
from studio.providers.calls import Call, Response
from studio.providers.contract import Cost, Done, Flow, Pending, Picture, Probe, Ticket, Working
from studio.providers.models import ImageModel, Seconds
from studio.providers.orders import Order, sizes

# ratio: (1k, 2k, 4k). Where 1k names two sizes, either may come.
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
RESOLUTIONS = ("1k", "2k", "4k")
SIZES = {
    (ratio, resolution): sizes(text)
    for ratio, row in TABLE.items()
    for resolution, text in zip(RESOLUTIONS, row, strict=True)
}
SIZES |= {("auto", resolution): SIZES["1:1", resolution] for resolution in RESOLUTIONS}

GPT_IMAGE_2 = ImageModel(
    id="gpt-image-2",
    label="APIMart",
    seconds=Seconds(fast=25, usual=52, slow=100),
    ratios=("auto", *TABLE),
    default_ratio="1:1",
    resolutions=RESOLUTIONS,
    sizes=SIZES,
    exact_sizes=frozenset(chain(*SIZES.values())),
    max_count=10,
    max_references=16,
    has_official_fallback=True,
    keeps_hours=24,
)

ERRORS = {**errors.USUAL, 400: errors.BadOrder, 500: errors.Busy, 503: errors.Busy}


class APIMart:
    """https://docs.apimart.ai, GPT-Image-2."""

    name = "apimart"
    label = "APIMart"
    base_url = "https://api.apimart.ai"
    task_word = "task_id"
    trace = ""
    models: tuple[ImageModel, ...] = (GPT_IMAGE_2,)

    def submit(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        response = yield Call(
            method="POST", url="/v1/images/generations", json=_body(order), is_billable=True
        )
        data = _read(response).get("data")
        task = data[0] if isinstance(data, list) and data else data
        task_id = task.get("task_id") if isinstance(task, dict) else None
        if not (isinstance(task_id, str) and task_id):
            raise errors.BrokenAnswer(detail=response.excerpt)
        return Pending(ticket={"task_id": task_id})

    def poll(self, ticket: Ticket) -> Flow:
        response = yield Call(method="GET", url=f"/v1/tasks/{quote(ticket['task_id'], safe='')}")
        if response.status == 404:
            raise errors.UnknownTask(detail=response.excerpt)
        data = _read(response).get("data")
        if not isinstance(data, dict):
            raise errors.BrokenAnswer(detail=response.excerpt)
        match data.get("status"):
            case "completed":
                return _done(data, response)
            case "failed":
                raise reading.ended(reading.complaint(data)[1])
            case "submitted" | "processing":
                return Pending(ticket=ticket, progress=reading.per_cent(data.get("progress")))
            case _:
                raise errors.BrokenAnswer(detail=response.excerpt)

    def ticket(self, task_id: str) -> Ticket | None:
        return reading.ticket("task_id", task_id)

    def probe(self) -> Probe:
        """Ask for a task that does not exist: 401 tells a bad key, any other no means it works."""
        response = yield Call(method="GET", url="/v1/tasks/task_darkroom_key_test")
        if response.status not in (400, 404):
            _read(response)
        return Working()


def _body(order: Order) -> dict[str, Any]:
    body: dict[str, Any] = {"model": order.model, "prompt": order.prompt, "n": order.count}
    if order.size:
        body["size"] = str(order.size)
    elif order.ratio:
        body["size"] = order.ratio
    if order.resolution:
        body["resolution"] = order.resolution
    if order.references:
        body["image_urls"] = [reference.link for reference in order.references]
    if order.is_official_fallback:
        body["official_fallback"] = True
    return body


def _read(response: Response) -> dict[str, Any]:
    """The answer as an object, errors raised – whether they came as status or as `code`."""
    if response.status in (502, 504):  # a proxy speaks, not APIMart: the order may have arrived
        raise errors.BrokenAnswer(detail=response.excerpt)
    body = response.json()
    error = body.get("error")
    if response.status == 200 and not error and body.get("code", 200) == 200:
        return body
    told = error if isinstance(error, dict) else body
    status = response.status if response.status != 200 else reading.number(told.get("code"))
    words = str(told.get("message") or error or "")
    kind = ERRORS.get(status, errors.BadOrder if 400 <= status < 500 else errors.BrokenAnswer)
    if kind is errors.BadOrder and reading.is_policy(words):
        kind = errors.Blocked
    raise kind(detail=words, retry_after=reading.wait(response.headers))


def _done(data: Mapping[str, Any], response: Response) -> Done:
    pictures = tuple(_pictures(data.get("result")))
    if not pictures:
        raise errors.BrokenAnswer(detail=response.excerpt)
    amount, credits_ = reading.decimal(data.get("cost")), reading.decimal(data.get("credits_cost"))
    cost = None if amount is None and credits_ is None else Cost(amount=amount, credits=credits_)
    told = ("created", "completed", "actual_time", "estimated_time")
    return Done(pictures=pictures, cost=cost, raw={k: data[k] for k in told if k in data})


def _pictures(result: Any) -> Iterator[Picture]:
    images = result.get("images") if isinstance(result, dict) else None
    for image in images if isinstance(images, list) else ():
        told = image if isinstance(image, dict) else {}
        urls = told.get("url")
        for url in filter(None, map(reading.address, urls if isinstance(urls, list) else [urls])):
            yield Picture(url=url, expires_at=reading.time(told.get("expires_at")))
