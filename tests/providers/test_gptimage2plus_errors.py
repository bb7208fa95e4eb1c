"""GPTImage2 Plus against its document: refusals, doubts and limits."""

from __future__ import annotations

import json

import pytest

from studio.providers import errors
from tests.providers.driving import answer
from tests.providers.plus import (
    ACCEPTED,
    LIMITS,
    MODEL,
    NOON,
    NOON_SECONDS,
    PRESIGNED,
    SIGNED,
    a_reference,
    an_order,
    poll,
    submit,
)

REFUSALS = [
    (400, "size: Invalid enum value", errors.BadOrder),
    (401, "Missing or invalid key", errors.BadKey),
    (402, "Insufficient credits", errors.NoMoney),
    (403, "Pro or Max plan required", errors.NoPermission),
    (422, "Blocked by content policy", errors.Blocked),
    (429, "Rate limited", errors.Limited),
    (404, "No such thing", errors.Refused),
    (413, "Too large", errors.Refused),
]


@pytest.mark.parametrize(("status", "words", "error"), REFUSALS)
@pytest.mark.parametrize("told", ["error", "message", "both"])
def test_each_refusal_of_an_order_has_its_class(status, words, error, told):
    body = {
        "error": {"error": words},
        "message": {"message": words},
        "both": {"error": {"message": words}},
    }[told]

    with pytest.raises(errors.ProviderError) as caught:
        submit(an_order(), answer(status, body))

    assert type(caught.value) is error
    assert (caught.value.detail, caught.value.charged) == (words, errors.Charged.NO)


@pytest.mark.parametrize(("status", "words", "error"), REFUSALS)
def test_each_refusal_of_an_upload_has_its_class(status, words, error):
    with pytest.raises(errors.ProviderError) as caught:
        submit(an_order(references=(a_reference(),)), answer(status, {"error": words}))

    assert type(caught.value) is error


@pytest.mark.parametrize(("status", "error"), [(row[0], row[2]) for row in REFUSALS])
@pytest.mark.parametrize("body", ["", "<html>no</html>", "[]"])
def test_a_refusal_without_an_object_is_one_all_the_same(status, error, body):
    with pytest.raises(errors.ProviderError) as caught:
        submit(an_order(), answer(status, body))

    assert type(caught.value) is error


def test_zods_hints_are_told_with_the_message():
    body = {"error": "Invalid body", "issues": [{"path": ["n"], "message": "at most 4"}]}

    with pytest.raises(errors.BadOrder) as caught:
        submit(an_order(), answer(400, body))

    assert "Invalid body" in caught.value.detail
    assert "at most 4" in caught.value.detail


def test_an_error_and_a_message_are_both_told():
    with pytest.raises(errors.NoMoney) as caught:
        submit(an_order(), answer(402, {"error": "quota", "message": "Monthly limit reached"}))

    assert caught.value.detail == "Monthly limit reached, quota"


@pytest.mark.parametrize(
    "response",
    [
        answer(200, "<html>gateway</html>"),
        answer(202, ""),
        answer(202, {}),
        answer(202, {"generationId": 7}),
        answer(202, {"generationId": ""}),
        answer(202, {"generationId": ".."}),
        answer(202, {"generationId": "a\u0000b"}),
        answer(202, [1]),
        answer(302, ""),
        answer(409, {"error": "in progress"}),
        answer(500, {"error": "Internal error"}),
        answer(502, "<html>bad gateway</html>"),
        answer(503, {"error": "Temporarily unavailable"}),
        answer(504, ""),
    ],
)
@pytest.mark.promise(4)
def test_every_doubt_leaves_the_outcome_open_and_the_order_may_go_again(response):
    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(), response)

    assert caught.value.charged == errors.Charged.MAYBE
    assert MODEL.is_idempotent


@pytest.mark.parametrize(
    "response",
    [
        answer(200, {"url": SIGNED}),
        answer(200, {"url": SIGNED, "key": ""}),
        answer(200, {"url": SIGNED, "key": 7}),
        answer(200, {"url": "/relative", "key": "k"}),
        answer(200, {"url": "ftp://r2.example/a", "key": "k"}),
        answer(200, {"url": None, "key": "k"}),
        answer(200, json.dumps({"url": SIGNED, "key": "k"})[:-5]),
    ],
)
def test_an_unreadable_upload_address_is_broken_and_shows_no_signature(response):
    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(references=(a_reference(),)), response)

    assert "5ecre7" not in caught.value.detail


@pytest.mark.parametrize("status", [301, 400, 403, 413, 500, 503])
def test_a_picture_that_is_not_stored_costs_nothing_and_may_be_tried_again(status):
    words = f"<Error><Code>AccessDenied</Code><Resource>{SIGNED}</Resource></Error>"

    with pytest.raises(errors.Busy) as caught:
        submit(an_order(references=(a_reference(),)), PRESIGNED, answer(status, words))

    assert caught.value.detail == f"upload: {status}"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_picture_is_stored_with_any_success(status):
    calls, _ = submit(
        an_order(references=(a_reference(),)), PRESIGNED, answer(status, ""), ACCEPTED
    )

    assert len(calls) == 3


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "7", "x-ratelimit-remaining": "0"}, 7),
        ({"retry-after": "9" * 400}, 24 * 3600),
        ({"retry-after": "soon"}, None),
        ({}, None),
        (
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(NOON_SECONDS + 90),
                "date": NOON,
            },
            90,
        ),
    ],
)
@pytest.mark.parametrize("flow", ["submit", "poll"])
def test_429_tells_how_long_to_wait(flow, headers, seconds):
    response = answer(429, {"error": "slow down"}, **headers)

    with pytest.raises(errors.Limited) as caught:
        submit(an_order(), response) if flow == "submit" else poll(response)

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (LIMITS, None),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-remaining": "0", "date": NOON}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon", "date": NOON}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 5000, "date": NOON}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 400, "date": NOON}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1", "date": "yesterday"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1", "date": NOON}, 0),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999", "date": NOON},
            3600,
        ),
    ],
)
def test_with_no_calls_left_the_next_poll_waits_for_the_window(headers, seconds):
    accepted = answer(202, {"generationId": "gen_1", "status": "queued"}, **headers)
    running = answer(200, {"status": "running"}, **headers)

    assert submit(an_order(), accepted)[1].retry_after == seconds
    assert poll(running).retry_after == seconds
