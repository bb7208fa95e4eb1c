"""chatgpt2api against its document: what it refuses, and whatever else may come."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.providers import errors
from studio.providers.calls import Response
from studio.providers.contract import Done, Pending, Working
from tests.providers.chatgpt2api import (
    ID,
    an_item,
    an_order,
    chatgpt2api,
    submit,
)
from tests.providers.driving import SUBMISSION, answer, run

# Errors: the document's table, in each of the three places where a code may stand.

TABLE = [
    (400, "image_size_invalid", errors.BadOrder),
    (400, "image_resolution_invalid", errors.BadOrder),
    (401, None, errors.BadKey),
    (403, "premium_required", errors.NoPermission),
    (429, "image_task_limited", errors.Limited),
]
PLACES = {
    "top": lambda told: told,
    "error": lambda told: {"error": told},
    "detail": lambda told: {"detail": told},
    "both": lambda told: {"detail": {"error": told}},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("status", "code", "kind"), TABLE)
def test_each_documented_error_has_its_class_wherever_its_code_stands(status, code, kind, place):
    told = {"message": "no"} | ({"error_code": code} if code else {})

    with pytest.raises(errors.Refused) as caught:
        submit(an_order(), answer(status, PLACES[place](told)))

    assert type(caught.value) is kind
    assert caught.value.detail == ", ".join(filter(None, ["no", code]))
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [("premium_required", errors.NoPermission), ("image_task_limited", errors.Limited)],
)
def test_a_known_code_counts_more_than_the_status(code, kind):
    for status in (200, 400):
        with pytest.raises(errors.Refused) as caught:
            submit(an_order(), answer(status, {"error": {"error_code": code}}))

        assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadOrder),
        (402, errors.NoMoney),
        (403, errors.Refused),
        (404, errors.BadOrder),
        (413, errors.BadOrder),
        (422, errors.BadOrder),
        (429, errors.Limited),
    ],
)
@pytest.mark.parametrize(
    "body", ["", "<html>no</html>", {"detail": "no"}, {"detail": [{"msg": "no"}]}]
)
def test_any_4xx_is_a_definite_no_whatever_its_body(status, kind, body):
    with pytest.raises(errors.Refused) as caught:
        submit(an_order(), answer(status, body))

    assert type(caught.value) is kind
    assert caught.value.pauses_key is (status == 402)


def test_a_refusal_that_speaks_of_the_content_is_blocked():
    with pytest.raises(errors.Blocked):
        submit(an_order(), answer(400, {"detail": "violates the content policy"}))


def test_a_wait_is_taken_where_it_is_told_though_the_document_tells_none():
    told = {"error_code": "image_task_limited"}

    with pytest.raises(errors.Limited) as caught:
        submit(an_order(), answer(429, told, **{"retry-after": "7"}))

    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "response",
    [
        answer(200, "<html>gateway</html>"),
        answer(200, ""),
        answer(200, []),
        answer(200, {}),
        answer(200, {"task_id": 7}),
        answer(200, {"task": {"id": ""}, "poll_url": "/api/image-tasks"}),
        answer(200, {"error": "something else"}),
        answer(302, ""),
        answer(408, ""),
        answer(409, {"detail": "task exists"}),
        answer(500, {"detail": "no"}),
        answer(502, {"error_code": "upstream_failed", "upstream_status": 500}),
        answer(503, {"error_code": "image_task_limited"}),
        answer(504, ""),
    ],
)
def test_an_unreadable_answer_to_an_order_leaves_its_outcome_open(response):
    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(), response)

    assert caught.value.charged == errors.Charged.MAYBE


def test_a_502_tells_what_the_upstream_said():
    told = {"error_code": "upstream_failed", "upstream_status": 429, "message": "too busy"}

    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(), answer(502, {"detail": told}))

    assert caught.value.detail == "too busy, upstream_status 429, upstream_failed"


NAMES = (
    *("items", "id", "status", "result", "data", "b64_json", "gallery_task", "image_url_public"),
    *("task_id", "task", "poll_url", "error", "detail", "error_code", "message"),
    *("upstream_status",),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.just(ID),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=20,
)
STATUSES = st.sampled_from([200, 201, 302, 400, 401, 403, 409, 429, 500, 502])
ROWS = st.fixed_dictionaries(
    {"status": st.sampled_from(["queued", "succeeded", "failed", "cancelled"]) | ANYTHING},
    optional={
        "id": st.just(ID) | ANYTHING,
        "result": ANYTHING | st.fixed_dictionaries({"data": ANYTHING}),
        "gallery_task": ANYTHING | st.fixed_dictionaries({"image_url_public": ANYTHING}),
        "error": ANYTHING,
        "detail": ANYTHING,
        "upstream_status": ANYTHING,
    },
)


@given(status=STATUSES, body=ANYTHING | st.fixed_dictionaries({"items": st.lists(ROWS)}))
def test_any_answer_is_pending_done_or_a_provider_error(status, body):
    response = answer(status, body if isinstance(body, dict) else [body])
    for flow in (
        chatgpt2api.submit(an_order(), submission_id=SUBMISSION),
        chatgpt2api.poll({"task_id": ID}),
        chatgpt2api.probe(),
    ):
        try:
            _calls, outcome = run(flow, response)
        except errors.ProviderError:
            continue
        assert isinstance(outcome, Pending | Done | Working)


@given(status=STATUSES, body=st.binary(max_size=200))
def test_any_bytes_are_a_provider_error(status, body):
    response = Response(status=status, body=body)
    for flow in (
        chatgpt2api.submit(an_order(), submission_id=SUBMISSION),
        chatgpt2api.poll({"task_id": ID}),
    ):
        with pytest.raises(errors.ProviderError):
            run(flow, response)


@pytest.mark.parametrize(
    "body",
    [
        b'{"items": ' * 5000,
        b'{"error": ' * 900 + b"1" + b"}" * 900,
        b'{"upstream_status": ' + b"9" * 5000 + b"}",
        b'{"items": [{"status": NaN}]}',
        b'{"items": [{"status": Infinity, "id": 1e999}]}',
        b'{"detail": "' + b"x" * 1_000_000 + b'"}',
        b'{"task_id": "\\ud800", "message": "\\u0000"}',
        json.dumps({"items": [an_item(status="succeeded", result={"data": "x"})]}).encode(),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 502])
def test_hostile_answers_are_provider_errors_with_few_words(status, body):
    response = Response(status=status, body=body)
    for flow in (
        chatgpt2api.submit(an_order(), submission_id=SUBMISSION),
        chatgpt2api.poll({"task_id": ID}),
    ):
        with pytest.raises(errors.ProviderError) as caught:
            run(flow, response)

        assert len(caught.value.detail) <= 500
        caught.value.detail.encode()
