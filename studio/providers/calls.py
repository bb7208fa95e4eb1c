"""What an adapter says is to be sent, and what came back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from studio.providers.errors import BrokenAnswer
from studio.providers.orders import Reference


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file of a multipart body."""

    part: str
    name: str
    media_type: str
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, part: str, picture: Reference, *, name: str) -> Self:
        """A picture under a plain name with the ending of its type."""
        name = f"{name}.{picture.media_type.removeprefix('image/')}"
        return cls(part=part, name=name, media_type=picture.media_type, data=picture.data)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP request to make. `url` is a path under the key's base URL, or absolute.

    billable: once its first byte has left, the outcome may cost money.
    keyless: the key must not travel with it (presigned addresses).
    """

    method: str
    url: str
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    uploads: Sequence[Upload] = ()
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    is_billable: bool = False
    is_keyless: bool = False


@dataclass(frozen=True, kw_only=True)
class Response:
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BrokenAnswer for anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BrokenAnswer(detail=self.excerpt) from error
        if not isinstance(value, dict):
            raise BrokenAnswer(detail=self.excerpt)
        return value

    @property
    def excerpt(self) -> str:
        """The first 200 characters, for a log or a person."""
        return self.body[:800].decode(errors="replace")[:200]
