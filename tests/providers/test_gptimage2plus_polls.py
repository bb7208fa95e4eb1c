"""GPTImage2 Plus against its document: polls, the key test, and any answer at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from studio.providers import errors
from studio.providers.contract import Cost, Done, Pending, Picture, Working
from tests.providers.driving import answer, run
from tests.providers.plus import LIMITS, SUCCEEDED, TICKET, plus, poll


def test_a_succeeded_generation_tells_pictures_and_credits():
    outcome = poll(answer(200, SUCCEEDED))

    assert outcome == Done(
        pictures=(Picture(url="https://cdn.example/a.png"),),
        cost=Cost(credits=Decimal(1)),
        raw={
            "type": "text2img",
            "outputs": SUCCEEDED["outputs"],
            "createdAt": "2026-04-26T01:23:45.000Z",
            "completedAt": "2026-04-26T01:23:50.000Z",
        },
    )


def test_every_output_is_a_picture_and_webp_stands_in_for_a_png():
    outputs = [
        {"png": f"https://cdn.example/{n}.png", "webp": f"https://cdn.example/{n}.webp"}
        for n in range(3)
    ]
    outputs += [{"webp": "https://cdn.example/3.webp", "png": None}, {"png": 7}, None, "text"]

    outcome = poll(answer(200, {**SUCCEEDED, "outputs": outputs}))

    names = [PurePosixPath(picture.url).name for picture in outcome.pictures]
    assert names == ["0.png", "1.png", "2.png", "3.webp"]


@pytest.mark.parametrize(
    ("told", "credits_"),
    [
        (4, Decimal(4)),
        (0, Decimal(0)),
        (0.1, Decimal("0.1")),
        ("2.5", Decimal("2.5")),
        (-1, None),
        (True, None),
        (None, None),
        ([1], None),
        (1e300, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_credits_are_exact_or_not_told(told, credits_):
    outcome = poll(answer(200, {**SUCCEEDED, "costCredits": told}))

    assert (outcome.cost and outcome.cost.credits) == credits_


@pytest.mark.parametrize("status", ["queued", "running", "moderating", "upscaling", ""])
@pytest.mark.parametrize("kind", ["text2img", "edit", "upscale", None])
def test_known_and_unknown_states_and_types_are_waited_out(status, kind):
    outcome = poll(answer(200, {"id": "gen_1", "status": status, "type": kind, "outputs": []}))

    assert outcome == Pending(ticket=TICKET)


@pytest.mark.parametrize("kind", ["edit", "upscale", "a new one", 7, None])
def test_a_picture_of_any_type_is_delivered(kind):
    assert poll(answer(200, {**SUCCEEDED, "type": kind})).pictures


@pytest.mark.parametrize(
    ("status", "error"), [("failed", errors.Failed), ("blocked", errors.Blocked)]
)
@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ("upstream gave up", "upstream gave up"),
        ({"message": "upstream gave up"}, "upstream gave up"),
        (None, ""),
        ("nul \0 and half a pair \ud800", "nul  and half a pair ?"),
    ],
)
def test_failed_and_blocked_differ_and_are_refunded(status, error, told, detail):
    with pytest.raises(errors.ProviderError) as caught:
        poll(answer(200, {"id": "gen_1", "status": status, "error": told, "costCredits": 1}))

    assert type(caught.value) is error
    assert (caught.value.detail, caught.value.charged) == (detail, errors.Charged.NO)


def test_a_generation_that_is_not_known_says_so():
    with pytest.raises(errors.UnknownTask):
        poll(answer(404, {"error": "Not found"}))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, errors.BadKey),
        (402, errors.NoMoney),
        (403, errors.NoPermission),
        (422, errors.BrokenAnswer),
        (500, errors.BrokenAnswer),
        (502, errors.BrokenAnswer),
    ],
)
def test_a_poll_that_is_refused_ends_nothing(status, error):
    with pytest.raises(errors.ProviderError) as caught:
        poll(answer(status, {"error": "no"}))

    assert type(caught.value) is error


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": None},
        {"status": 7},
        {**SUCCEEDED, "outputs": []},
        {**SUCCEEDED, "outputs": None},
        {**SUCCEEDED, "outputs": {"png": "https://cdn.example/a.png"}},
        {**SUCCEEDED, "outputs": [{"png": "javascript:alert(1)"}]},
        {**SUCCEEDED, "outputs": [{"png": "https://cdn.example/\ud800"}]},
        "<html>",
    ],
)
def test_an_answer_to_a_poll_beyond_the_document_is_broken(body):
    with pytest.raises(errors.BrokenAnswer):
        poll(answer(200, body))


def test_a_ticket_cannot_leave_its_path():
    calls, _outcome = run(
        plus.poll({"generation_id": "../../account?x=1"}), answer(200, {"status": "queued"})
    )

    assert (calls[0].method, calls[0].url) == (
        "GET",
        "/api/v1/generations/..%2F..%2Faccount%3Fx%3D1",
    )
    assert not calls[0].is_billable


@pytest.mark.parametrize("status", [200, 400, 404, 422])
def test_a_key_works_when_only_the_generation_is_unknown(status):
    calls, outcome = run(plus.probe(), answer(status, {"error": "Not found"}, **LIMITS))

    assert outcome == Working(limits="587 / 600")
    assert [(call.method, call.is_billable) for call in calls] == [("GET", False)]


def test_a_key_works_without_told_limits():
    _calls, outcome = run(plus.probe(), answer(404, {"error": "Not found"}))

    assert outcome == Working()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, errors.BadKey),
        (402, errors.NoMoney),
        (403, errors.NoPermission),
        (429, errors.Limited),
        (500, errors.BrokenAnswer),
    ],
)
def test_a_key_that_does_not_work_is_found_out_by_the_probe(status, error):
    with pytest.raises(errors.ProviderError) as caught:
        run(plus.probe(), answer(status, {"error": "no"}, **LIMITS))

    assert type(caught.value) is error


@pytest.mark.parametrize(("status", "headers"), [(200, {}), (200, LIMITS), (404, {})])
def test_a_web_page_is_no_sign_of_the_provider(status, headers):
    with pytest.raises(errors.BrokenAnswer):
        run(plus.probe(), answer(status, "<html>for sale</html>", **headers))


def test_told_limits_are_sign_enough_beside_an_empty_body():
    assert run(plus.probe(), answer(404, "", **LIMITS))[1] == Working(limits="587 / 600")
