"""GPTImage2 Plus: references go up first, then the order under an idempotency key, then polls.

The document shows no error body, only that a 400 holds Zod's hints; it says what a repeated
Idempotency-Key answers (“the existing generation”), not in which of its two shapes. Sizes are
those of low and medium: high means 2K. Unknown states and types are waited out.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from studio.providers import errors, reading
from studio.providers.calls import Call, Response
from studio.providers.contract import Cost, Done, Flow, Pending, Picture, Probe, Ticket, Working
from studio.providers.models import MB, ImageModel, Price, Seconds
from studio.providers.orders import Order, Reference, Size
from studio.providers.words import gettext_noop

SIZES = {"1:1": Size(1024, 1024), "2:3": Size(1024, 1536), "3:2": Size(1536, 1024)}

GPT_IMAGE_2 = ImageModel(
    id="gpt-image-2",
    label="GPTImage2 Plus",
    # The document dates one picture, which took five seconds; the rest is our guess.
    seconds=Seconds(fast=5, usual=30, slow=120),
    ratios=tuple(SIZES),
    default_ratio="1:1",
    sizes={(ratio, ""): (size,) for ratio, size in SIZES.items()},
    exact_sizes=frozenset(SIZES.values()),
    qualities=("low", "medium", "high"),
    unsized_qualities=("high",),
    max_count=4,
    max_prompt=4000,
    max_references=4,
    max_reference_bytes=10 * MB,
    has_reference_links=False,
    is_idempotent=True,
    prices={("", "low"): Price(credits=Decimal(1))},
    max_concurrent=5,
    calls_per_hour=600,
)

ERRORS: Mapping[int, type[errors.ProviderError]] = {
    **errors.USUAL,
    400: errors.BadOrder,
    422: errors.Blocked,
    409: errors.BrokenAnswer,  # not documented: its first sending may still be under way
}
NO_GENERATION = "00000000-0000-0000-0000-000000000000"


class GPTImage2Plus:
    """https://gptimage2.plus, the REST API of its Pro and Max plans."""

    name = "gptimage2plus"
    label = "GPTImage2 Plus"
    base_url = "https://gptimage2.plus"
    task_word = "generationId"
    trace = "Idempotency-Key"
    models: tuple[ImageModel, ...] = (GPT_IMAGE_2,)

    def submit(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        GPT_IMAGE_2.check(order)
        keys = []
        for number, reference in enumerate(order.references, start=1):
            key = yield from _upload(reference, number)
            keys.append(key)
        body, headers = _body(order, keys), {"Idempotency-Key": str(submission_id)}
        response = yield Call(
            method="POST", url="/api/v1/generate", json=body, headers=headers, is_billable=True
        )
        told = _read(response)
        name = reading.task_id(told.get("generationId")) or reading.task_id(told.get("id"))
        if not name:
            raise errors.BrokenAnswer(detail=response.excerpt)
        return Pending(ticket={"generation_id": name}, retry_after=reading.wait(response.headers))

    def poll(self, ticket: Ticket) -> Flow:
        response = yield _ask(ticket["generation_id"])
        if response.status in (404, 422):  # 422 speaks of an order; the end of one is a state
            is_unknown = response.status == 404
            kind = errors.UnknownTask if is_unknown else errors.BrokenAnswer
            raise kind(detail=_words(response))
        told = _read(response)
        match told.get("status"):
            case "succeeded":
                return _done(told, response)
            case "failed":
                raise errors.Failed(detail=reading.complaint(told)[1])
            case "blocked":
                raise errors.Blocked(detail=reading.complaint(told)[1])
            case str():
                return Pending(ticket=ticket, retry_after=reading.wait(response.headers))
            case _:
                raise errors.BrokenAnswer(detail=response.excerpt)

    def ticket(self, task_id: str) -> Ticket | None:
        return reading.ticket("generation_id", task_id)

    def probe(self) -> Probe:
        """Ask for a generation that does not exist: every answer to a good key tells its limits."""
        response = yield _ask(NO_GENERATION)
        is_unknown = response.status in (400, 404, 422)
        if not is_unknown:
            _read(response)
        left, limit = (response.headers.get(f"x-ratelimit-{n}", "") for n in ("remaining", "limit"))
        is_told = left.isdecimal() and limit.isdecimal()
        if not (is_unknown and is_told):
            response.json()  # a web page is no sign of the provider
        return Working(limits=f"{left[:9]} / {limit[:9]}" if is_told else "")

    def is_signed(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether a webhook's raw body is signed with this secret. An empty one signs nothing."""
        told = {name.lower(): value for name, value in headers.items()}
        return reading.is_signed(body, told.get("x-gptimg-signature", ""), secret)

    def receive(self, headers: Mapping[str, str], body: bytes, secret: str) -> Ticket | None:
        """The ticket that a signed webhook speaks of: a hint to poll. None for anything else."""
        if not self.is_signed(headers, body, secret):
            return None
        data = reading.json_object(body).get("data")
        name = reading.task_id(data.get("generationId")) if isinstance(data, dict) else ""
        return {"generation_id": name} if name else None


def _upload(reference: Reference, number: int) -> Generator[Call, Response, str]:
    """Put one picture into the provider's store. Returns the name that it has there."""
    if not reference.data:
        sentence = gettext_noop("%(model)s takes pictures themselves, not links to them.")
        raise errors.Unsupported("references", sentence, model=GPT_IMAGE_2.label)
    kind, data = reference.media_type, reference.data
    name = f"reference-{number}.{kind.removeprefix('image/')}"
    asked = {"filename": name, "contentType": kind, "size": len(data)}
    response = yield Call(method="POST", url="/api/v1/upload", json=asked)
    told = _read(response)
    url, key = reading.address(told.get("url")), reading.text(told.get("key"))
    if not (url and key):
        raise errors.BrokenAnswer(detail="upload")  # the address in its words is a secret
    headers = {"Content-Type": kind}
    stored = yield Call(method="PUT", url=url, body=data, headers=headers, is_keyless=True)
    if not 200 <= stored.status < 300:
        raise errors.Busy(detail=f"upload: {stored.status}")
    return key


def _body(order: Order, keys: Sequence[str]) -> dict[str, Any]:
    size = order.size or (SIZES[order.ratio] if order.ratio else None)
    kind = "edit" if keys else "text2img"
    body: dict[str, Any] = {"prompt": order.prompt, "type": kind, "n": order.count}
    if size:
        body["size"] = str(size)
    if order.quality:
        body["quality"] = order.quality
    if keys:
        body["inputImageKeys"] = list(keys)
    return body


def _ask(generation_id: str) -> Call:
    return Call(method="GET", url=f"/api/v1/generations/{quote(generation_id, safe='')}")


def _read(response: Response) -> dict[str, Any]:
    """The answer as an object, empty where it is none. Raises what its status means."""
    if 200 <= response.status < 300:
        return reading.json_object(response.body)
    usual = errors.Refused if 400 <= response.status < 500 else errors.BrokenAnswer
    kind = ERRORS.get(response.status, usual)
    raise kind(detail=_words(response), retry_after=reading.wait(response.headers))


def _words(response: Response) -> str:
    """The provider's own words; all of them where there is more than a message."""
    told = reading.json_object(response.body)
    is_plain = told.keys() <= {"error", "message"}
    return (is_plain and reading.complaint(told)[1]) or reading.text(response.excerpt)


def _done(told: Mapping[str, Any], response: Response) -> Done:
    outputs = told.get("outputs")
    pictures = tuple(filter(None, map(_picture, outputs if isinstance(outputs, list) else ())))
    if not pictures:
        raise errors.BrokenAnswer(detail=response.excerpt)
    credits_ = reading.decimal(told.get("costCredits"))
    facts = {k: told[k] for k in ("type", "outputs", "createdAt", "completedAt") if k in told}
    cost = None if credits_ is None else Cost(credits=credits_)
    return Done(pictures=pictures, cost=cost, raw=facts)


def _picture(output: Any) -> Picture | None:
    """By its PNG, which loses nothing, rather than by its WebP."""
    kinds = output if isinstance(output, dict) else {}
    url = reading.address(kinds.get("png")) or reading.address(kinds.get("webp"))
    return Picture(url=url) if url else None
