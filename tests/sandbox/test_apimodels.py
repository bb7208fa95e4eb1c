"""The pretend APIModels keeps every documented rule, and misbehaves when told to."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.sandbox import tasks

Clock = time_machine.Traveller
GENERATIONS = "/sandbox/apimodels/api/v1/images/generations"
EDITS = "/sandbox/apimodels/api/v1/images/edits"
LINK = "https://example.com/a.png"
SMALL = "1536x512"


def png(shade: int = 0, width: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, 6), (shade, 90, 90)).save(file, "PNG")
    return file.getvalue()


def inline(data: bytes) -> str:
    return base64.b64encode(data).decode()


class APIModels:
    """Speaks the document's wire format to the sandbox."""

    def __init__(self) -> None:
        self.http = Client()

    def submit(self, prompt: str = "a vase", key: str = "demo", **fields: Any) -> HttpResponse:
        return self.send({"model": "gpt-image-2-all", "prompt": prompt, **fields}, key)

    def send(self, body: Any, key: str = "demo") -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.http.post(
            GENERATIONS,
            data=data,
            content_type="application/json",
            headers={"authorization": f"Bearer {key}"},
        )

    def edit(self, prompt: str = "a vase", **fields: Any) -> HttpResponse:
        body = {"model": "gpt-image-2-all", "prompt": prompt, "size": SMALL, **fields}
        return self.http.post(EDITS, body, headers={"authorization": "Bearer demo"})

    def order(self, prompt: str = "a vase", **fields: Any) -> str:
        answer = self.submit(prompt, **fields)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["data"]["taskId"])

    def poll(self, task_id: str, key: str = "demo") -> HttpResponse:
        headers = {"authorization": f"Bearer {key}"}
        return self.http.get(GENERATIONS, {"task_id": task_id}, headers=headers)

    def state(self, task_id: str) -> dict[str, Any]:
        return dict(self.poll(task_id).json()["data"])


@pytest.fixture
def apimodels() -> APIModels:
    return APIModels()


def read(answer: HttpResponse) -> dict[str, Any]:
    return dict(json.loads(answer.getvalue()))


def a_file(data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("product.png", png() if data is None else data, "image/png")


def ordered(task_id: str) -> tuple[int, int]:
    task = tasks.read(task_id, "apimodels")
    return task.width, task.height


def test_a_size_is_answered_with_the_pictures(apimodels: APIModels) -> None:
    body = read(apimodels.submit(size="2048x1152", quality="medium", n=1))

    (item,) = body["data"]
    data = base64.b64decode(item["b64_json"])
    assert set(body) == {"created", "data"}
    assert Image.open(io.BytesIO(data)).size == (2048, 1152)
    assert apimodels.http.get(item["url"]).content == data


def test_several_pictures_of_one_order_differ(apimodels: APIModels) -> None:
    items = read(apimodels.submit(size=SMALL, n=3))["data"]

    assert len({item["b64_json"] for item in items}) == len({item["url"] for item in items}) == 3


def test_a_ratio_becomes_a_task(apimodels: APIModels) -> None:
    body = apimodels.submit(aspect_ratio="9:16", resolution="2K", quality="medium").json()

    assert body == {"code": 200, "data": {"taskId": body["data"]["taskId"]}}
    assert ordered(body["data"]["taskId"]) == (1152, 2048)


@pytest.mark.parametrize("fields", [{"size": "2048x2048"}, {"aspect_ratio": "1:1"}, {}])
def test_with_a_callback_everything_is_a_task(apimodels: APIModels, fields: dict[str, Any]) -> None:
    assert apimodels.order(callback_url="https://your-domain.com/webhook", **fields)


def test_a_task_is_pending_then_processing_then_completed(
    apimodels: APIModels, clock: Clock
) -> None:
    task_id = apimodels.order(n=2)
    seen = []

    for _ in range(6):
        state = apimodels.state(task_id)
        seen.append((state["status"], state["progress"]))
        clock.shift(1)

    assert seen == [
        ("pending", 0),
        ("processing", 20),
        ("processing", 40),
        ("processing", 60),
        ("processing", 80),
        ("completed", 100),
    ]
    urls = [image["url"][0] for image in state["result"]["images"]]
    assert [apimodels.http.get(url).status_code for url in urls] == [200, 200]


@pytest.mark.parametrize(
    ("quality", "seconds"), [("low", 3), ("medium", 5), ("auto", 5), ("high", 8), (None, 5)]
)
def test_better_pictures_take_longer(
    apimodels: APIModels, clock: Clock, quality: str | None, seconds: int
) -> None:
    task_id = apimodels.order(**({"quality": quality} if quality else {}))

    clock.shift(seconds - 0.1)
    before = apimodels.state(task_id)["status"]
    clock.shift(0.1)

    assert [before, apimodels.state(task_id)["status"]] == ["processing", "completed"]


@pytest.mark.parametrize("tier", ["1K", "2K", "4K"])
@pytest.mark.parametrize(
    "ratio",
    ["1:1", "3:2", "2:3", "4:3", "5:4", "4:5", "16:9", "9:16", "1:2", "3:1", "21:9", "9:21"],
)
def test_the_pixels_of_a_ratio_keep_the_size_rule(
    apimodels: APIModels, ratio: str, tier: str
) -> None:
    width, height = ordered(apimodels.order(aspect_ratio=ratio, resolution=tier))

    wanted = [int(side) for side in ratio.split(":")]
    assert math.isclose(width / height, wanted[0] / wanted[1], rel_tol=0.03)
    assert max(width, height) <= {"1K": 1536, "2K": 2048, "4K": 3840}[tier]
    assert apimodels.submit(size=f"{width}x{height}").status_code == 200


@pytest.mark.parametrize(
    ("ratio", "tier", "size"),
    [
        ("1:1", "1K", (1024, 1024)),
        ("3:2", "1K", (1536, 1024)),
        ("2:3", "1K", (1024, 1536)),
        ("1:1", "2K", (2048, 2048)),
        ("16:9", "2K", (2048, 1152)),
        ("9:16", "2K", (1152, 2048)),
        ("16:9", "4K", (3840, 2160)),
        ("9:16", "4K", (2160, 3840)),
    ],
)
def test_typical_sizes_are_delivered_for_their_ratios(
    apimodels: APIModels, ratio: str, tier: str, size: tuple[int, int]
) -> None:
    assert ordered(apimodels.order(aspect_ratio=ratio, resolution=tier)) == size


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 10, "quality": "low"},
        {"quality": "auto", "background": "transparent"},
        {"background": "opaque"},
        {"size": "1024x640", "n": 1},
        {"size": "2880x2880", "callback_url": "https://example.com/hook"},
        {"image_url": LINK},
        {"image": LINK},
        {"image": inline(png())},
        {"image_base64": inline(png()), "mask_base64": inline(png())},
        {"image_base64": f"data:image/png;base64,{inline(png())}", "mask_url": LINK},
        {"image_urls": [LINK] * 16},
        {"images": [LINK, inline(png()), f"data:image/png;base64,{inline(png())}"]},
        {"unheard_of": [1]},
    ],
)
def test_what_the_document_allows_is_accepted(apimodels: APIModels, fields: dict[str, Any]) -> None:
    assert apimodels.submit(**fields).status_code == 200


REFUSED = [
    {"model": "gpt-image-2"},
    {"model": None},
    {"prompt": ""},
    {"prompt": None},
    {"n": 0},
    {"n": 11},
    {"n": "1"},
    {"n": True},
    {"quality": "ultra"},
    {"quality": ["low"]},
    {"background": "plaid"},
    {"resolution": "2k"},
    {"resolution": "8K"},
    {"aspect_ratio": "31:10"},
    {"aspect_ratio": "16x9"},
    {"aspect_ratio": "0:1"},
    {"aspect_ratio": "auto"},
    {"size": "1:1"},
    {"size": "1008x640"},
    {"size": "1000x1024"},
    {"size": "1552x512"},
    {"size": "3856x2144"},
    {"size": "3840x2176"},
    {"size": None},
    {"size": "1024x1024", "aspect_ratio": "1:1"},
    {"size": "1024x1024", "resolution": "1K"},
    {"callback_url": "ftp://example.com"},
    {"callback_url": None},
    {"response_format": "url"},
    {"image_urls": [LINK] * 17},
    {"image_urls": [LINK] * 16, "image_url": LINK},
    {"image_urls": LINK},
    {"image_urls": [inline(png())]},
    {"image_url": "photo.png"},
    {"image_base64": LINK},
    {"image_base64": inline(b"no picture")},
    {"image_base64": "***"},
    {"images": [None]},
    {"mask_url": LINK},
    {"image_url": LINK, "mask_url": "photo.png"},
    {"image_url": LINK, "mask_url": LINK, "mask_base64": inline(png())},
    {"image_base64": inline(png()), "mask_base64": inline(png(width=9))},
]


@pytest.mark.parametrize("fields", REFUSED)
def test_what_the_document_forbids_is_refused(apimodels: APIModels, fields: dict[str, Any]) -> None:
    answer = apimodels.submit(**fields)

    body = answer.json()
    is_sync = "size" in fields
    assert answer.status_code == 400
    assert (body["error"]["code"] if is_sync else body["code"]) == 400
    assert body["error"]["message"] if is_sync else body["msg"]


def test_the_edits_take_files_and_a_mask(apimodels: APIModels) -> None:
    files = {"image[]": [a_file(png(shade)) for shade in range(16)], "mask": a_file()}

    body = read(apimodels.edit(quality="medium", background="auto", n="2", **files))

    assert [set(item) for item in body["data"]] == [{"b64_json", "url"}] * 2


def test_the_edits_answer_with_addresses_alone_when_asked_to(apimodels: APIModels) -> None:
    (item,) = read(apimodels.edit(image=a_file(), response_format="url"))["data"]

    assert set(item) == {"url"}
    assert apimodels.http.get(item["url"])["Content-Type"] == "image/png"


def test_the_edits_take_pictures_in_fields_too(apimodels: APIModels) -> None:
    links = {"image_urls": [LINK, LINK], "mask_url": LINK}

    assert apimodels.edit(**links, callback_url=LINK).json()["code"] == 200
    assert apimodels.edit(image_urls=[LINK] * 17).status_code == 400


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"mask": a_file()},
        {"image": a_file(b"no picture")},
        {"image": [a_file() for _ in range(17)]},
        {"image": a_file(), "mask": [a_file(), a_file()]},
        {"image[]": [a_file(), a_file(png(width=9))], "mask": a_file(png(width=9))},
        {"image": a_file(), "size": "1000x1000"},
        {"image": a_file(), "n": "11"},
        {"image": a_file(), "n": "one"},
        {"image": a_file(), "response_format": "png"},
        {"image": a_file(), "photo": a_file()},
        {"image": a_file(), "quality": "ultra"},
    ],
)
def test_a_form_that_breaks_a_rule_is_refused(apimodels: APIModels, fields: dict[str, Any]) -> None:
    answer = apimodels.edit(**fields)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_references_and_masks_change_the_picture(apimodels: APIModels) -> None:
    orders = [{}, {"image_url": LINK}, {"image_url": LINK, "mask_url": LINK}]

    seeds = {tasks.read(apimodels.order(**fields), "apimodels").seed for fields in orders}

    assert len(seeds) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 429, 500, 503])
@pytest.mark.parametrize("fields", [{}, {"size": SMALL}])
def test_a_status_mark_is_refused_in_the_envelope_of_its_mode(
    apimodels: APIModels, status: int, fields: dict[str, Any]
) -> None:
    answer = apimodels.submit(f"a vase [{status}]", **fields)

    body = answer.json()
    assert answer.status_code == status
    assert (body["error"]["code"] if fields else body["code"]) == status


