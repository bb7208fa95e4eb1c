"""Drives flows without a network: a script of answers, and what was sent."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any
from uuid import UUID

from studio.providers.calls import Call, Response

SUBMISSION = UUID("11111111-2222-4333-8444-555555555555")


def answer(status: int, body: Any = None, **headers: str) -> Response:
    """A provider's answer: JSON for objects, the text itself for strings."""
    raw = body if isinstance(body, bytes) else str(body).encode()
    content = json.dumps(body).encode() if isinstance(body, dict | list) else raw
    return Response(status=status, headers=headers, body=content)


def run(flow: Generator[Call, Response, Any], *answers: Response) -> tuple[list[Call], Any]:
    """Answer each call in turn. Returns the calls and what the flow returned."""
    calls, script = [next(flow)], list(answers)
    while True:
        try:
            calls.append(flow.send(script.pop(0)))
        except StopIteration as stop:
            assert not script, "the flow ended before all answers were read"
            return calls, stop.value
