"""Each prompt mark does what docs/sandbox.md says."""

from __future__ import annotations

import io
import re

import pytest
import time_machine
from django.conf import settings
from PIL import Image

from studio.sandbox import marks
from tests.sandbox.conftest import APIMart

Clock = time_machine.Traveller
MESSAGES = {
    400: ("参数错误：size 不合法 / resolution 不支持 / 像素违规等", "invalid_request_error"),
    401: ("身份验证失败，请检查您的API密钥", "authentication_error"),
    402: ("账户余额不足，请充值后再试", "payment_required"),
    429: ("请求过于频繁，请稍后再试", "rate_limit_error"),
    500: ("服务器错误", "server_error"),
    503: ("上游暂时不可用，请稍后再试", "service_unavailable"),
}


@pytest.mark.parametrize("status", MESSAGES)
def test_a_status_mark_gives_the_documented_refusal(apimart: APIMart, status: int) -> None:
    answer = apimart.submit(f"a lighthouse [{status}]")

    message, kind = MESSAGES[status]
    assert answer.status_code == status
    assert answer.json() == {"error": {"code": status, "message": message, "type": kind}}
    assert "Retry-After" not in answer


def test_403_comes_in_the_same_envelope(apimart: APIMart) -> None:
    answer = apimart.submit("a lighthouse [403]")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (403, 403, "permission_error")


def test_429_may_tell_how_long_to_wait(apimart: APIMart) -> None:
    answer = apimart.submit("a lighthouse [429:7]")

    assert (answer.status_code, answer["Retry-After"]) == (429, "7")


def test_a_broken_order_is_refused_before_its_marks_count(apimart: APIMart) -> None:
    assert apimart.submit("a lighthouse [500]", n=11).status_code == 400


def test_refuse_speaks_of_the_safety_review(apimart: APIMart) -> None:
    answer = apimart.submit("a lighthouse [refuse]")

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert "敏感" in error["message"]


def test_html_is_a_page_with_status_200(apimart: APIMart) -> None:
    answer = apimart.submit("a lighthouse [html]")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
    assert answer.content.startswith(b"<!doctype html>")


@pytest.mark.parametrize(("mark", "status"), [("[401]", 401), ("[503]", 503), ("[html]", 200)])
def test_a_mark_in_a_key_works_for_every_call(apimart: APIMart, mark: str, status: int) -> None:
    task_id = apimart.order()

    answers = apimart.submit(key=f"demo{mark}"), apimart.poll(task_id, key=f"demo{mark}")

    assert [answer.status_code for answer in answers] == [status, status]
    assert not any(b"task_" in answer.content for answer in answers)


def test_fast_is_done_after_a_fifth_of_a_second(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order("a lighthouse [fast]", resolution="4k")

    clock.shift(0.19)
    before = apimart.state(task_id)["status"]
    clock.shift(0.01)

    assert [before, apimart.state(task_id)["status"]] == ["processing", "completed"]


@pytest.mark.parametrize(
    ("mark", "seconds"), [("[slow]", 30), ("[slow:90]", 90), ("[slow:9999]", 3600), ("[SLOW:5]", 5)]
)
def test_slow_takes_as_long_as_told(
    apimart: APIMart, clock: Clock, mark: str, seconds: int
) -> None:
    task_id = apimart.order(f"a lighthouse {mark}")

    clock.shift(seconds - 0.1)
    before = apimart.state(task_id)["status"]
    clock.shift(0.1)

    assert [before, apimart.state(task_id)["status"]] == ["processing", "completed"]


@pytest.mark.parametrize(("mark", "word"), [("[fail]", "失败"), ("[block]", "敏感")])
def test_fail_and_block_end_in_an_error_without_cost(
    apimart: APIMart, clock: Clock, mark: str, word: str
) -> None:
    task_id = apimart.order(f"a lighthouse {mark}")

    clock.shift(3)
    before = apimart.state(task_id)["status"]
    clock.shift(1)
    after = apimart.state(task_id)

    assert [before, after["status"]] == ["processing", "failed"]
    assert word in after["error"]["message"]
    assert not {"cost", "credits_cost", "result"} & set(after)


def test_lost_is_forgotten_half_way(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order("a lighthouse [lost]")

    clock.shift(1.9)
    before = apimart.poll(task_id).status_code
    clock.shift(0.1)

    assert [before, apimart.poll(task_id).status_code] == [200, 404]


def test_gone_is_completed_but_its_pictures_are_not_found(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order("a lighthouse [gone]", n=2)

    clock.shift(4)
    answers = [apimart.http.get(url).status_code for url in apimart.urls(task_id)]

    assert answers == [404, 404]


def test_torn_pictures_break_off(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order("a lighthouse [torn]", size="1536x512")

    clock.shift(4)
    answer = apimart.http.get(*apimart.urls(task_id))

    assert answer["Content-Length"] == str(len(answer.content))
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(answer.content)).load()


@pytest.mark.parametrize(("ordered", "delivered"), [(1, 1), (2, 1), (10, 9)])
def test_short_delivers_one_picture_fewer(
    apimart: APIMart, clock: Clock, ordered: int, delivered: int
) -> None:
    task_id = apimart.order("a lighthouse [short]", n=ordered)

    clock.shift(4)

    assert len(apimart.urls(task_id)) == delivered


@pytest.mark.parametrize(("count", "groups"), [(1, [1]), (2, [1, 1]), (5, [3, 2])])
def test_two_deals_the_pictures_to_two_groups(
    apimart: APIMart, clock: Clock, count: int, groups: list[int]
) -> None:
    task_id = apimart.order("a lighthouse [two]", n=count)

    clock.shift(4)
    images = apimart.state(task_id)["result"]["images"]

    assert [len(image["url"]) for image in images] == groups
    assert len(set(apimart.urls(task_id))) == count


def test_marks_may_be_combined(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order("[slow:20] a lighthouse [Fail]")

    clock.shift(19)
    before = apimart.state(task_id)["status"]
    clock.shift(1)

    assert [before, apimart.state(task_id)["status"]] == ["processing", "failed"]


@pytest.mark.parametrize(
    "prompt", ["[200]", "[404]", "[ fast ]", "[fast", "fast]", "[[]]", "[1:2]"]
)
def test_other_words_in_brackets_mean_nothing(apimart: APIMart, clock: Clock, prompt: str) -> None:
    task_id = apimart.order(prompt)

    clock.shift(3.9)
    before = apimart.state(task_id)["status"]
    clock.shift(0.1)

    assert [before, apimart.state(task_id)["status"]] == ["processing", "completed"]


def test_the_papers_list_the_same_marks_as_the_code() -> None:
    paper = (settings.BASE_DIR / "docs" / "sandbox.md").read_text(encoding="utf-8")

    table = re.findall(r"^\| (`\[.*?) \|", paper, re.MULTILINE)
    listed = {mark for row in table for mark in re.findall(r"\[(\w+)", row)}
    told = set(re.findall(r"^\| \[(\w+)", marks.__doc__ or "", re.MULTILINE))
    assert listed == told | set(marks.REFUSED)
