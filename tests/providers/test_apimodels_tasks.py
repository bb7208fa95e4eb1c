"""APIModels: polls, probes and callbacks – whose answers its document does not show."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.providers import errors
from studio.providers.apimodels import APIModels
from studio.providers.calls import Call, Response
from studio.providers.contract import Done, Pending, Picture, Working
from tests.providers.driving import SUBMISSION, answer, run
from tests.providers.test_apimodels import INLINE, OTHER, PNG, SQUARE, TASK, URL, an_order

apimodels = APIModels()


def poll(body, status: int = 200):
    return run(apimodels.poll({"task_id": TASK}), answer(status, body))[1]


SHAPES = [
    {"result": {"images": [{"url": URL}, {"url": OTHER}]}},
    {"result": {"images": [{"url": [URL, OTHER]}]}},
    {"result": {"images": [URL, OTHER]}},
    {"result": {"urls": [URL, OTHER]}},
    {"resultUrls": [URL, OTHER]},
    {"result": {"resultUrls": [URL, OTHER]}},
    {"output": [URL, OTHER]},
    {"outputs": [{"url": URL}, {"url": OTHER}]},
    {"data": [{"url": URL}, {"url": OTHER}]},
    {"images": [{"url": URL}, {"url": OTHER}]},
    {"result": [{"url": URL}, {"url": OTHER}], "images": ["https://example.com/given.png"]},
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("state", [{"status": "completed"}, {"state": "success"}, {}])
@pytest.mark.parametrize("is_inside", [True, False])
def test_finished_pictures_are_read_in_every_shape(shape, state, is_inside):
    told = {**state, **shape}

    outcome = poll({"code": 200, "data": told} if is_inside else told)

    assert outcome == Done(pictures=(Picture(url=URL), Picture(url=OTHER)))


@pytest.mark.parametrize(
    "body",
    [
        {"status": "completed", "data": [{"b64_json": INLINE, "url": URL}]},
        {"data": [{"b64_json": f"data:image/png;base64,{INLINE}", "url": URL}]},
        {"data": {"status": "completed", "output": {"b64_json": INLINE, "url": URL}}},
    ],
)
def test_bytes_and_address_of_a_picture_stay_together(body):
    assert poll(body) == Done(pictures=(Picture(url=URL, data=PNG),))


def test_bytes_without_an_address_are_a_picture():
    assert poll({"data": [{"b64_json": INLINE}]}) == Done(pictures=(Picture(data=PNG),))


def test_one_address_needs_no_list():
    assert poll({"data": {"status": "completed", "output": URL}}).pictures == (Picture(url=URL),)


@pytest.mark.parametrize("name", ["status", "state"])
@pytest.mark.parametrize("state", ["pending", "waiting", "QUEUED", "processing", "rendering"])
@pytest.mark.parametrize("is_inside", [True, False])
def test_what_is_neither_done_nor_over_is_waited_for(name, state, is_inside):
    told = {name: state, "progress": 40}

    outcome = poll({"code": 200, "msg": "success", "data": told} if is_inside else told)

    assert outcome == Pending(ticket={"task_id": TASK}, progress=40)


def test_the_state_of_the_task_counts_not_that_of_the_envelope():
    body = {"status": "success", "data": {"state": "generating", "images": [URL]}}

    assert poll(body) == Pending(ticket={"task_id": TASK})


def test_a_task_in_a_list_is_a_task():
    assert poll({"data": [{"status": "processing"}]}) == Pending(ticket={"task_id": TASK})


@pytest.mark.parametrize("state", ["failed", "FAILED", "fail", "error", "cancelled"])
@pytest.mark.parametrize(
    "words",
    [
        {"error": "upstream gave up"},
        {"error": {"message": "upstream gave up"}},
        {"failMsg": "upstream gave up"},
        {"message": "upstream gave up"},
        {"msg": "upstream gave up"},
    ],
)
@pytest.mark.parametrize("is_inside", [True, False])
def test_a_failed_task_has_failed_in_its_own_words(state, words, is_inside):
    told = {"status": state, **words}

    with pytest.raises(errors.Failed) as caught:
        poll({"code": 200, "msg": "success", "data": told} if is_inside else told)

    assert caught.value.detail == "upstream gave up"


@pytest.mark.parametrize(
    "told",
    [
        {"status": "failed", "error": "content policy violation"},
        {"status": "failed", "error": {"message": "no", "code": "moderation_blocked"}},
        {"state": "fail", "failMsg": "内容未通过安全审核"},
        {"status": "blocked"},
        {"status": "rejected", "error": "no"},
    ],
)
def test_a_task_that_the_policy_stopped_is_blocked(told):
    with pytest.raises(errors.Blocked):
        poll({"code": 200, "data": told})


@pytest.mark.parametrize(
    "body",
    [
        "<html>gateway</html>",
        "",
        "[1]",
        {},
        {"code": 200},
        {"code": 200, "data": None},
        {"code": 200, "data": {"status": "completed"}},
        {"code": 200, "data": {"status": "completed", "result": {"images": []}}},
        {"code": 200, "data": {"status": "completed", "output": "no address"}},
        {"code": 200, "data": {"status": "completed", "output": "ftp://example.com/a.png"}},
        {"code": 200, "data": [{"b64_json": "not base64!"}]},
        {"code": 200, "url": "https://apimodels.app/docs"},
    ],
)
def test_an_answer_to_a_poll_that_fits_nothing_is_broken(body):
    with pytest.raises(errors.BrokenAnswer):
        poll(body)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": 404, "msg": "task not found"}, 404),
        ({"code": 404, "msg": "task not found"}, 200),
        ({"error": {"code": 404, "message": "task not found"}}, 200),
        ("nothing here", 404),
    ],
)
def test_a_task_that_is_not_known_says_so(body, status):
    with pytest.raises(errors.UnknownTask):
        poll(body, status)


def test_a_bad_key_is_told_from_a_failed_task():
    with pytest.raises(errors.BadKey):
        poll({"code": 401, "status": "error", "msg": "invalid api key"})


def test_a_poll_asks_for_its_task():
    calls, _outcome = run(
        apimodels.poll({"task_id": "a&b=c"}), answer(200, {"data": {"status": "processing"}})
    )

    assert calls == [
        Call(method="GET", url="/api/v1/images/generations", params={"task_id": "a&b=c"})
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"code": 404, "msg": "task not found"}),
        (400, {"error": {"message": "bad task_id"}}),
        (200, {"code": 404, "msg": "task not found"}),
        (200, {"code": 200, "data": None}),
    ],
)
def test_a_key_works_when_only_the_task_is_unknown(status, body):
    calls, outcome = run(apimodels.probe(), answer(status, body))

    assert outcome == Working()
    assert [(call.method, call.url, call.is_billable) for call in calls] == [
        ("GET", "/api/v1/images/generations", False)
    ]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": {"message": "no"}}, errors.BadKey),
        (200, {"code": 401, "msg": "no"}, errors.BadKey),
        (402, "", errors.NoMoney),
        (403, {"message": "no"}, errors.NoPermission),
        (429, {"message": "no"}, errors.Limited),
        (503, {"message": "no"}, errors.Busy),
        (404, "<html>wrong house</html>", errors.BrokenAnswer),
        (200, "<html>wrong house</html>", errors.BrokenAnswer),
    ],
)
def test_a_key_that_does_not_work_is_found_out_by_the_probe(status, body, error):
    with pytest.raises(errors.ProviderError) as caught:
        run(apimodels.probe(), answer(status, body))

    assert type(caught.value) is error


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "data": {"taskId": TASK, "status": "completed"}},
        {"taskId": TASK, "state": "success"},
        {"task_id": TASK},
        {"data": [{"task_id": TASK}]},
    ],
)
def test_a_callback_says_which_task_to_ask_after(body):
    assert apimodels.receive({}, json.dumps(body).encode(), "") == {"task_id": TASK}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b"\xff", b'{"taskId": 7}', b'{"taskId": "a\\u0000b"}', b"[" * 99_999],
)
def test_a_callback_without_a_task_says_nothing(body):
    assert apimodels.receive({}, body, "") is None


NAMES = (
    "code msg message error data status state taskId task_id result images resultUrls urls url "
    "output outputs b64_json progress detail failMsg"
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([URL, INLINE, "completed", "failed", "processing", 10**4000]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES.split()), children, max_size=6)
    ),
    max_leaves=20,
)
FLOWS = (
    lambda: apimodels.submit(an_order(), submission_id=SUBMISSION),
    lambda: apimodels.submit(an_order(size=SQUARE), submission_id=SUBMISSION),
    lambda: apimodels.poll({"task_id": TASK}),
    lambda: apimodels.probe(),
)


def outcomes(response: Response):
    for flow in FLOWS:
        try:
            _calls, outcome = run(flow(), response)
        except errors.ProviderError as error:
            yield error
        else:
            yield outcome


@given(
    status=st.sampled_from([200, 201, 302, 400, 401, 404, 429, 500, 502]),
    body=ANYTHING.filter(lambda body: not isinstance(body, bool)),
    cut=st.integers(0, 60),
)
def test_any_answer_is_pending_done_or_a_provider_error(status, body, cut):
    raw = json.dumps(body).encode()

    for response in (Response(status=status, body=raw), Response(status=status, body=raw[:-cut])):
        for outcome in outcomes(response):
            assert isinstance(outcome, Pending | Done | Working | errors.ProviderError)
            if isinstance(outcome, Done):
                assert all(picture.url or picture.data for picture in outcome.pictures)


@given(status=st.sampled_from([200, 400, 500]), body=st.binary(max_size=200))
def test_any_bytes_are_pending_done_or_a_provider_error(status, body):
    for outcome in outcomes(Response(status=status, body=body)):
        assert isinstance(outcome, Pending | Done | Working | errors.ProviderError)


@pytest.mark.parametrize("opening", [b'{"data":', b'{"result":', b"[", b'{"error":'])
def test_deep_answers_overflow_nothing(opening):
    for depth in (900, 100_000):
        for outcome in outcomes(Response(status=200, body=opening * depth)):
            assert isinstance(outcome, errors.ProviderError)
    closing = b"]" if opening == b"[" else b"}"
    nested = opening * 900 + b"1" + closing * 900
    for outcome in outcomes(Response(status=200, body=nested)):
        assert isinstance(outcome, errors.ProviderError | Working)
