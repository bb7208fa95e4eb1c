"""The pretend chatgpt2api: every documented rule, kept at its border and refused one beyond."""

from __future__ import annotations

import base64
import io
import json
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from studio.sandbox.chatgpt2api import ORDERS

Clock = time_machine.Traveller
HOME = "/sandbox/chatgpt2api/api/image-tasks"


def png(width: int = 40, height: int = 30) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Api:
    """Speaks the document's wire format, with a key that nobody else has."""

    def __init__(self) -> None:
        self.http = Client()
        self.key = f"c2a_{uuid4()}"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def submit(self, prompt: str = "a lighthouse", **fields: Any) -> HttpResponse:
        return self.send(json.dumps({"prompt": prompt, **fields}))

    def send(self, body: str | bytes) -> HttpResponse:
        return self.http.post(
            f"{HOME}/generations",
            data=body,
            content_type="application/json",
            headers=self.headers,
        )

    def edit(self, image: bytes | None = None, **fields: Any) -> HttpResponse:
        data = {"prompt": "a lighthouse", **fields}
        if image is not None:
            data["image"] = SimpleUploadedFile("reference.png", image, "image/png")
        return self.http.post(f"{HOME}/edits", data=data, headers=self.headers)

    def order(self, prompt: str = "a lighthouse", **fields: Any) -> str:
        """The id of an accepted task."""
        answer = self.submit(prompt, **fields)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["task_id"])

    def poll(self, task_id: str) -> HttpResponse:
        return self.http.get(HOME, {"ids": task_id}, headers=self.headers)

    def item(self, task_id: str) -> dict[str, Any]:
        (item,) = self.poll(task_id).json()["items"]
        return dict(item)

    def pictures(self, task_id: str) -> list[Image.Image]:
        data = self.item(task_id)["result"]["data"]
        return [Image.open(io.BytesIO(base64.b64decode(entry["b64_json"]))) for entry in data]


@pytest.fixture
def api() -> Api:
    return Api()


def complaint(answer: HttpResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["detail"].get("error_code")


def test_an_order_is_answered_as_documented(api: Api) -> None:
    answer = api.submit(client_task_id="demo-image-001", model="gpt-image-2-5.5", n=1)

    assert answer.json() == {
        "task_id": "demo-image-001",
        "poll_url": "/api/image-tasks?ids=demo-image-001",
        "task": {"id": "demo-image-001", "status": "queued", "model": "gpt-image-2-5.5", "n": 1},
    }


def test_a_finished_task_is_told_as_documented(api: Api, clock: Clock) -> None:
    task_id = api.order(n=2)

    states = []
    for _ in range(3):
        states.append(api.item(task_id)["status"])
        clock.shift(2)

    item = api.item(task_id)
    assert states == ["queued", "running", "succeeded"]
    assert set(item) == {"id", "status", "model", "n", "result", "gallery_task"}
    assert [set(entry) for entry in item["result"]["data"]] == [{"b64_json", "file_id"}] * 2
    assert item["gallery_task"]["public_image_id"].startswith("img_")


@pytest.mark.promise(37)
def test_the_public_address_shows_the_first_picture_to_anybody_for_good(
    api: Api, clock: Clock
) -> None:
    task_id = api.order(n=2)
    clock.shift(4)
    item = api.item(task_id)
    url = item["gallery_task"]["image_url_public"]

    clock.shift(40 * 24 * 60 * 60)
    answer = Client().get(url)

    assert url.startswith("http://testserver/sandbox/chatgpt2api/api/public/images/img_")
    assert b64(answer.content) == item["result"]["data"][0]["b64_json"]
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")


def test_there_is_no_public_picture_before_it_is_done_nor_of_another_name(
    api: Api, clock: Clock
) -> None:
    task_id = api.order()
    clock.shift(4)
    url = api.item(task_id)["gallery_task"]["image_url_public"]

    clock.shift(-1)

    assert Client().get(url).status_code == 404
    assert Client().get(url.replace("img_", "img_x")).status_code == 404


# The document's table; 1k promises no pixels, only a ratio.
CELLS = """
1:1  2048x2048 2048x2048 square 1024x1024 2048x2048 4096x4096
16:9 2048x1152 3840x2160 1792x1024
9:16 1152x2048 2160x3840 1024x1792
4:3  2048x1536 3072x2304 3:2 landscape 1536x1024
3:4  1536x2048 2304x3072 2:3 portrait 1024x1536
"""
WORDS = [
    (word, ratio, two, four)
    for ratio, two, four, *aliases in (line.split() for line in CELLS.strip().splitlines())
    for word in (ratio, *aliases)
]


@pytest.mark.parametrize(("word", "ratio", "two", "four"), WORDS)
def test_each_ratio_and_alias_gives_the_documented_pixels(
    api: Api, clock: Clock, word: str, ratio: str, two: str, four: str
) -> None:
    sizes = {}
    for resolution in ("1k", "2k", "4k"):
        task = ORDERS.find(api.key, api.order("[fast]", size=word, resolution=resolution)).task
        sizes[resolution] = task.width, task.height
        clock.shift(1)

    width, height = map(int, ratio.split(":"))
    assert [f"{w}x{h}" for w, h in (sizes["2k"], sizes["4k"])] == [two, four]
    assert sizes["1k"][0] * height == sizes["1k"][1] * width


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"n": 1},
        {"n": 4},
        {"model": "gpt-image-2"},
        {"model": "gpt-image-2-5.5"},
        {"size": ""},
        {"resolution": "4k"},
        {"image_base64": b64(png())},
        {"image_base64": b64(png()), "n": 4},
        {"unheard_of": {"a": [1]}},
    ],
)
def test_what_the_document_allows_is_accepted(api: Api, fields: dict[str, Any]) -> None:
    assert api.submit(**fields).status_code == 200


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"size": "auto"}, "image_size_invalid"),
        ({"size": "21:9"}, "image_size_invalid"),
        ({"size": None}, "image_size_invalid"),
        ({"size": ["1:1"]}, "image_size_invalid"),
        ({"resolution": "8k"}, "image_resolution_invalid"),
        ({"resolution": "2K"}, "image_resolution_invalid"),
        ({"resolution": ""}, "image_resolution_invalid"),
        ({"prompt": " "}, None),
        ({"prompt": None}, None),
        ({"model": "gpt-image-1"}, None),
        ({"model": ["gpt-image-2"]}, None),
        ({"n": 0}, None),
        ({"n": 5}, None),
        ({"n": "1"}, None),
        ({"n": True}, None),
        ({"n": 1.0}, None),
        ({"client_task_id": ""}, None),
        ({"client_task_id": 7}, None),
        ({"client_task_id": "x" * 201}, None),
        ({"image_base64": "*"}, None),
        ({"image_base64": ""}, None),
        ({"image_base64": b64(b"no picture")}, None),
        ({"image_base64": f"data:image/png;base64,{b64(png())}"}, None),
        ({"image_base64": ["x"]}, None),
        ({"image": b64(png())}, None),
    ],
)
def test_what_the_document_forbids_is_refused(
    api: Api, fields: dict[str, Any], code: str | None
) -> None:
    answer = api.submit(**{"prompt": "a lighthouse", **fields})

    assert complaint(answer) == (400, code)


def test_an_edit_takes_every_field_as_a_form_with_a_file(api: Api, clock: Clock) -> None:
    answer = api.edit(
        png(), client_task_id="demo-edit-002", model="gpt-image-2", n="2", size="16:9"
    )

    clock.shift(4)
    assert answer.json()["poll_url"] == "/api/image-tasks?ids=demo-edit-002"
    assert [picture.size for picture in api.pictures("demo-edit-002")] == [(1536, 864)] * 2


def test_a_large_file_is_taken_and_changes_the_picture(api: Api, clock: Clock) -> None:
    large = png() + bytes(5 * 1024 * 1024)

    tasks = []
    for image in (png(), large):
        tasks.append(api.edit(image).json()["task_id"])
        clock.shift(4)

    data = [api.item(task_id)["result"]["data"][0]["b64_json"] for task_id in tasks]
    assert data[0] != data[1]


@pytest.mark.parametrize(
    ("image", "fields"),
    [
        (None, {}),
        (b"", {}),
        (b"no picture", {}),
        (png(), {"n": "5"}),
        (png(), {"n": "one"}),
        (png(), {"image_base64": b64(png())}),
        (png(), {"prompt": ""}),
        (png(), {"size": "auto"}),
    ],
)
def test_an_edit_without_a_picture_or_against_a_rule_is_refused(
    api: Api, image: bytes | None, fields: dict[str, str]
) -> None:
    assert api.edit(image, **fields).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_refused(api: Api, body: bytes) -> None:
    assert complaint(api.send(body)) == (400, None)


def test_a_body_beyond_all_limits_is_refused_unread(api: Api) -> None:
    for path in ("generations", "edits"):
        answer = api.http.generic(
            "POST", f"{HOME}/{path}", b"{}", CONTENT_LENGTH=str(10**9), headers=api.headers
        )

        assert answer.status_code == 400
