"""A client of the pretend APIMart, and the clock that it lives by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

NOON = 1_776_748_674.0


class APIMart:
    """Speaks the document's wire format to the sandbox."""

    def __init__(self) -> None:
        self.http = Client()

    def submit(
        self, prompt: str = "a lighthouse", key: str = "demo", **fields: Any
    ) -> HttpResponse:
        return self.send({"model": "gpt-image-2", "prompt": prompt, **fields}, key=key)

    def send(self, body: Any, *, key: str = "demo") -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.http.post(
            "/sandbox/apimart/v1/images/generations",
            data=data,
            content_type="application/json",
            headers={"authorization": f"Bearer {key}"},
        )

    def order(self, prompt: str = "a lighthouse", **fields: Any) -> str:
        """The id of an accepted task."""
        answer = self.submit(prompt, **fields)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["data"][0]["task_id"])

    def poll(self, task_id: str, key: str = "demo") -> HttpResponse:
        return self.http.get(
            f"/sandbox/apimart/v1/tasks/{task_id}", headers={"authorization": f"Bearer {key}"}
        )

    def state(self, task_id: str) -> dict[str, Any]:
        answer = self.poll(task_id)
        assert answer.status_code == 200, answer.content
        return dict(answer.json()["data"])

    def urls(self, task_id: str) -> list[str]:
        images = self.state(task_id)["result"]["images"]
        return [url for image in images for url in image["url"]]


@pytest.fixture
def apimart() -> APIMart:
    return APIMart()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller
