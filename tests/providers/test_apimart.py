"""APIMart against its document."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.providers import errors
from studio.providers.apimart import APIMart
from studio.providers.calls import Response
from studio.providers.contract import Cost, Done, Pending, Picture, Working
from studio.providers.orders import Order, Reference, Size
from tests.providers.driving import SUBMISSION, answer, run

apimart = APIMart()
MODEL = apimart.models[0]
TASK = "task_01KPQ7J7DWB7QZ3WCEK3YVPBRA"
ACCEPTED = {"code": 200, "data": [{"status": "submitted", "task_id": TASK}]}
COMPLETED = {
    "code": 200,
    "data": {
        "id": TASK,
        "status": "completed",
        "progress": 100,
        "created": 1776748674,
        "completed": 1776748726,
        "actual_time": 52,
        "cost": 0.05279,
        "credits_cost": 0.5279,
        "estimated_time": 100,
        "result": {
            "images": [{"url": ["https://upload.example/a_0.png"], "expires_at": 1776835126}]
        },
    },
}


def submit(order: Order, *answers: Response):
    return run(apimart.submit(order, submission_id=SUBMISSION), *answers)


def poll(*answers: Response):
    return run(apimart.poll({"task_id": TASK}), *answers)[1]


def an_order(**fields) -> Order:
    return Order(prompt="星空下的古老城堡", model="gpt-image-2", **fields)


# The bodies that the document prints, field by field.
@pytest.mark.parametrize(
    ("order", "body"),
    [
        (an_order(), {"n": 1}),
        (an_order(ratio="16:9", resolution="2k"), {"n": 1, "size": "16:9", "resolution": "2k"}),
        (
            an_order(ratio="16:9", resolution="4k", count=2),
            {"n": 2, "size": "16:9", "resolution": "4k"},
        ),
        (an_order(ratio="auto"), {"n": 1, "size": "auto"}),
        (an_order(size=Size(1881, 836)), {"n": 1, "size": "1881x836"}),
        (an_order(is_official_fallback=True), {"n": 1, "official_fallback": True}),
        (
            an_order(
                ratio="4:3",
                resolution="2k",
                references=(
                    Reference(media_type="", size=0, url="https://example.com/photo-a.jpg"),
                    Reference(media_type="image/png", size=3, data=b"png"),
                ),
            ),
            {
                "n": 1,
                "size": "4:3",
                "resolution": "2k",
                "image_urls": [
                    "https://example.com/photo-a.jpg",
                    "data:image/png;base64," + base64.b64encode(b"png").decode(),
                ],
            },
        ),
    ],
)
def test_an_order_becomes_the_documented_body(order, body):
    calls, outcome = submit(order, answer(200, ACCEPTED))

    assert [(call.method, call.url, call.is_billable, call.is_keyless) for call in calls] == [
        ("POST", "/v1/images/generations", True, False)
    ]
    assert calls[0].json == {"model": "gpt-image-2", "prompt": "星空下的古老城堡", **body}
    assert outcome == Pending(ticket={"task_id": TASK})


def test_submits_data_may_be_an_object_like_polls():
    _calls, outcome = submit(an_order(), answer(200, {"code": 200, "data": {"task_id": TASK}}))

    assert outcome == Pending(ticket={"task_id": TASK})


def test_a_completed_task_tells_pictures_cost_and_expiry():
    outcome = poll(answer(200, COMPLETED))

    assert outcome == Done(
        pictures=(
            Picture(
                url="https://upload.example/a_0.png",
                expires_at=datetime(2026, 4, 22, 5, 18, 46, tzinfo=UTC),
            ),
        ),
        cost=Cost(amount=Decimal("0.05279"), credits=Decimal("0.5279")),
        raw={
            "created": 1776748674,
            "completed": 1776748726,
            "actual_time": 52,
            "estimated_time": 100,
        },
    )


@pytest.mark.parametrize(
    "images",
    [
        [{"url": ["https://a/1.png", "https://a/2.png"]}],
        [{"url": ["https://a/1.png"]}, {"url": ["https://a/2.png"]}],
        [{"url": "https://a/1.png"}, {"url": "https://a/2.png"}],
    ],
)
def test_several_pictures_are_read_in_every_shape(images):
    body = {"code": 200, "data": {"status": "completed", "result": {"images": images}}}

    outcome = poll(answer(200, body))

    assert [picture.url for picture in outcome.pictures] == ["https://a/1.png", "https://a/2.png"]
    assert outcome.cost is None


@pytest.mark.parametrize(
    ("told", "progress"),
    [(None, None), (0, 0), (42, 42), (42.7, 42), (1e999, 100), (-5, 0), ("7", None), (True, None)],
)
@pytest.mark.parametrize("status", ["submitted", "processing"])
def test_an_unfinished_task_tells_its_progress(status, told, progress):
    outcome = poll(answer(200, {"code": 200, "data": {"status": status, "progress": told}}))

    assert outcome == Pending(ticket={"task_id": TASK}, progress=progress)


ENVELOPES = [
    (400, "参数错误：size 不合法", "invalid_request_error", errors.BadOrder),
    (400, "内容违反安全审核策略", "invalid_request_error", errors.Blocked),
    (401, "身份验证失败，请检查您的API密钥", "authentication_error", errors.BadKey),
    (402, "账户余额不足，请充值后再试", "payment_required", errors.NoMoney),
    (429, "请求过于频繁，请稍后再试", "rate_limit_error", errors.Limited),
    (500, "服务器错误", "server_error", errors.Busy),
    (503, "上游暂时不可用，请稍后再试", "service_unavailable", errors.Busy),
]


@pytest.mark.parametrize(("status", "words", "kind", "error"), ENVELOPES)
@pytest.mark.parametrize("is_in_200", [False, True])
def test_each_documented_error_has_its_class(status, words, kind, error, is_in_200):
    body = {"error": {"code": status, "message": words, "type": kind}}

    with pytest.raises(errors.ProviderError) as caught:
        submit(an_order(), answer(200 if is_in_200 else status, body))

    assert type(caught.value) is error
    assert caught.value.detail == words


def test_retry_after_is_passed_on():
    body = {"error": {"code": 429, "message": "slow down", "type": "rate_limit_error"}}

    with pytest.raises(errors.Limited) as caught:
        submit(an_order(), answer(429, body, **{"retry-after": "7"}))

    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "response",
    [
        answer(200, "<html>gateway</html>"),
        answer(200, ""),
        answer(200, {"code": 200, "data": []}),
        answer(200, {"code": 200, "data": [{"status": "submitted"}]}),
        answer(200, {"code": 200, "data": [{"task_id": 7}]}),
        answer(200, [1]),
        answer(500, "<html>no envelope</html>"),
        answer(502, {"error": {"code": 502, "message": "bad gateway"}}),
        answer(504, ""),
        answer(302, ""),
    ],
)
def test_an_unreadable_answer_to_an_order_leaves_its_outcome_open(response):
    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(), response)

    assert caught.value.charged == errors.Charged.MAYBE


def test_a_failed_task_has_failed_and_a_blocked_one_is_blocked():
    failed = {"code": 200, "data": {"status": "failed", "error": {"message": "upstream gave up"}}}
    blocked = {"code": 200, "data": {"status": "failed", "error": {"message": "命中敏感词"}}}

    with pytest.raises(errors.Failed) as was_failed:
        poll(answer(200, failed))
    with pytest.raises(errors.Blocked):
        poll(answer(200, blocked))

    assert was_failed.value.detail == "upstream gave up"


def test_a_task_that_is_not_known_says_so():
    with pytest.raises(errors.UnknownTask):
        poll(answer(404, {"error": {"code": 404, "message": "task not found"}}))


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "data": {"status": "completed", "result": {"images": []}}},
        {"code": 200, "data": {"status": "completed"}},
        {"code": 200, "data": {"status": "paused"}},
        {"code": 200, "data": None},
    ],
)
def test_an_answer_to_a_poll_beyond_the_document_is_broken(body):
    with pytest.raises(errors.BrokenAnswer):
        poll(answer(200, body))


def test_a_ticket_cannot_leave_its_path():
    calls, _outcome = run(
        apimart.poll({"task_id": "../../keys?x=1"}),
        answer(200, {"code": 200, "data": {"status": "submitted"}}),
    )

    assert calls[0].url == "/v1/tasks/..%2F..%2Fkeys%3Fx%3D1"


@pytest.mark.parametrize("status", [400, 404])
def test_a_key_works_when_only_the_task_is_unknown(status):
    calls, outcome = run(apimart.probe(), answer(status, {"error": {"code": status}}))

    assert outcome == Working()
    assert not any(call.is_billable for call in calls)


def test_a_bad_key_is_found_out_by_the_probe():
    with pytest.raises(errors.BadKey):
        run(apimart.probe(), answer(401, {"error": {"code": 401, "message": "no"}}))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "data",
                    "error",
                    "status",
                    "task_id",
                    "result",
                    "images",
                    "url",
                    "message",
                    "progress",
                    "expires_at",
                    "cost",
                    "credits_cost",
                ]
            ),
            children,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(status=st.sampled_from([200, 201, 302, 400, 401, 404, 429, 500, 502]), body=ANYTHING)
def test_any_answer_is_pending_done_or_a_provider_error(status, body):
    for flow in (
        apimart.submit(an_order(), submission_id=SUBMISSION),
        apimart.poll({"task_id": TASK}),
    ):
        try:
            _calls, outcome = run(flow, answer(status, body if isinstance(body, dict) else [body]))
        except errors.ProviderError:
            continue
        assert isinstance(outcome, Pending | Done)


@given(status=st.sampled_from([200, 400, 500]), body=st.binary(max_size=200))
def test_any_bytes_are_pending_done_or_a_provider_error(status, body):
    with pytest.raises(errors.ProviderError):
        submit(an_order(), Response(status=status, body=body))


# The document's table: size, 1k (either may come), 2k, 4k.
DOCUMENTED = """
1:1  1024x1024/1254x1254 2048x2048 2880x2880
3:2  1536x1024           2048x1360 3520x2336
2:3  1024x1536           1360x2048 2336x3520
4:3  1024x768            2048x1536 3312x2480
3:4  768x1024            1536x2048 2480x3312
5:4  1280x1024/1448x1086 2560x2048 3216x2576
4:5  1024x1280/1122x1402 2048x2560 2576x3216
16:9 1536x864/1672x941   2048x1152 3840x2160
9:16 864x1536/941x1672   1152x2048 2160x3840
2:1  2048x1024/1774x887  2688x1344 3840x1920
1:2  1024x2048/887x1774  1344x2688 1920x3840
3:1  1881x836/1536x512   3072x1024 3840x1280
1:3  887x1774/512x1536   1024x3072 1280x3840
21:9 2016x864/1915x821   2688x1152 3840x1648
9:21 864x2016/821x1915   1152x2688 1648x3840
"""
CELLS = [
    (ratio, resolution, cell)
    for ratio, *row in (line.split() for line in DOCUMENTED.strip().splitlines())
    for resolution, cell in zip(("1k", "2k", "4k"), row, strict=True)
]


@pytest.mark.parametrize(("ratio", "resolution", "cell"), CELLS)
def test_every_cell_of_the_size_table_is_in_the_record(ratio, resolution, cell):
    sizes = MODEL.expected_sizes(an_order(ratio=ratio, resolution=resolution))

    assert "/".join(str(size) for size in sizes) == cell
    assert all(not list(MODEL.problems(an_order(size=size))) for size in sizes)


def test_auto_and_nothing_are_square_unless_a_reference_sets_the_size():
    reference = Reference(media_type="image/png", size=9, data=b"x")

    assert MODEL.expected_sizes(an_order(ratio="auto"))[0] == Size(1024, 1024)
    assert MODEL.expected_sizes(an_order())[0] == Size(1024, 1024)
    assert MODEL.expected_sizes(an_order(references=(reference,))) == ()
