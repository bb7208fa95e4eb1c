"""APIModels against its document."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.providers import errors
from studio.providers.apimodels import APIModels
from studio.providers.contract import Call, Done, Pending, Picture, Response, Upload, Working
from studio.providers.models import Price
from studio.providers.orders import Order, Reference, Size
from tests.providers.driving import SUBMISSION, answer, run

apimodels = APIModels()
MODEL = apimodels.models[0]
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


def poll(body, status: int = 200):
    return run(apimodels.poll({"task_id": TASK}), answer(status, body))[1]


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


# The document's price table: long side, low, medium / auto, high.
DOCUMENTED = """
1K 1536 0.005 0.025 0.07
2K 2048 0.01  0.04  0.10
4K 3840 0.015 0.06  0.23
"""
CELLS = [
    (tier, int(side), quality, Decimal(dollars))
    for tier, side, low, medium, high in (line.split() for line in DOCUMENTED.strip().splitlines())
    for quality, dollars in (
        ("low", low),
        ("medium", medium),
        ("auto", medium),
        ("", medium),
        ("high", high),
    )
]


@pytest.mark.parametrize(("tier", "side", "quality", "dollars"), CELLS)
def test_every_cell_of_the_price_table_is_in_the_record(tier, side, quality, dollars):
    by_tier = an_order(ratio="16:9", resolution=tier, quality=quality)
    by_side = an_order(size=Size(side, 1024 if side < 3000 else 2160), quality=quality)

    assert MODEL.price(by_tier) == MODEL.price(by_side) == Price(amount=dollars)


@pytest.mark.parametrize(
    ("size", "dollars"),
    [
        ("1024x1024", "0.025"),
        ("1536x1024", "0.025"),
        ("1024x1536", "0.025"),
        ("1552x1024", "0.04"),
        ("2048x2048", "0.04"),
        ("2048x1152", "0.04"),
        ("1152x2048", "0.04"),
        ("2064x1152", "0.06"),
        ("3840x2160", "0.06"),
        ("2160x3840", "0.06"),
    ],
)
def test_an_exact_size_is_priced_by_its_longer_side(size, dollars):
    order = an_order(size=Size(*map(int, size.split("x"))))

    assert list(MODEL.problems(order)) == []
    assert MODEL.price(order) == Price(amount=Decimal(dollars))


def test_an_order_without_a_tier_has_no_listed_price():
    assert MODEL.price(an_order(ratio="1:1")) is None


@pytest.mark.parametrize(
    ("size", "is_fine"),
    [
        (Size(3840, 2160), True),  # 8,294,400 pixels, the longest side
        (Size(3856, 2144), False),
        (Size(3840, 2176), False),
        (Size(2880, 2880), True),
        (Size(1024, 640), True),  # 655,360 pixels
        (Size(1008, 640), False),
        (Size(1536, 512), True),  # 3:1
        (Size(512, 1536), True),
        (Size(1552, 512), False),
        (Size(1024, 1032), False),  # no multiple of 16
        (Size(1000, 1024), False),
        (Size(0, 0), False),
        (Size(-1024, -1024), False),
    ],
)
def test_a_size_keeps_the_documented_rule(size, is_fine):
    complaints = [problem.field for problem in MODEL.problems(an_order(size=size))]

    assert complaints == ([] if is_fine else ["size"])


def test_a_refused_size_is_told_the_rule():
    (problem,) = MODEL.problems(an_order(size=Size(1000, 1000)))

    sentence = problem.sentence % problem.params
    assert all(word in sentence for word in ("1000 × 1000", "16", "3840", "655360", "8294400"))


def test_the_pixels_of_a_ratio_are_the_servers_choice():
    assert MODEL.expected_sizes(an_order(ratio="9:16", resolution="2K")) == ()
    assert MODEL.expected_sizes(an_order(size=SQUARE)) == (SQUARE,)


@pytest.mark.parametrize("ratio", MODEL.ratios)
def test_no_ratio_is_beyond_three_to_one(ratio):
    short, long = sorted(map(int, ratio.split(":")))

    assert long <= 3 * short


def test_a_mask_needs_a_picture_to_lie_on():
    with_picture = an_order(references=(a_file(),), mask=a_file())

    assert list(MODEL.problems(with_picture)) == []
    assert [problem.field for problem in MODEL.problems(an_order(mask=a_file()))] == ["mask"]


def test_pictures_of_exact_sizes_are_ordered_one_by_one():
    assert MODEL.shares(an_order(count=3)) == [3]
    assert MODEL.shares(an_order(count=3, size=SQUARE)) == [1, 1, 1]