def test_429_may_tell_how_long_to_wait(apimodels: APIModels) -> None:
    answer = apimodels.submit("a vase [429:7]")

    assert (answer.status_code, answer["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("fields", [{}, {"size": SMALL}])
def test_the_answer_may_be_a_proxys(apimodels: APIModels, fields: dict[str, Any]) -> None:
    answer = apimodels.submit("a vase [504]", **fields)

    assert (answer.status_code, answer["Content-Type"]) == (504, "text/html; charset=utf-8")


def test_marks_of_a_synchronous_order_count_at_once(apimodels: APIModels) -> None:
    answers = {
        mark: apimodels.submit(f"a vase [{mark}]", size=SMALL)
        for mark in ("refuse", "block", "fail", "lost", "html")
    }

    assert {mark: answer.status_code for mark, answer in answers.items()} == {
        "refuse": 400,
        "block": 400,
        "fail": 500,
        "lost": 504,
        "html": 200,
    }
    assert "policy" in answers["block"].json()["error"]["message"]
    assert all(answers[mark].content.startswith(b"<!doctype") for mark in ("lost", "html"))


def test_pictures_of_a_synchronous_order_may_be_flawed(apimodels: APIModels) -> None:
    (gone,) = read(apimodels.submit("a vase [gone]", size=SMALL))["data"]
    (torn,) = read(apimodels.submit("a vase [torn]", size=SMALL))["data"]
    short = read(apimodels.submit("a vase [short]", size=SMALL, n=3))["data"]

    assert set(gone) == {"url"}
    assert apimodels.http.get(gone["url"]).status_code == 404
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(base64.b64decode(torn["b64_json"]))).load()
    assert len(short) == 2


@pytest.mark.parametrize(("mark", "word"), [("fail", "upstream"), ("block", "policy")])
def test_a_task_may_fail_late(apimodels: APIModels, clock: Clock, mark: str, word: str) -> None:
    task_id = apimodels.order(f"a vase [{mark}]")

    clock.shift(5)
    state = apimodels.state(task_id)

    assert state["status"] == "failed"
    assert word in state["error"]["message"]


def test_a_task_may_be_told_in_other_words(apimodels: APIModels, clock: Clock) -> None:
    task_id = apimodels.order("a vase [two]", n=2)

    clock.shift(5)
    state = apimodels.state(task_id)

    assert set(state) == {"taskId", "state", "resultUrls"}
    assert len(state["resultUrls"]) == 2


def test_a_lost_task_is_forgotten_half_way(apimodels: APIModels, clock: Clock) -> None:
    task_id = apimodels.order("a vase [lost]")

    clock.shift(2.4)
    before = apimodels.poll(task_id).status_code
    clock.shift(0.2)

    assert [before, apimodels.poll(task_id).status_code] == [200, 404]


@pytest.mark.parametrize("task_id", ["", "task_x", "task_made.up", "\x00"])
def test_a_task_that_is_not_ours_is_not_found(apimodels: APIModels, task_id: str) -> None:
    answer = apimodels.poll(task_id)

    assert answer.status_code == 404
    assert answer.json() == {"code": 404, "msg": "task not found", "data": None}


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc"])
def test_every_call_needs_a_key(header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    http = Client()

    answers = [
        http.get(GENERATIONS, headers=headers),
        http.post(GENERATIONS, {}, "application/json", headers=headers),
        http.post(EDITS, {}, headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert all(answer.json()["code"] == 401 for answer in answers)


@pytest.mark.parametrize(("mark", "status"), [("[401]", 401), ("[503]", 503), ("[html]", 200)])
def test_a_mark_in_a_key_works_for_every_call(apimodels: APIModels, mark: str, status: int) -> None:
    task_id = apimodels.order()

    answers = apimodels.submit(key=f"demo{mark}"), apimodels.poll(task_id, key=f"demo{mark}")

    assert [answer.status_code for answer in answers] == [status, status]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(method: str) -> None:
    paths = (GENERATIONS, EDITS, "/sandbox/apimodels/r2/task_x_0.png")

    assert [getattr(Client(), method)(path).status_code for path in paths] == [405] * 3


def test_a_picture_is_not_there_before_it_is_done_nor_beyond_the_count(
    apimodels: APIModels, clock: Clock
) -> None:
    task_id = apimodels.order()
    paths = [f"/sandbox/apimodels/r2/{task_id}_{index}.png" for index in (0, 1)]
    before = [apimodels.http.get(path).status_code for path in paths]

    clock.shift(5)

    assert before == [404, 404]
    assert [apimodels.http.get(path).status_code for path in paths] == [200, 404]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"n": NaN}', b"[" * 9999])
def test_the_body_must_be_a_json_object(apimodels: APIModels, body: bytes) -> None:
    answer = apimodels.send(body)

    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_a_form_that_cannot_be_read_is_refused(apimodels: APIModels) -> None:
    headers = {"authorization": "Bearer demo"}

    answer = apimodels.http.post(EDITS, b"--x", "multipart/form-data", headers=headers)

    assert answer.status_code == 400


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS)
BODIES = st.fixed_dictionaries(
    {"model": st.just("gpt-image-2-all"), "prompt": st.text(min_size=1, max_size=20)},
    optional={
        "n": st.just(1) | VALUES,
        "quality": st.just("low") | VALUES,
        "background": VALUES,
        "aspect_ratio": st.sampled_from(["1:1", "99:33", "9:9"]) | VALUES,
        "resolution": st.sampled_from(["1K", "4K"]) | VALUES,
        "size": st.sampled_from(["1536x512", "16x16"]) | VALUES,
        "callback_url": st.just(LINK) | VALUES,
        "image": st.just(LINK) | VALUES,
        "images": st.lists(st.just(LINK) | SCALARS, max_size=3) | VALUES,
        "mask_base64": VALUES,
    },
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=BODIES | VALUES)
def test_any_json_is_answered_in_an_envelope(apimodels: APIModels, body: Any) -> None:
    answer = apimodels.send(json.dumps(body).encode())

    assert answer.status_code in (200, 400)
    assert answer["Content-Type"] == "application/json"
