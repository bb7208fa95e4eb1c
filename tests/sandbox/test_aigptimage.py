"""The pretend AIGPTImage keeps every documented rule, and misbehaves when told to."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.sandbox import tasks
from tests.sandbox.conftest import NOON

Clock = time_machine.Traveller
JOBS = "/sandbox/aigptimage/api/v1/jobs"
MODEL = "gpt-image-2-text-to-image"
CREATED = int(NOON) * 1000
REFUSALS = {
    400: "请求参数无效",
    401: "鉴权失败或 API key 无效",
    402: "积分不足",
    409: "活跃任务数超限或请求冲突",
    422: "参数校验失败",
    429: "请求超过限流",
    500: "服务内部错误",
}


class AIGPTImage:
    """Speaks the document's wire format to the sandbox."""

    def __init__(self) -> None:
        self.http = Client()

    def create(self, prompt: Any = "a lighthouse", key: str = "demo", **told: Any) -> HttpResponse:
        return self.send({"model": MODEL, "input": {"prompt": prompt, **told}}, key=key)

    def send(
        self, body: Any, *, key: str = "demo", content_type: str = "application/json"
    ) -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.http.post(
            f"{JOBS}/createTask",
            data=data,
            content_type=content_type,
            headers={"authorization": f"Bearer {key}"},
        )

    def order(self, prompt: str = "a lighthouse", **told: Any) -> str:
        """The id of an accepted task."""
        answer = self.create(prompt, **told)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["data"]["taskId"])

    def ask(self, task_id: str, key: str = "demo") -> HttpResponse:
        return self.http.get(
            f"{JOBS}/recordInfo", {"taskId": task_id}, headers={"authorization": f"Bearer {key}"}
        )

    def record(self, task_id: str) -> dict[str, Any]:
        answer = self.ask(task_id)
        assert answer.status_code == 200, answer.content
        return dict(answer.json()["data"])

    def url(self, task_id: str) -> str:
        (url,) = json.loads(self.record(task_id)["resultJson"])["resultUrls"]
        return str(url)


@pytest.fixture
def room() -> AIGPTImage:
    return AIGPTImage()


def said(answer: HttpResponse) -> tuple[int, dict[str, Any]]:
    return answer.status_code, answer.json()


def refusal(status: int) -> dict[str, Any]:
    return {"code": status, "msg": REFUSALS[status], "data": None}


def test_an_order_is_answered_as_documented(room: AIGPTImage) -> None:
    answer = room.create(aspect_ratio="1:1", resolution="1K")

    task_id = answer.json()["data"]["taskId"]
    assert said(answer) == (200, {"code": 200, "msg": "success", "data": {"taskId": task_id}})
    assert task_id.startswith("task_")
    assert len(task_id) < 300


def test_a_waiting_task_is_told_as_documented(room: AIGPTImage, clock: Clock) -> None:
    task_id = room.order()

    clock.shift(3.9)

    assert said(room.ask(task_id)) == (
        200,
        {
            "code": 200,
            "msg": "success",
            "data": {
                "taskId": task_id,
                "model": MODEL,
                "state": "waiting",
                "param": '{"model":"gpt-image-2-text-to-image","input":{}}',
                "resultJson": None,
                "failCode": None,
                "failMsg": None,
                "costTime": None,
                "completeTime": None,
                "createTime": CREATED,
            },
        },
    )


def test_a_finished_task_tells_its_picture_in_a_string_and_its_times(
    room: AIGPTImage, clock: Clock
) -> None:
    task_id = room.order()

    clock.shift(60)
    record = room.record(task_id)

    url = f"http://testserver/sandbox/aigptimage/generation/image/{task_id}/1.png"
    assert record["state"] == "success"
    assert json.loads(record["resultJson"]) == {"resultUrls": [url]}
    assert [record[name] for name in ("costTime", "completeTime", "createTime")] == [
        4000,
        CREATED + 4000,
        CREATED,
    ]


@pytest.mark.parametrize(("resolution", "seconds"), [("1K", 4), ("2K", 6), ("4K", 8)])
def test_larger_pictures_take_longer(
    room: AIGPTImage, clock: Clock, resolution: str, seconds: int
) -> None:
    task_id = room.order(resolution=resolution)

    clock.shift(seconds - 0.1)
    before = room.record(task_id)["state"]
    clock.shift(0.1)

    assert [before, room.record(task_id)["state"]] == ["waiting", "success"]


