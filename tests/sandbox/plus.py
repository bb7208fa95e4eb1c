"""A client of the pretend GPTImage2 Plus."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

ROOT = "/sandbox/gptimage2plus"
PUT = {"filename": "a.png", "contentType": "image/png", "size": 3}


class Plus:
    """Speaks the document's wire format to the sandbox."""

    def __init__(self) -> None:
        self.http = Client()

    def send(self, path: str, body: Any, *, key: str = "gimg_demo", **headers: str) -> HttpResponse:
        return self.http.post(
            f"{ROOT}/api/v1/{path}",
            data=body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {key}", **headers},
        )

    def generate(
        self, prompt: str = "a lighthouse", *, key: str = "gimg_demo", name: str = "", **fields: Any
    ) -> HttpResponse:
        """name: the idempotency key, another one each time unless told."""
        headers = {"Idempotency-Key": name or str(uuid4())}
        return self.send("generate", {"prompt": prompt, **fields}, key=key, **headers)

    def order(self, prompt: str = "a lighthouse", **fields: Any) -> str:
        """The id of an accepted generation."""
        answer = self.generate(prompt, **fields)
        assert answer.status_code == 202, answer.content
        return str(answer.json()["generationId"])

    def ask(self, generation_id: str, key: str = "gimg_demo") -> HttpResponse:
        return self.http.get(
            f"{ROOT}/api/v1/generations/{generation_id}",
            headers={"authorization": f"Bearer {key}"},
        )

    def state(self, generation_id: str) -> dict[str, Any]:
        answer = self.ask(generation_id)
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def reserve(self, **fields: Any) -> dict[str, str]:
        answer = self.send("upload", {**PUT, **fields})
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def put(
        self, url: str, data: bytes = b"png", kind: str = "image/png", **headers: str
    ) -> HttpResponse:
        return self.http.put(url, data=data, content_type=kind, headers=headers)
