"""APIModels against its document."""

from __future__ import annotations

import base64
import json

import pytest

from studio.providers import errors
from studio.providers.apimodels import APIModels
from studio.providers.calls import Call, Response, Upload
from studio.providers.contract import Done, Pending, Picture
from studio.providers.orders import Order, Reference, Size
from tests.providers.driving import SUBMISSION, answer, run

apimodels = APIModels()
TASK = "task_7Ff3"
ACCEPTED = {"code": 200, "data": {"taskId": TASK}}
URL = "https://r2.apimodels.app/a.png"
OTHER = "https://r2.apimodels.app/b.png"
PNG = b"\x89PNG picture"
INLINE = base64.b64encode(PNG).decode()
SYNCED = {"created": 1776748674, "data": [{"b64_json": INLINE, "url": URL}]}
SQUARE = Size(2048, 2048)
PROMPT = "a lighthouse on a cliff at dusk"
HOOK = "https://your-domain.com/webhook"


def an_order(**fields) -> Order:
    return Order(**{"prompt": PROMPT, "model": "gpt-image-2-all", **fields})


def submit(order: Order, *answers: Response, callback_url: str = ""):
    flow = apimodels.submit(order, submission_id=SUBMISSION, callback_url=callback_url)
    return run(flow, *answers)


def a_link(name: str = "a") -> Reference:
    return Reference(media_type="", size=0, url=f"https://example.com/{name}.png")


def a_file(data: bytes = b"png", media_type: str = "image/png") -> Reference:
    return Reference(media_type=media_type, size=len(data), data=data)


# The bodies that the document prints, and one for every field of its table.
@pytest.mark.parametrize(
    ("order", "body"),
    [
        (
            an_order(ratio="9:16", resolution="2K", quality="medium"),
            {"aspect_ratio": "9:16", "resolution": "2K", "quality": "medium"},
        ),
        (an_order(), {}),
        (an_order(count=10), {"n": 10}),
        (an_order(ratio="21:9"), {"aspect_ratio": "21:9"}),
        (an_order(background="transparent"), {"background": "transparent"}),
        (an_order(references=(a_link(),)), {"image_urls": ["https://example.com/a.png"]}),
        (
            an_order(references=(a_link("a"), a_link("b")), mask=a_link("mask")),
            {
                "image_urls": ["https://example.com/a.png", "https://example.com/b.png"],
                "mask_url": "https://example.com/mask.png",
            },
        ),
        (
            an_order(references=(a_file(),), mask=a_file(b"mask")),
            {"image_base64": "cG5n", "mask_base64": "bWFzaw=="},
        ),
        (
            an_order(references=(a_file(b"one", "image/webp"), a_link(), a_file())),
            {
                "images": [
                    "data:image/webp;base64,b25l",
                    "https://example.com/a.png",
                    "data:image/png;base64,cG5n",
                ]
            },
        ),
    ],
)
def test_an_order_without_a_size_is_a_task(order, body):
    calls, outcome = submit(order, answer(200, ACCEPTED))

    assert calls == [
        Call(
            method="POST",
            url="/api/v1/images/generations",
            json={"model": "gpt-image-2-all", "prompt": PROMPT, "n": 1, **body},
            is_billable=True,
        )
    ]
    assert outcome == Pending(ticket={"task_id": TASK})


def test_a_size_is_answered_with_the_pictures():
    prompt = "a white sneaker product shot on beige background, studio light"

    calls, outcome = submit(
        an_order(prompt=prompt, size=SQUARE, quality="medium"), answer(200, SYNCED)
    )

    assert [call.json for call in calls] == [
        {
            "model": "gpt-image-2-all",
            "prompt": prompt,
            "size": "2048x2048",
            "quality": "medium",
            "n": 1,
        }
    ]
    assert outcome == Done(pictures=(Picture(url=URL, data=PNG),))


def test_a_size_with_references_is_a_form_for_the_edits():
    prompt = "put this sneaker on a model, e-commerce close-up"
    order = an_order(prompt=prompt, size=SQUARE, quality="medium", references=(a_file(),))

    calls, outcome = submit(order, answer(200, {"created": 1, "data": [{"url": URL}]}))

    assert calls == [
        Call(
            method="POST",
            url="/api/v1/images/edits",
            form={
                "model": "gpt-image-2-all",
                "prompt": prompt,
                "n": "1",
                "size": "2048x2048",
                "quality": "medium",
                "response_format": "url",
            },
            uploads=(Upload(part="image", name="image.png", media_type="image/png", data=b"png"),),
            is_billable=True,
        )
    ]
    assert outcome == Done(pictures=(Picture(url=URL),))


