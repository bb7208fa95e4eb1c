"""Requests and answers as the pretend providers see them, and how they go over a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

PAGE = b"<!doctype html><title>nginx</title><h1>The gateway has something to say</h1>"


@dataclass(frozen=True, kw_only=True)
class Request:
    """As it came. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def key(self) -> str:
        """The secret that it came with."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def sha256(self) -> str:
        return sha256(self.body).hexdigest()

    @property
    def told(self) -> dict[str, Any]:
        """The body as a JSON object."""
        told = json.loads(self.body)
        assert isinstance(told, dict)
        return told


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a provider means to say; what arrives of it is the gate's business."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Any, status: int = 200, **headers: str) -> Self:
        """JSON; headers by name, `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status=status, body=json.dumps(told).encode(), headers=named)

    @classmethod
    def page(cls, status: int) -> Self:
        """What a proxy in between would say."""
        return cls(status=status, body=PAGE, media_type="text/html")

    @property
    def head(self) -> bytes:
        told = {"Content-Type": self.media_type, "Content-Length": str(len(self.body))}
        lines = [f"{name}: {value}" for name, value in {**told, **self.headers}.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} So", *lines, "", ""]).encode()


async def read_request(reader: asyncio.StreamReader) -> Request:
    """The next one on a connection, whole. Raises IncompleteReadError when there is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _version = first.split(" ")
    named = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(
        method=method,
        path=parts.path,
        query=dict(parse_qsl(parts.query)),
        headers=headers,
        body=body,
    )