@pytest.mark.parametrize(
    ("told", "size"),
    [
        ({}, (1024, 1024)),
        ({"aspect_ratio": "auto"}, (1024, 1024)),
        ({"aspect_ratio": "1:1", "resolution": "1K"}, (1024, 1024)),
        ({"aspect_ratio": "4:5"}, (912, 1152)),
        ({"aspect_ratio": "3:4"}, (880, 1184)),
        ({"aspect_ratio": "2:3"}, (832, 1248)),
        ({"aspect_ratio": "9:16"}, (768, 1360)),
        ({"aspect_ratio": "16:9", "resolution": "2K"}, (2736, 1536)),
        ({"aspect_ratio": "16:9", "resolution": "4K"}, (3840, 2160)),
        ({"aspect_ratio": "21:9", "resolution": "4K"}, (4400, 1888)),
    ],
)
def test_ratio_and_resolution_make_the_size(
    room: AIGPTImage, told: dict[str, str], size: tuple[int, int]
) -> None:
    task = tasks.read(room.order(**told), "aigptimage.png")

    assert (task.width, task.height) == size


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_picture_comes_in_the_ordered_format(room: AIGPTImage, clock: Clock, kind: str) -> None:
    task_id = room.order(aspect_ratio="2:3", output_format=kind)
    clock.shift(4)
    url = room.url(task_id)

    answer = room.http.get(url)

    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert url.endswith(f"/1.{kind}")
    assert answer["Content-Type"] == f"image/{kind}"
    assert (image.format, image.size) == (kind.upper(), (832, 1248))


def test_a_picture_is_there_when_it_is_done_and_in_no_other_format(
    room: AIGPTImage, clock: Clock
) -> None:
    task_id = room.order()
    place = f"/sandbox/aigptimage/generation/image/{task_id}/1"

    early = room.http.head(f"{place}.png").status_code
    clock.shift(4)

    statuses = [room.http.head(f"{place}.{kind}").status_code for kind in ("png", "webp")]
    assert [early, *statuses] == [404, 200, 404]


@pytest.mark.parametrize(
    "told",
    [
        *({"aspect_ratio": ratio} for ratio in ("auto", "4:5", "21:9")),
        *({"quality": quality} for quality in ("low", "medium", "high", "auto")),
        {"prompt": "山" * 20_000},
        {"prompt": "\U0001f5fb" * 20_000},
        {"unheard_of": [1]},
    ],
)
def test_what_the_document_allows_is_accepted(room: AIGPTImage, told: dict[str, Any]) -> None:
    assert room.create(**told).status_code == 200


@pytest.mark.parametrize(
    "told",
    [
        *({"prompt": prompt} for prompt in ("", "  ", None, ["x"], "x" * 20_001)),
        *({"aspect_ratio": ratio} for ratio in ("3:2", "1:1 ", "", None, ["1:1"], "1024x1024")),
        *({"resolution": tier} for tier in ("1k", "8K", "", None, 1)),
        *({"quality": quality} for quality in ("ultra", "", None, 1)),
        *({"output_format": kind} for kind in ("gif", "PNG", "", None)),
    ],
)
def test_a_value_that_is_not_listed_is_refused(room: AIGPTImage, told: dict[str, Any]) -> None:
    status, body = said(room.create(**told))

    (field,) = told
    assert (status, body) == (422, {"code": 422, "msg": f"参数校验失败: {field}", "data": None})


@pytest.mark.parametrize("model", ["gpt-image-2", "GPT-image-2-text-to-image", ""])
def test_the_model_must_match_exactly(room: AIGPTImage, model: str) -> None:
    assert room.send({"model": model, "input": {"prompt": "x"}}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000),
        {},
        {"model": MODEL},
        {"input": {"prompt": "x"}},
        {"model": MODEL, "input": "x"},
        {"model": MODEL, "prompt": "x"},
        {"model": MODEL, "input": {"prompt": "x" * 1024 * 1024}},
    ],
)
def test_a_body_that_is_no_order_is_refused(room: AIGPTImage, body: Any) -> None:
    assert said(room.send(body)) == (400, refusal(400))


def test_an_order_is_sent_as_json(room: AIGPTImage) -> None:
    body = {"model": MODEL, "input": {"prompt": "x"}}

    assert said(room.send(body, content_type="text/plain")) == (400, refusal(400))


def test_every_call_needs_a_key(room: AIGPTImage) -> None:
    answers = room.create(key=""), room.ask(room.order(), key="")

    assert [said(answer) for answer in answers] == [(401, refusal(401))] * 2


