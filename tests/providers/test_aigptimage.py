"""AIGPTImage against its document."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.providers import errors
from studio.providers.aigptimage import AIGPTImage
from studio.providers.calls import Response
from studio.providers.contract import Done, Pending, Picture, Working
from studio.providers.orders import Order, Reference, Size
from tests.providers.driving import SUBMISSION, answer, run

aigptimage = AIGPTImage()
MODEL = aigptimage.models[0]
TASK = "3ebe82c2-3abc-4015-9608-901baca54948"
SPEAKER = "A cinematic product photo of a transparent speaker on a reflective black table"
PULLDOWN = (
    "Generate an analysis and usage instruction diagram for the equipment name narrow-grip "
    "pulldown machine. Requirements: 3:4 aspect ratio, 4k resolution."
)
PICTURE = f"https://cdn.aigptimage.com/generation/image/{TASK}/1.png"
ACCEPTED = {"code": 200, "msg": "success", "data": {"taskId": TASK}}
WAITING = {
    "taskId": "task_xxxxxxxxxxxxx",
    "model": "gpt-image-2-text-to-image",
    "state": "waiting",
    "param": json.dumps({"model": "gpt-image-2-text-to-image", "input": {"prompt": SPEAKER}}),
    "resultJson": None,
    "failCode": None,
    "failMsg": None,
    "costTime": None,
    "completeTime": None,
    "createTime": 1757584164490,
}
SUCCESS = {
    **WAITING,
    "taskId": TASK,
    "state": "success",
    "resultJson": json.dumps({"resultUrls": [PICTURE]}),
    "costTime": 59699,
    "completeTime": 1777467267840,
    "createTime": 1777467208141,
}


def submit(order: Order, *answers: Response):
    return run(aigptimage.submit(order, submission_id=SUBMISSION), *answers)


def polled(response: Response):
    return run(aigptimage.poll({"task_id": TASK}), response)[1]


def poll(data, **changes):
    told = {**data, **changes} if isinstance(data, dict) else data
    return polled(answer(200, {"code": 200, "msg": "success", "data": told}))


def an_order(prompt: str = SPEAKER, **fields) -> Order:
    return Order(prompt=prompt, model="gpt-image-2-text-to-image", **fields)


def complaints(**fields) -> list[str]:
    return [problem.field for problem in MODEL.problems(an_order(**fields))]


@pytest.mark.parametrize(
    ("order", "asked"),
    [
        (
            an_order(ratio="1:1", resolution="1K"),
            {"prompt": SPEAKER, "aspect_ratio": "1:1", "resolution": "1K"},
        ),
        (an_order(PULLDOWN), {"prompt": PULLDOWN}),
        (an_order(ratio="auto"), {"prompt": SPEAKER, "aspect_ratio": "auto"}),
        (
            an_order(ratio="21:9", resolution="4K", quality="high", output_format="webp"),
            {
                "prompt": SPEAKER,
                "aspect_ratio": "21:9",
                "resolution": "4K",
                "quality": "high",
                "output_format": "webp",
            },
        ),
    ],
)
def test_an_order_becomes_the_documented_body(order, asked):
    calls, outcome = submit(order, answer(200, ACCEPTED))

    assert [(call.method, call.url, call.is_billable, call.is_keyless) for call in calls] == [
        ("POST", "/api/v1/jobs/createTask", True, False)
    ]
    assert calls[0].json == {"model": "gpt-image-2-text-to-image", "input": asked}
    assert outcome == Pending(ticket={"task_id": TASK})


def test_the_submission_s_id_travels_along_for_tracing_and_promises_nothing():
    calls, _outcome = submit(an_order(), answer(200, ACCEPTED))

    assert calls[0].headers == {"X-Request-ID": str(SUBMISSION)}
    assert not MODEL.is_idempotent


def test_a_poll_asks_for_the_record_of_the_task():
    calls, _outcome = run(
        aigptimage.poll({"task_id": TASK}), answer(200, {"code": 200, "data": WAITING})
    )

    assert [(call.method, call.url, call.params, call.is_billable) for call in calls] == [
        ("GET", "/api/v1/jobs/recordInfo", {"taskId": TASK}, False)
    ]


@pytest.mark.parametrize("code", [200, "200", 0, None])
def test_an_order_is_accepted_however_the_code_of_success_is_written(code):
    body = {"code": code, "msg": "success", "data": {"taskId": "task_xxxxxxxxxxxxx"}}

    assert submit(an_order(), answer(200, body))[1] == Pending(
        ticket={"task_id": "task_xxxxxxxxxxxxx"}
    )


def test_a_successful_task_tells_its_picture_and_times():
    assert poll(SUCCESS) == Done(
        pictures=(Picture(url=PICTURE),),
        raw={"costTime": 59699, "completeTime": 1777467267840, "createTime": 1777467208141},
    )


@pytest.mark.parametrize(
    "result",
    [
        '{"resultUrls": ["https://a/1.png", "https://a/2.png"]}',
        {"resultUrls": ["https://a/1.png", "https://a/2.png"]},
        {"resultUrls": ["https://a/1.png", None, 7, "", "ftp://a", "https://a/2.png"]},
    ],
)
def test_pictures_are_read_from_a_string_or_an_object(result):
    urls = [picture.url for picture in poll(SUCCESS, resultJson=result).pictures]

    assert urls == ["https://a/1.png", "https://a/2.png"]


def test_one_address_may_stand_alone():
    assert poll(SUCCESS, resultJson='{"resultUrls": "https://a/1.png"}').pictures == (
        Picture(url="https://a/1.png"),
    )


@pytest.mark.parametrize("param", [None, "{", "[]", {"model": "x"}, 7])
def test_what_was_ordered_may_come_back_broken(param):
    assert poll(SUCCESS, param=param).pictures == (Picture(url=PICTURE),)


@pytest.mark.parametrize(
    "result",
    [None, "", "{", "null", "[]", "{}", '{"resultUrls": []}', '{"resultUrls": null}', 7, ["x"]],
)
def test_a_success_without_pictures_is_asked_after_again(result):
    with pytest.raises(errors.BrokenAnswer):
        poll(SUCCESS, resultJson=result)


def test_a_waiting_task_waits_whatever_else_is_told():
    assert poll(WAITING) == Pending(ticket={"task_id": TASK})
    assert poll(SUCCESS, state="waiting") == Pending(ticket={"task_id": TASK})


@pytest.mark.parametrize("state", ["queuing", "generating", "SUCCESS"])
def test_a_state_beyond_the_document_waits_until_it_brings_pictures(state):
    assert poll(WAITING, state=state) == Pending(ticket={"task_id": TASK})
    assert poll(SUCCESS, state=state).pictures == (Picture(url=PICTURE),)


@pytest.mark.parametrize("state", [None, 7, True, ["success"], {}])
def test_a_state_that_is_no_word_is_broken(state):
    with pytest.raises(errors.BrokenAnswer):
        poll(SUCCESS, state=state)


@pytest.mark.parametrize(
    ("code", "message", "kind", "words"),
    [
        ("500", "upstream gave up", errors.Failed, "500: upstream gave up"),
        (501, "upstream gave up", errors.Failed, "501: upstream gave up"),
        (None, "upstream gave up", errors.Failed, "upstream gave up"),
        (None, None, errors.Failed, ""),
        ({}, ["x"], errors.Failed, ""),
        ("content_policy_violation", None, errors.Blocked, "content_policy_violation"),
        (
            "400",
            "rejected by the safety system",
            errors.Blocked,
            "400: rejected by the safety system",
        ),
        (None, "提示词命中敏感词", errors.Blocked, "提示词命中敏感词"),
    ],
)
def test_a_failed_task_has_failed_or_is_blocked_as_its_words_say(code, message, kind, words):
    with pytest.raises(errors.ProviderError) as caught:
        poll(WAITING, state="fail", failCode=code, failMsg=message)

    assert (type(caught.value), caught.value.detail) == (kind, words)


# status, words of the document, what it means for an order, what for a poll
DOCUMENTED = [
    (400, "请求参数无效", errors.BadOrder, errors.BadOrder),
    (401, "鉴权失败或 API key 无效", errors.BadKey, errors.BadKey),
    (402, "积分不足", errors.NoMoney, errors.NoMoney),
    (404, "任务或资源不存在", errors.BadOrder, errors.UnknownTask),
    (409, "活跃任务数超限或请求冲突", errors.Crowded, errors.Crowded),
    (422, "参数校验失败", errors.BadOrder, errors.BadOrder),
    (429, "请求超过限流", errors.Limited, errors.Limited),
    (500, "服务内部错误", errors.Busy, errors.Busy),
]


@pytest.mark.parametrize(("status", "words", "of_order", "of_poll"), DOCUMENTED)
@pytest.mark.parametrize("shape", ["status", "code", "text"])
def test_each_documented_error_has_its_class(status, words, of_order, of_poll, shape):
    code = str(status) if shape == "text" else status
    response = answer(
        status if shape == "status" else 200, {"code": code, "msg": words, "data": None}
    )

    with pytest.raises(errors.ProviderError) as to_order:
        submit(an_order(), response)
    with pytest.raises(errors.ProviderError) as to_poll:
        polled(response)

    assert (type(to_order.value), type(to_poll.value)) == (of_order, of_poll)
    assert to_order.value.detail == to_poll.value.detail == words
    assert to_order.value.charged == errors.Charged.NO


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadOrder),
        (401, errors.BadKey),
        (402, errors.NoMoney),
        (403, errors.NoPermission),
        (409, errors.Crowded),
        (413, errors.BadOrder),
        (422, errors.BadOrder),
    ],
)
@pytest.mark.parametrize("body", ["", "<html>no</html>", {"error": {"message": "no"}}, [1]])
def test_a_status_of_4xx_is_a_refusal_whatever_its_body(status, kind, body):
    with pytest.raises(errors.Refused) as caught:
        submit(an_order(), answer(status, body))

    assert type(caught.value) is kind


def test_the_code_says_more_than_the_status():
    with pytest.raises(errors.NoMoney):
        submit(an_order(), answer(400, {"code": 402, "msg": "积分不足"}))
    with pytest.raises(errors.BadKey):
        submit(an_order(), answer(500, {"code": 401, "msg": "鉴权失败"}))


@pytest.mark.parametrize("status", [400, 422])
def test_an_order_that_is_refused_for_its_content_is_blocked(status):
    body = {"code": status, "msg": "prompt rejected by content policy", "data": None}

    with pytest.raises(errors.Blocked):
        submit(an_order(), answer(status, body))
    with pytest.raises(errors.BadOrder):
        polled(answer(status, body))  # says nothing about the picture that is being made


@pytest.mark.parametrize("status", [409, 429])
def test_a_limit_waits_as_long_as_it_is_told_to(status):
    for headers, seconds in (({}, None), ({"retry-after": "7"}, 7)):
        with pytest.raises(errors.Limited) as caught:
            submit(an_order(), answer(status, {"code": status, "msg": "slow down"}, **headers))

        assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "response",
    [
        answer(200, ""),
        answer(200, "<html>gateway</html>"),
        answer(200, [1]),
        answer(200, {"code": 200, "data": None}),
        answer(200, {"code": 200, "data": [{"taskId": TASK}]}),
        answer(200, {"code": 200, "data": {}}),
        answer(200, {"code": 200, "data": {"taskId": 7}}),
        answer(200, {"code": 200, "data": {"taskId": ""}}),
        answer(200, {"code": 1001, "msg": "?"}),
        answer(200, {"code": 502, "msg": "bad gateway", "data": None}),
        answer(200, {"code": 500, "msg": "?", "data": {"taskId": TASK}}),
        answer(302, ""),
        answer(500, ""),
        answer(500, "<html>no envelope</html>"),
        answer(500, {"error": "Internal Server Error"}),
        answer(500, {"code": 200, "msg": "success", "data": {"taskId": TASK}}),
        answer(502, {"code": 502, "msg": "bad gateway", "data": None}),
        answer(504, {"code": 500, "msg": "timeout", "data": None}),
    ],
)
def test_an_answer_in_doubt_leaves_the_outcome_of_an_order_open(response):
    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(), response)

    assert caught.value.charged == errors.Charged.MAYBE


@pytest.mark.parametrize("data", [None, [], "text", [WAITING]])
def test_a_poll_without_a_record_is_broken(data):
    with pytest.raises(errors.BrokenAnswer):
        poll(data)


@pytest.mark.parametrize(
    "response",
    [
        answer(404, {"code": 404, "msg": "任务或资源不存在", "data": None}),
        answer(200, {"code": 404, "msg": "任务或资源不存在", "data": None}),
        answer(404, ""),
        answer(422, {"code": 422, "msg": "参数校验失败", "data": None}),
        answer(200, {"code": 200, "msg": "success", "data": None}),
    ],
)
def test_a_key_works_when_only_the_task_is_unknown(response):
    calls, outcome = run(aigptimage.probe(), response)

    assert outcome == Working()
    assert [(call.method, call.is_billable) for call in calls] == [("GET", False)]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, errors.BadKey), (402, errors.NoMoney), (429, errors.Limited), (500, errors.Busy)],
)
@pytest.mark.parametrize("is_in_200", [False, True])
def test_a_key_that_does_not_work_is_found_out_by_the_probe(status, kind, is_in_200):
    body = {"code": status, "msg": "no", "data": None}

    with pytest.raises(kind):
        run(aigptimage.probe(), answer(200 if is_in_200 else status, body))


@pytest.mark.parametrize("status", [200, 404])
def test_a_web_page_is_no_sign_of_a_key_that_works(status):
    with pytest.raises(errors.BrokenAnswer):
        run(aigptimage.probe(), answer(status, "<html>welcome</html>"))


def test_the_record_offers_what_the_document_lists():
    assert MODEL.ratios == ("auto", "1:1", "4:5", "3:4", "2:3", "16:9", "9:16", "21:9")
    assert MODEL.resolutions == ("1K", "2K", "4K")


def test_no_pixels_and_no_prices_are_promised():
    assert MODEL.expected_sizes(an_order(ratio="1:1", resolution="4K")) == ()
    assert (dict(MODEL.sizes), dict(MODEL.prices)) == ({}, {})


def test_a_prompt_has_20000_characters_and_no_more():
    assert complaints(prompt="山" * 20_000) == []
    assert complaints(prompt="山" * 20_001) == ["prompt"]


def test_several_pictures_are_several_submissions():
    assert MODEL.shares(an_order(count=3)) == [1, 1, 1]


def test_what_the_document_does_not_know_is_refused():
    reference = Reference(media_type="image/png", size=9, data=b"x")

    assert complaints(references=(reference,)) == ["references"]
    assert complaints(mask=reference) == ["mask"]
    assert complaints(size=Size(1024, 1024)) == ["size"]
    assert complaints(background="transparent") == ["background"]
    assert complaints(ratio="3:2") == ["ratio"]
    assert complaints(resolution="1k") == ["resolution"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["code", "msg", "data", "taskId", "state", "resultJson", "failMsg"]),
            children,
            max_size=6,
        )
    ),
    max_leaves=20,
)
RECORDS = st.fixed_dictionaries(
    {"state": st.sampled_from(["waiting", "success", "fail", "queuing"]) | ANYTHING},
    optional={
        "resultJson": ANYTHING
        | st.text(max_size=20)
        | st.builds(json.dumps, st.fixed_dictionaries({"resultUrls": ANYTHING})),
        "failCode": ANYTHING,
        "failMsg": ANYTHING,
        "costTime": ANYTHING,
        "taskId": ANYTHING,
    },
)
BODIES = ANYTHING | st.fixed_dictionaries(
    {"code": st.sampled_from([200, "200", 404, 500]) | ANYTHING, "data": RECORDS}
)


def drive(response: Response):
    """Each flow on the same answer. Any other error than a provider's fails the test."""
    for flow in (
        aigptimage.submit(an_order(), submission_id=SUBMISSION),
        aigptimage.poll({"task_id": TASK}),
        aigptimage.probe(),
    ):
        with suppress(errors.ProviderError):
            _calls, outcome = run(flow, response)
            assert isinstance(outcome, Pending | Done | Working)
            assert not isinstance(outcome, Done) or outcome.pictures