def test_sixteen_references_and_a_mask_travel_as_files_in_their_order():
    files = tuple(a_file(bytes([number]), "image/jpeg") for number in range(16))
    order = an_order(size=SQUARE, references=files, mask=a_file(b"mask"))

    calls, _outcome = submit(order, answer(200, SYNCED))

    sent = [(upload.part, upload.name, upload.data) for upload in calls[0].uploads]
    assert sent == [
        *(("image[]", "image.jpeg", bytes([number])) for number in range(16)),
        ("mask", "mask.png", b"mask"),
    ]


@pytest.mark.parametrize(
    "fields", [{"references": (a_link(),)}, {"references": (a_file(),), "mask": a_link("mask")}]
)
def test_a_size_with_pictures_by_link_goes_as_json(fields):
    calls, outcome = submit(an_order(size=SQUARE, **fields), answer(200, SYNCED))

    assert calls[0].url == "/api/v1/images/generations"
    assert calls[0].json["size"] == "2048x2048"
    assert calls[0].json.keys() & {"image_urls", "image_base64"}
    assert len(outcome.pictures) == 1


@pytest.mark.parametrize("fields", [{}, {"size": SQUARE}])
def test_with_a_callback_every_order_is_a_task(fields):
    calls, outcome = submit(an_order(**fields), answer(200, ACCEPTED), callback_url=HOOK)

    assert calls[0].json["callback_url"] == HOOK
    assert outcome == Pending(ticket={"task_id": TASK})


def test_a_form_may_ask_for_a_callback_too():
    order = an_order(size=SQUARE, references=(a_file(),))

    calls, _outcome = submit(order, answer(200, ACCEPTED), callback_url=HOOK)

    assert calls[0].form["callback_url"] == HOOK


@pytest.mark.parametrize(
    "body", [ACCEPTED, {"taskId": TASK}, {"data": [{"task_id": TASK}]}, {"data": {"task_id": TASK}}]
)
@pytest.mark.parametrize("fields", [{}, {"size": SQUARE}])
def test_a_task_is_taken_wherever_it_is_told(fields, body):
    _calls, outcome = submit(an_order(**fields), answer(200, body))

    assert outcome == Pending(ticket={"task_id": TASK})


def test_a_task_that_tells_what_it_was_given_is_still_a_task():
    body = {"code": 200, "data": {"taskId": TASK, "images": ["https://example.com/given.png"]}}

    _calls, outcome = submit(an_order(references=(a_link(),)), answer(200, body))

    assert outcome == Pending(ticket={"task_id": TASK})


STATUSES = [
    (400, errors.BadOrder),
    (401, errors.BadKey),
    (402, errors.NoMoney),
    (403, errors.NoPermission),
    (404, errors.BadOrder),
    (413, errors.BadOrder),
    (422, errors.BadOrder),
    (429, errors.Limited),
]
ENVELOPES = [
    lambda status, words: {"code": status, "msg": words},
    lambda status, words: {"code": str(status), "msg": words},
    lambda status, words: {"error": {"code": status, "message": words}},
]
both_modes = pytest.mark.parametrize("fields", [{}, {"size": SQUARE}], ids=["async", "sync"])


@both_modes
@pytest.mark.parametrize(("status", "error"), STATUSES)
@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("is_in_200", [False, True])
def test_each_refusal_has_its_class(fields, status, error, envelope, is_in_200):
    body = envelope(status, "no such luck")

    with pytest.raises(errors.ProviderError) as caught:
        submit(an_order(**fields), answer(200 if is_in_200 else status, body))

    assert type(caught.value) is error
    assert caught.value.detail.startswith("no such luck")


@both_modes
@pytest.mark.parametrize(("status", "error"), STATUSES)
@pytest.mark.parametrize("body", ["<html>no</html>", {"message": "no"}, {"error": "no"}, ""])
def test_a_status_alone_is_enough_for_a_refusal(fields, status, error, body):
    with pytest.raises(errors.ProviderError) as caught:
        submit(an_order(**fields), answer(status, body))

    assert type(caught.value) is error