@pytest.mark.parametrize("task_id", ["task_darkroom_key_test", "task_", "x", "task_a.b", "\0"])
def test_an_unknown_task_is_not_found(room: AIGPTImage, task_id: str) -> None:
    body = {"code": 404, "msg": "任务或资源不存在", "data": None}

    assert said(room.ask(task_id)) == (404, body)


def test_a_record_needs_a_task_id(room: AIGPTImage) -> None:
    assert said(room.ask("")) == (400, refusal(400))


@pytest.mark.parametrize(("call", "method"), [("createTask", "get"), ("recordInfo", "post")])
def test_other_methods_are_not_allowed(room: AIGPTImage, call: str, method: str) -> None:
    assert getattr(room.http, method)(f"{JOBS}/{call}").status_code == 405


@pytest.mark.parametrize("status", REFUSALS)
def test_a_status_mark_gives_the_documented_refusal(room: AIGPTImage, status: int) -> None:
    answer = room.create(f"a lighthouse [{status}]")

    assert said(answer) == (status, refusal(status))
    assert "Retry-After" not in answer


@pytest.mark.parametrize("status", REFUSALS)
def test_inside_tells_it_by_the_code_alone(room: AIGPTImage, status: int) -> None:
    assert said(room.create(f"a lighthouse [{status}] [inside]")) == (200, refusal(status))


@pytest.mark.parametrize("status", [409, 429])
def test_a_limit_may_tell_how_long_to_wait(room: AIGPTImage, status: int) -> None:
    answer = room.create(f"a lighthouse [{status}:7]")

    assert (answer.status_code, answer["Retry-After"]) == (status, "7")


def test_a_broken_order_is_refused_before_its_marks_count(room: AIGPTImage) -> None:
    assert room.create("a lighthouse [500]", resolution="8K").status_code == 422


def test_refuse_speaks_of_the_policy(room: AIGPTImage) -> None:
    status, body = said(room.create("a lighthouse [refuse]"))

    assert (status, body["code"]) == (400, 400)
    assert "policy" in body["msg"]


def test_html_is_a_page_with_status_200(room: AIGPTImage) -> None:
    answer = room.create("a lighthouse [html]")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("mark", "status"), [("[401]", 401), ("[409]", 409), ("[html]", 200)])
def test_a_mark_in_a_key_works_for_every_call(room: AIGPTImage, mark: str, status: int) -> None:
    task_id, key = room.order(), f"demo{mark}"

    answers = room.create(key=key), room.ask(task_id, key=key)

    assert [answer.status_code for answer in answers] == [status, status]
    assert not any(b"task_" in answer.content for answer in answers)


@pytest.mark.parametrize(
    ("mark", "code", "word"),
    [("[fail]", "500", "gave up"), ("[block]", "content_policy_violation", "policy")],
)
def test_fail_and_block_end_in_a_code_and_words(
    room: AIGPTImage, clock: Clock, mark: str, code: str, word: str
) -> None:
    task_id = room.order(f"a lighthouse {mark}")

    clock.shift(3.9)
    before = room.record(task_id)["state"]
    clock.shift(0.1)
    after = room.record(task_id)

    assert [before, after["state"], after["failCode"]] == ["waiting", "fail", code]
    assert word in after["failMsg"]
    assert after["resultJson"] is None


def test_lost_is_forgotten_half_way(room: AIGPTImage, clock: Clock) -> None:
    task_id = room.order("a lighthouse [lost]")

    clock.shift(1.9)
    before = room.ask(task_id).status_code
    clock.shift(0.1)

    assert [before, room.ask(task_id).status_code] == [200, 404]


def test_gone_succeeds_without_a_picture(room: AIGPTImage, clock: Clock) -> None:
    task_id = room.order("a lighthouse [gone]")

    clock.shift(4)

    assert room.http.get(room.url(task_id)).status_code == 404


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {
        "model": st.just(MODEL),
        "input": st.fixed_dictionaries(
            {"prompt": st.text(max_size=30) | st.sampled_from(["[409]", "[fast]", "[inside]"])},
            optional={
                "aspect_ratio": st.sampled_from(["auto", "1:1", "3:2"]) | ANYTHING,
                "resolution": st.sampled_from(["1K", "4K"]) | ANYTHING,
                "quality": ANYTHING,
                "output_format": ANYTHING,
            },
        ),
    }
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=ANYTHING | NEARLY)
def test_any_json_is_answered_in_the_envelope(room: AIGPTImage, body: Any) -> None:
    status, told = said(room.send(json.dumps(body).encode()))

    assert set(told) == {"code", "msg", "data"}
    assert told["code"] == status
    assert status in {200, *REFUSALS}
