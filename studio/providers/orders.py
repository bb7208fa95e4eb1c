"""What a person asks for."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import NamedTuple


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def sizes(text: str) -> tuple[Size, ...]:
    """“1024x1024 1254x1254” as sizes."""
    return tuple(Size(*map(int, word.split("x"))) for word in text.split())


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A picture to work from: its bytes, or a link when `data` is empty. size: bytes."""

    media_type: str
    size: int
    data: bytes = field(default=b"", repr=False)
    url: str = ""

    @property
    def base64(self) -> str:
        return b64encode(self.data).decode()

    @property
    def link(self) -> str:
        """Its address: a data URI when there are bytes."""
        return f"data:{self.media_type};base64,{self.base64}" if self.data else self.url


@dataclass(frozen=True, kw_only=True)
class Order:
    """One order for one model. Empty means: not asked for, the provider decides.

    ratio: "3:2", "auto"; size: exact pixels instead of ratio and resolution; resolution: "2k".
    """

    prompt: str
    model: str
    count: int = 1
    ratio: str = ""
    resolution: str = ""
    size: Size | None = None
    quality: str = ""
    background: str = ""
    output_format: str = ""
    references: tuple[Reference, ...] = ()
    mask: Reference | None = None
    is_official_fallback: bool = False
