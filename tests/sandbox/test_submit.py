"""Every documented rule of an order: kept at its border, refused one step beyond."""

from __future__ import annotations

import base64
import io
import json
import socket
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from studio.sandbox import apimart as apimart_room
from studio.sandbox import tasks, wire
from tests.sandbox.conftest import APIMart

MB = 1024 * 1024

# Copied from the document, cell by cell.
CELLS = """
1:1  1024x1024/1254x1254 2048x2048 2880x2880
3:2  1536x1024 2048x1360 3520x2336
2:3  1024x1536 1360x2048 2336x3520
4:3  1024x768 2048x1536 3312x2480
3:4  768x1024 1536x2048 2480x3312
5:4  1280x1024/1448x1086 2560x2048 3216x2576
4:5  1024x1280/1122x1402 2048x2560 2576x3216
16:9 1536x864/1672x941 2048x1152 3840x2160
9:16 864x1536/941x1672 1152x2048 2160x3840
2:1  2048x1024/1774x887 2688x1344 3840x1920
1:2  1024x2048/887x1774 1344x2688 1920x3840
3:1  1881x836/1536x512 3072x1024 3840x1280
1:3  887x1774/512x1536 1024x3072 1280x3840
21:9 2016x864/1915x821 2688x1152 3840x1648
9:21 864x2016/821x1915 1152x2688 1648x3840
"""
ROWS = [line.split() for line in CELLS.split("\n") if line]
PICKS = [
    (ratio, resolution, cell.split("/"))
    for ratio, *cells in ROWS
    for resolution, cell in zip(("1k", "2k", "4k"), cells, strict=True)
]
SIZES = sorted({size for _, _, sizes in PICKS for size in sizes})


def ordered(task_id: str) -> str:
    task = tasks.read(task_id, "apimart")
    return f"{task.width}x{task.height}"


def png(width: int = 40, height: int = 30) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


def data_uri(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def test_an_order_is_answered_as_documented(apimart: APIMart) -> None:
    answer = apimart.submit()

    body = answer.json()
    task_id = body["data"][0]["task_id"]
    assert answer.status_code == 200
    assert body == {"code": 200, "data": [{"status": "submitted", "task_id": task_id}]}


def test_a_task_id_is_short_and_fit_for_an_address(apimart: APIMart) -> None:
    task_id = apimart.order("x" * 5000, size="16:9", resolution="4k", n=10)

    assert task_id.startswith("task_")
    assert len(task_id) < 300
    assert all(sign.isalnum() or sign in "._-" for sign in task_id)


def test_a_task_id_does_not_hold_the_prompt(apimart: APIMart) -> None:
    _, _, signed = apimart.order("confidential launch").partition("_")

    packed = signed.split(".")[0]
    assert b"confidential" not in base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))


def test_two_equal_orders_are_two_tasks(apimart: APIMart) -> None:
    assert apimart.order() != apimart.order()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "demo"])
def test_an_order_needs_a_bearer_key(header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}

    answer = Client().post(
        "/sandbox/apimart/v1/images/generations",
        {"model": "gpt-image-2", "prompt": "x"},
        content_type="application/json",
        headers=headers,
    )

    assert answer.status_code == 401
    assert answer.json() == {
        "error": {
            "code": 401,
            "message": "身份验证失败，请检查您的API密钥",
            "type": "authentication_error",
        }
    }


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_orders_are_posted(method: str) -> None:
    answer = getattr(Client(), method)("/sandbox/apimart/v1/images/generations")

    assert answer.status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"n": NaN}', b"[" * 100_000, b"9" * 5000],
)
def test_the_body_must_be_a_json_object(apimart: APIMart, body: bytes) -> None:
    answer = apimart.send(body)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"n": 1},
        {"n": 10},
        {"size": "auto"},
        {"resolution": "4k"},
        {"official_fallback": True},
        {"official_fallback": False},
        {"image_urls": []},
        {"response_format": "b64_json", "style": "vivid", "unheard_of": {"a": [1]}},
        {"prompt": "一只橘猫坐在窗台上看夕阳，水彩画风格"},
    ],
)
def test_what_the_document_allows_is_accepted(apimart: APIMart, fields: dict[str, Any]) -> None:
    assert apimart.submit(**fields).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "gpt-image-1"},
        {"model": None},
        {"prompt": ""},
        {"prompt": "  "},
        {"prompt": None},
        {"prompt": ["x"]},
        {"n": 0},
        {"n": 11},
        {"n": -1},
        {"n": "1"},
        {"n": 1.0},
        {"n": True},
        {"n": None},
        {"size": "7:5"},
        {"size": "1:1 "},
        {"size": ""},
        {"size": None},
        {"size": ["1:1"]},
        {"size": "1000x1000"},
        {"size": "1024X1024"},
        {"size": "1024×1024"},
        {"resolution": "8k"},
        {"resolution": "1K"},
        {"resolution": ""},
        {"resolution": None},
        {"resolution": {}},
        {"official_fallback": "true"},
        {"official_fallback": 1},
        {"image_urls": None},
        {"image_urls": "https://example.com/a.png"},
        {"image_urls": {}},
    ],
)
def test_what_the_document_forbids_is_refused(apimart: APIMart, fields: dict[str, Any]) -> None:
    answer = apimart.submit(**fields)

    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["code"], error["type"]) == (400, "invalid_request_error")
    assert error["message"]


@pytest.mark.parametrize("field", ["model", "prompt"])
def test_model_and_prompt_are_required(apimart: APIMart, field: str) -> None:
    body = {"model": "gpt-image-2", "prompt": "a lighthouse"}
    del body[field]

    assert apimart.send(body).status_code == 400


