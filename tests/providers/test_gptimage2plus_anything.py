"""GPTImage2 Plus reads any answer without falling over."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.providers import errors
from studio.providers.calls import Response
from studio.providers.contract import Done, Pending, Working
from tests.providers.driving import SUBMISSION, run
from tests.providers.plus import NOON, SUCCEEDED, TICKET, a_reference, an_order, plus

NAMES = [
    *("generationId", "id", "status", "type", "outputs", "png", "webp", "width", "height"),
    *("error", "message", "issues", "costCredits", "createdAt", "completedAt", "url", "key"),
]
WORDS = st.sampled_from(["succeeded", "failed", "blocked", "queued", "https://a.example/b", "gen"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=20,
)
STATUSES = st.sampled_from([200, 202, 204, 302, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503])
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "date", "x-ratelimit-remaining", "x-ratelimit-reset"]),
    st.text(max_size=20) | st.sampled_from(["0", NOON, "7"]),
)
FLOWS = {
    "submit": lambda: plus.submit(an_order(), submission_id=SUBMISSION),
    "poll": lambda: plus.poll(TICKET),
    "probe": plus.probe,
}


@pytest.mark.parametrize("flow", FLOWS)
@given(status=STATUSES, body=ANYTHING, headers=HEADERS)
def test_any_answer_is_pending_done_or_a_provider_error(flow, status, body, headers):
    response = Response(status=status, headers=headers, body=json.dumps(body).encode())
    try:
        _calls, outcome = run(FLOWS[flow](), response)
    except errors.ProviderError as error:
        error.detail.encode()
        return
    assert isinstance(outcome, Pending | Done | Working)


@given(status=STATUSES, presigned=ANYTHING, stored=STATUSES)
def test_any_answer_to_an_upload_goes_on_or_is_a_provider_error(status, presigned, stored):
    flow = plus.submit(an_order(references=(a_reference(),)), submission_id=SUBMISSION)
    next(flow)
    try:
        put = flow.send(Response(status=status, body=json.dumps(presigned).encode()))
        assert put.is_keyless
        assert put.url.startswith("http")
        assert flow.send(Response(status=stored, body=b"<html>")).is_billable
    except errors.ProviderError:
        return


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"error":' * 900 + b"1" + b"}" * 900,
        b'{"costCredits": ' + b"9" * 5000 + b"}",
        b'{"status": "succeeded", "costCredits": NaN, "outputs": [Infinity]}',
        b'{"error": "' + b"x" * 5_000_000 + b'"}',
        json.dumps(SUCCEEDED).encode()[:-20],
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_hostile_bytes_are_a_provider_error(flow, body, status):
    try:
        _calls, outcome = run(FLOWS[flow](), Response(status=status, body=body))
    except errors.ProviderError as error:
        error.detail.encode()
        return
    assert flow == "probe"
    assert isinstance(outcome, Working)
