"""The contract between the studio and a provider.

An adapter opens no connection. It says what to send and reads what came back, as a generator:
it yields a `Call`, is sent the `Response`, and returns `Pending` or `Done` – or raises a
`ProviderError`. The engine drives it and alone knows about time-outs, limits and keys.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from studio.providers.calls import Call, Response
from studio.providers.models import ImageModel
from studio.providers.orders import Order

Ticket = Mapping[str, Any]
"""What a provider gave us to ask again: JSON that only its adapter reads."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One finished picture: a public URL, perhaps with an end, or the bytes themselves."""

    url: str = ""
    data: bytes = field(default=b"", repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the provider says it charged."""

    amount: Decimal | None = None
    currency: str = "USD"
    credits: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Pending:
    """Accepted and not finished. progress: per cent, where told. retry_after: seconds."""

    ticket: Ticket
    progress: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """Finished: at least one picture."""

    pictures: Sequence[Picture]
    cost: Cost | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Working:
    """What a probe learnt about a key that works."""

    balance: str = ""
    limits: str = ""


Flow = Generator[Call, Response, Pending | Done]
Probe = Generator[Call, Response, Working]


class Provider(Protocol):
    """A company's image API. One file, one instance in the catalog.

    task_word: what its own pages call the id of an order. trace: under which name it is told our
    id; empty where it is told none.
    """

    name: str
    label: str
    base_url: str
    task_word: str
    trace: str
    models: tuple[ImageModel, ...]

    def submit(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        """Order pictures. callback_url: where the provider may tell that it is done."""
        ...

    def poll(self, ticket: Ticket) -> Flow:
        """Ask how an order is getting on."""
        ...

    def ticket(self, task_id: str) -> Ticket | None:
        """What asks after an order whose id a person found there; None for what can be no id."""
        ...

    def probe(self) -> Probe:
        """The cheapest call that tells whether a key works; charges nothing."""
        ...


@runtime_checkable
class Remembering(Provider, Protocol):
    """A provider that can be asked for an order by the id that we gave it."""

    def submit_again(self, order: Order, *, submission_id: UUID, callback_url: str = "") -> Flow:
        """Order what may have been ordered before: ask first, send the same only if it is not."""
        ...

    def recall(self, submission_id: UUID) -> Ticket:
        """What asks after an order by the id that we gave it."""
        ...


@runtime_checkable
class Telling(Provider, Protocol):
    """A provider that tells when an order has ended: a hint to poll, never the truth."""

    def receive(self, headers: Mapping[str, str], body: bytes, secret: str) -> Ticket | None:
        """The ticket that a webhook speaks of; None where it speaks of none or is forged."""
        ...


@runtime_checkable
class Signing(Telling, Protocol):
    """Its webhooks are registered by a person and signed with a secret that they are given.

    Any other provider that tells is given an address that nobody can guess with each order.
    """

    def is_signed(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether the raw body is signed with this secret. An empty one signs nothing."""
        ...
