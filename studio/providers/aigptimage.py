"""AIGPTImage: createTask, then recordInfo. One picture for each order, from words alone.

The document shows no error body: a refusal is read from the HTTP status or from the `code` of a
200. The JSON that answers hold in strings may be broken, missing, or an object already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from studio.providers import errors, reading
from studio.providers.calls import Call, Response
from studio.providers.contract import Done, Flow, Pending, Picture, Probe, Ticket, Working
from studio.providers.models import ImageModel, Seconds
from studio.providers.orders import Order

GPT_IMAGE_2 = ImageModel(
    id="gpt-image-2-text-to-image",
    label="AIGPTImage",
    # The document times one picture, at 59.7 s; the rest is our guess.
    seconds=Seconds(fast=20, usual=60, slow=150),
    ratios=("auto", "1:1", "4:5", "3:4", "2:3", "16:9", "9:16", "21:9"),
    default_ratio="auto",
    resolutions=("1K", "2K", "4K"),
    # These two are passed through to a model that the document does not describe: the values are
    # those of the GPT-Image-2 family.
    qualities=("low", "medium", "high", "auto"),
    output_formats=("png", "jpeg", "webp"),
    max_prompt=20_000,
)

ERRORS: Mapping[int, type[errors.ProviderError]] = {
    **errors.USUAL,
    400: errors.BadOrder,
    404: errors.BadOrder,
    409: errors.Crowded,
    422: errors.BadOrder,
    500: errors.Busy,
}
POLL_ERRORS = {**ERRORS, 404: errors.UnknownTask}
PROXY = {502, 504}  # a proxy speaks, not AIGPTImage: the order may have arrived


class AIGPTImage:
    """https://aigptimage.com, GPT Image 2 text to image."""

    name = "aigptimage"
    label = "AIGPTImage"
    base_url = "https://aigptimage.com"
    task_word = "taskId"
    trace = "X-Request-ID"
    models: tuple[ImageModel, ...] = (GPT_IMAGE_2,)

    def submit(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        response = yield Call(
            method="POST",
            url="/api/v1/jobs/createTask",
            json=_body(order),
            headers={"X-Request-ID": str(submission_id)},  # for tracing, it promises nothing
            is_billable=True,
        )
        task_id = reading.task_id(_read(response, ERRORS).get("taskId"))
        if not task_id:
            raise errors.BrokenAnswer(detail=response.excerpt)
        return Pending(ticket={"task_id": task_id})

    def poll(self, ticket: Ticket) -> Flow:
        response = yield _ask(ticket["task_id"])
        data = _read(response, POLL_ERRORS)
        state, pictures = data.get("state"), tuple(_pictures(data.get("resultJson")))
        if state == "fail":
            raise _failure(data)
        if state == "waiting":
            return Pending(ticket=ticket)
        if pictures and isinstance(state, str):  # an order is for one picture: it is all there
            return _done(data, pictures)
        if state == "success" or not isinstance(state, str):
            raise errors.BrokenAnswer(detail=response.excerpt)
        return Pending(ticket=ticket)

    def ticket(self, task_id: str) -> Ticket | None:
        return reading.ticket("task_id", task_id)

    def probe(self) -> Probe:
        """Ask for a task that does not exist: that it is unknown is told to good keys only."""
        response = yield _ask("task_darkroom_key_test")
        told = reading.json_object(response.body)
        if response.status != 200 or reading.number(told.get("code")) != 200:
            with suppress(errors.UnknownTask, errors.BadOrder):
                _read(response, POLL_ERRORS)
            if response.body and not told:  # a web page is no sign of the provider
                raise errors.BrokenAnswer(detail=response.excerpt)
        return Working()


def _body(order: Order) -> dict[str, Any]:
    choices = {
        "aspect_ratio": order.ratio,
        "resolution": order.resolution,
        "quality": order.quality,
        "output_format": order.output_format,
    }
    asked = {name: value for name, value in choices.items() if value}
    return {"model": order.model, "input": {"prompt": order.prompt, **asked}}


def _ask(task_id: str) -> Call:
    return Call(method="GET", url="/api/v1/jobs/recordInfo", params={"taskId": task_id})


def _read(response: Response, kinds: Mapping[int, type[errors.ProviderError]]) -> Mapping[str, Any]:
    """An answer's `data`; errors raised – whether they came as status or as `code`."""
    body = reading.json_object(response.body)
    code, data = reading.number(body.get("code")), body.get("data")
    is_told = code >= 400
    if 200 <= response.status < 300 and not is_told and isinstance(data, dict):
        return data
    status = code if is_told else response.status
    kind = kinds.get(status, errors.BadOrder if 400 <= status < 500 else errors.BrokenAnswer)
    if 500 <= status < 600:
        # Only an error in their own envelope, and no task beside it, says that nothing began.
        is_refusal = is_told and "msg" in body and not data
        kind = errors.Busy if is_refusal else errors.BrokenAnswer
    if kind is errors.BrokenAnswer or PROXY & {status, response.status}:
        raise errors.BrokenAnswer(detail=response.excerpt)
    words = reading.text(body.get("msg")) or reading.complaint(body)[1]
    if kind is errors.BadOrder and kinds is ERRORS and reading.is_policy(words):
        kind = errors.Blocked
    raise kind(detail=words, retry_after=reading.wait(response.headers))


def _pictures(result: Any) -> Iterator[Picture]:
    urls = reading.json_object(result).get("resultUrls")
    for url in map(reading.address, urls if isinstance(urls, list) else [urls]):
        if url:
            yield Picture(url=url)


def _done(data: Mapping[str, Any], pictures: tuple[Picture, ...]) -> Done:
    """raw: times in milliseconds."""
    told = {name: data.get(name) for name in ("costTime", "completeTime", "createTime")}
    return Done(pictures=pictures, raw={k: v for k, v in told.items() if type(v) is int})


def _failure(data: Mapping[str, Any]) -> errors.ProviderError:
    told = [data.get(name) for name in ("failCode", "failMsg")]
    words = ": ".join(reading.text(str(part)) for part in told if part and type(part) in (str, int))
    return reading.ended(words)