@both_modes
@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "body",
    [
        {"code": 400, "msg": "提示词命中敏感词"},
        {"error": {"message": "rejected", "code": "content_policy_violation"}},
        {"message": "Your prompt violates our safety rules"},
    ],
)
def test_a_policy_refusal_is_blocked_and_pauses_no_key(fields, status, body):
    with pytest.raises(errors.Blocked):
        submit(an_order(**fields), answer(status, body))


@pytest.mark.parametrize("status", [500, 503, 520])
@pytest.mark.parametrize(
    "body",
    [{"code": 500, "msg": "busy"}, {"error": {"message": "busy"}}, {"message": "busy"}],
)
def test_a_5xx_in_their_own_envelope_is_busy_for_a_task_and_open_for_pictures(status, body):
    with pytest.raises(errors.Busy):
        submit(an_order(), answer(status, body))
    with pytest.raises(errors.Busy):
        submit(an_order(size=SQUARE), answer(status, body), callback_url=HOOK)
    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(size=SQUARE), answer(status, body))

    assert caught.value.charged == errors.Charged.MAYBE


def test_a_5xx_beside_a_task_is_open():
    with pytest.raises(errors.BrokenAnswer):
        submit(an_order(), answer(500, {"code": 500, "msg": "busy", "data": {"taskId": TASK}}))


@both_modes
@pytest.mark.parametrize(
    "response",
    [
        answer(200, "<html>gateway</html>"),
        answer(200, ""),
        answer(200, '{"code": 200, "data": {"taskId": "ta'),
        answer(200, {"code": 200, "data": {}}),
        answer(200, {"code": 200, "data": None}),
        answer(200, {"code": 200, "data": {"taskId": ""}}),
        answer(200, {"code": 200, "data": {"taskId": ["x"]}}),
        answer(200, {"created": 1, "data": []}),
        answer(200, {"created": 1, "data": [{"b64_json": "", "url": ""}]}),
        answer(200, {"error": {"message": "something went wrong"}}),
        answer(200, {"code": 7, "msg": "?"}),
        answer(500, "<html>no envelope</html>"),
        answer(500, {}),
        answer(502, {"code": 502, "msg": "bad gateway"}),
        answer(504, {"message": "timed out"}),
        answer(504, ""),
        answer(302, ""),
    ],
)
def test_an_unreadable_answer_to_an_order_leaves_its_outcome_open(fields, response):
    with pytest.raises(errors.BrokenAnswer) as caught:
        submit(an_order(**fields), response)

    assert caught.value.charged == errors.Charged.MAYBE


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "data": {"images": [{"url": URL, "b64_json": INLINE}]}},
        {"code": 500, "msg": "late", "data": [{"url": URL, "b64_json": INLINE}]},
        {"status": "completed", "taskId": TASK, "data": [{"url": URL, "b64_json": INLINE}]},
        [{"url": URL, "b64_json": INLINE}],
        json.dumps(SYNCED)[:-2],
        json.dumps(SYNCED)[:-2] + ', {"b64_json": "iVBORw0KG',
    ],
)
def test_a_paid_picture_is_taken_out_of_an_odd_200(body):
    _calls, outcome = submit(an_order(size=SQUARE), answer(200, body))

    assert outcome == Done(pictures=(Picture(url=URL, data=PNG),))


def test_a_web_page_that_mentions_an_address_is_no_picture():
    page = f'<html><script>{{"url": "{URL}"}}</script></html>'

    with pytest.raises(errors.BrokenAnswer):
        submit(an_order(size=SQUARE), answer(200, page))


def test_several_pictures_come_in_one_answer():
    body = {"created": 1, "data": [{"url": URL}, {"url": OTHER, "b64_json": INLINE}]}

    _calls, outcome = submit(an_order(size=SQUARE, count=2), answer(200, body))

    assert outcome.pictures == (Picture(url=URL), Picture(url=OTHER, data=PNG))
    assert outcome.cost is None


def test_retry_after_is_passed_on():
    limited = answer(429, {"code": 429, "msg": "slow down"}, **{"retry-after": "7"})

    with pytest.raises(errors.Limited) as caught:
        submit(an_order(), limited)

    assert caught.value.retry_after == 7