@pytest.mark.parametrize(("ratio", "resolution", "sizes"), PICKS)
def test_each_cell_of_the_table_gives_its_pixels(
    apimart: APIMart, ratio: str, resolution: str, sizes: list[str]
) -> None:
    usual = ordered(apimart.order(size=ratio, resolution=resolution))
    other = ordered(apimart.order("a lighthouse [other]", size=ratio, resolution=resolution))

    assert [usual, other] == [sizes[0], sizes[-1]]


@pytest.mark.parametrize("size", SIZES)
def test_each_pixel_size_of_the_table_may_be_ordered(apimart: APIMart, size: str) -> None:
    assert ordered(apimart.order(size=size)) == size


def test_without_a_size_or_with_auto_a_picture_is_square(apimart: APIMart) -> None:
    sizes = [ordered(apimart.order(**fields)) for fields in ({}, {"size": "auto"})]

    assert sizes == ["1024x1024", "1024x1024"]


def test_auto_is_square_in_every_resolution_even_with_a_reference(apimart: APIMart) -> None:
    task_id = apimart.order(size="auto", resolution="2k", image_urls=[data_uri(png())])

    assert ordered(task_id) == "2048x2048"


def test_16_references_are_accepted_and_17_are_not(apimart: APIMart) -> None:
    links = ["https://example.com/photo.jpg", data_uri(png())] * 8

    few, many = apimart.submit(image_urls=links), apimart.submit(image_urls=[*links, links[0]])

    assert few.status_code == 200
    assert many.status_code == 400
    assert many.json()["error"]["message"] == "image_urls exceeds max 16"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "photo.jpg",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "https://",
        "http://[::1",
        "data:image/png;base64,",
        "data:image/png;base64,a*b=",
        "data:image/png,abc",
        "data:text/html;base64,YWJj",
        "data:image/png;base64,YW Jj",
        None,
        7,
        ["https://example.com/a.png"],
    ],
)
def test_a_reference_is_a_link_or_a_picture_in_base64(apimart: APIMart, link: Any) -> None:
    assert apimart.submit(image_urls=[link]).status_code == 400


def test_a_reference_may_have_20_mb_and_no_byte_more(apimart: APIMart) -> None:
    full, over = data_uri(bytes(20 * MB)), data_uri(bytes(20 * MB + 1))

    answers = [apimart.submit(image_urls=[link]).status_code for link in (full, over)]

    assert answers == [200, 400]


def test_references_may_have_256_mb_together_and_no_byte_more() -> None:
    # Not over HTTP: a body of 340 MB would be most of the suite's time and memory.
    body = {"model": "gpt-image-2", "prompt": "a lighthouse", "size": "1:1"}
    many = [data_uri(bytes(16 * MB))] * 15
    full, over = data_uri(bytes(16 * MB)), data_uri(bytes(16 * MB + 1))

    task = apimart_room.accepted({**body, "image_urls": [*many, full]})

    assert task.count == 1
    with pytest.raises(wire.RefusedError) as refused:
        apimart_room.accepted({**body, "image_urls": [*many, over]})
    assert "256M" in json.loads(refused.value.response.content)["error"]["message"]


def test_without_a_size_the_picture_is_as_large_as_the_first_upload(apimart: APIMart) -> None:
    links = ["https://example.com/a.jpg", data_uri(png(400, 300)), data_uri(png(50, 60))]

    assert ordered(apimart.order(image_urls=links)) == "400x300"


@pytest.mark.parametrize(
    ("given", "delivered"),
    [
        ((3840, 2160), "3840x2160"),
        ((3841, 2160), "3840x2159"),
        ((4000, 10), "3840x16"),
        ((1, 1), "16x16"),
    ],
)
def test_the_size_of_an_upload_is_kept_within_the_limits(
    apimart: APIMart, given: tuple[int, int], delivered: str
) -> None:
    assert ordered(apimart.order(image_urls=[data_uri(png(*given))])) == delivered


@pytest.mark.parametrize("link", ["https://example.com/a.jpg", data_uri(b"no picture at all")])
def test_references_that_cannot_be_measured_give_a_square(apimart: APIMart, link: str) -> None:
    assert ordered(apimart.order(image_urls=[link])) == "1024x1024"


def test_a_decompression_bomb_is_not_opened(apimart: APIMart) -> None:
    head = png()[:16] + (60_000).to_bytes(4, "big") * 2 + png()[24:]

    assert ordered(apimart.order(image_urls=[data_uri(head)])) == "1024x1024"


def test_references_change_the_picture(apimart: APIMart) -> None:
    links = ["https://example.com/a.jpg", "https://example.com/b.jpg"]

    seeds = {tasks.read(apimart.order(image_urls=[link]), "apimart").seed for link in links}

    assert len(seeds) == 2


@pytest.mark.promise(24)
def test_links_are_never_opened(apimart: APIMart, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: reached.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_: reached.append(where))

    apimart.order(image_urls=["http://127.0.0.1:8000/a.png", "http://metadata.internal/"])

    assert reached == []


def test_a_body_beyond_all_limits_is_refused_unread(apimart: APIMart) -> None:
    answer = apimart.http.generic(
        "POST",
        "/sandbox/apimart/v1/images/generations",
        b"{}",
        CONTENT_LENGTH=str(400 * MB),
        headers={"authorization": "Bearer demo"},
    )

    assert answer.status_code == 400
    assert "256M" in answer.json()["error"]["message"]
