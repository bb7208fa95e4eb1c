"""Picture addresses: public, of the ordered size, gone after a day."""

from __future__ import annotations

import io

import pytest
import time_machine
from PIL import Image

from tests.sandbox.conftest import APIMart

Clock = time_machine.Traveller
DAY = 24 * 60 * 60


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (1024, 1024)),
        ({"size": "3:1"}, (1881, 836)),
        ({"size": "9:16", "resolution": "2k"}, (1152, 2048)),
        ({"size": "16:9", "resolution": "4k"}, (3840, 2160)),
        ({"size": "512x1536"}, (512, 1536)),
    ],
)
def test_a_picture_is_a_png_of_the_ordered_size(
    apimart: APIMart, clock: Clock, fields: dict[str, str], size: tuple[int, int]
) -> None:
    task_id = apimart.order(**fields)
    clock.shift(8)

    answer = apimart.http.get(*apimart.urls(task_id))

    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert (image.format, image.size, image.mode) == ("PNG", size, "RGB")


@pytest.mark.promise(37)
def test_a_picture_comes_with_safe_headers(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order(size="1536x512")
    clock.shift(4)

    answer = apimart.http.get(*apimart.urls(task_id))

    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Cache-Control"] == "public, max-age=86400, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Set-Cookie" not in answer


def test_pictures_of_one_order_differ_and_stay_as_they_are(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order(size="1536x512", n=3)
    clock.shift(4)
    urls = apimart.urls(task_id)

    first, again = ([apimart.http.get(url).content for url in urls] for _ in range(2))

    assert first == again
    assert len(set(first)) == 3


def test_who_has_a_picture_gets_it_only_once(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order(size="1536x512", n=2)
    clock.shift(4)
    one, two = apimart.urls(task_id)
    tag = apimart.http.get(one)["ETag"]

    same = apimart.http.get(one, headers={"if-none-match": tag})
    other = apimart.http.get(two, headers={"if-none-match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


def test_head_tells_the_length_without_the_picture(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order(size="1536x512")
    clock.shift(4)
    (url,) = apimart.urls(task_id)

    head, get = apimart.http.head(url), apimart.http.get(url)

    assert head.status_code == 200
    assert head.content == b""
    assert head["Content-Length"] == get["Content-Length"]


def test_a_picture_is_not_there_before_it_is_done(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order()

    clock.shift(3.9)

    assert apimart.http.get(address(task_id, 0)).status_code == 404


def test_a_picture_lives_for_a_day_and_no_second_longer(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order(size="1536x512")
    clock.shift(4)
    (url,) = apimart.urls(task_id)

    clock.shift(DAY - 1)
    last = apimart.http.get(url)
    clock.shift(1)
    after = apimart.http.get(url, headers={"if-none-match": last["ETag"]})

    assert [last.status_code, after.status_code] == [200, 404]


def test_there_are_as_many_pictures_as_ordered(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order(size="1536x512", n=2)

    clock.shift(4)
    answers = [apimart.http.get(address(task_id, index)).status_code for index in (0, 1, 2, 999)]

    assert answers == [200, 200, 404, 404]


def test_a_made_up_picture_address_is_not_found(apimart: APIMart) -> None:
    answer = apimart.http.get(address("task_made-up.signature", 0))

    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pictures_are_only_read(apimart: APIMart, method: str) -> None:
    assert getattr(apimart.http, method)(address("task_x", 0)).status_code == 405


def address(task_id: str, index: int) -> str:
    return f"/sandbox/apimart/f/image/gpt_image_2_{task_id}_{index}.png"