@given(status=st.sampled_from([200, 201, 302, 400, 401, 404, 409, 500, 502]), body=BODIES)
def test_any_answer_is_understood_or_a_provider_error(status, body):
    drive(answer(status, body if isinstance(body, dict) else [body]))


@given(status=st.sampled_from([200, 400, 500]), body=st.binary(max_size=200))
def test_any_bytes_are_understood_or_a_provider_error(status, body):
    drive(Response(status=status, body=body))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"code": ' + b"9" * 5000 + b"}",
        b'{"code": 200, "data": {"state": "success", "costTime": NaN, "failCode": Infinity}}',
        b'{"code": 200, "data": {"state": "fail", "failCode": ' + b"9" * 4000 + b"}}",
        b'{"code": 200, "data": {"taskId": "\\ud800", "state": "fail", "failMsg": "\\ud800"}}',
        b'{"code": 200, "data": {"state": "success", "resultJson": "\\ud800"}}',
        json.dumps(
            {"code": 200, "data": {"state": "success", "resultJson": "[" * 100_000}}
        ).encode(),
        json.dumps({"code": 200, "msg": "success", "data": SUCCESS}).encode()[:-9],
    ],
    ids=["deep", "huge", "nan", "long", "surrogates", "surrogate inside", "deep inside", "cut"],
)
def test_hostile_answers_are_provider_errors(body):
    for flow in (
        aigptimage.submit(an_order(), submission_id=SUBMISSION),
        aigptimage.poll({"task_id": TASK}),
    ):
        with pytest.raises(errors.ProviderError) as caught:
            run(flow, Response(status=200, body=body))

        assert len(caught.value.detail) <= errors.DETAIL_LIMIT
