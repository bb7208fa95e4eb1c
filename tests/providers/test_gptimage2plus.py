"""GPTImage2 Plus against its document: orders, uploads and the record."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from studio.engine.bodies import prepare
from studio.providers import errors
from studio.providers.contract import Pending
from studio.providers.models import MB, Price
from studio.providers.orders import Reference, Size
from tests.providers.driving import SUBMISSION, answer, run
from tests.providers.plus import (
    ACCEPTED,
    MODEL,
    PRESIGNED,
    SIGNED,
    STORED,
    SUCCEEDED,
    TICKET,
    a_reference,
    an_order,
    plus,
    submit,
)


@pytest.mark.parametrize(
    ("order", "fields"),
    [
        (an_order(), {"n": 1}),
        (an_order(ratio="1:1"), {"n": 1, "size": "1024x1024"}),
        (an_order(ratio="2:3"), {"n": 1, "size": "1024x1536"}),
        (an_order(ratio="3:2", quality="low"), {"n": 1, "size": "1536x1024", "quality": "low"}),
        (
            an_order(size=Size(1024, 1536), quality="high", count=4),
            {"n": 4, "size": "1024x1536", "quality": "high"},
        ),
        (an_order(quality="medium"), {"n": 1, "quality": "medium"}),
    ],
)
def test_an_order_becomes_the_documented_body(order, fields):
    calls, outcome = submit(order, ACCEPTED)

    (call,) = calls
    assert (call.method, call.url, call.is_billable, call.is_keyless) == (
        "POST",
        "/api/v1/generate",
        True,
        False,
    )
    assert call.json == {"prompt": "a lighthouse, 35 mm", "type": "text2img", **fields}
    assert call.headers == {"Idempotency-Key": str(SUBMISSION)}
    assert outcome == Pending(ticket=TICKET)


def test_a_reference_goes_up_without_the_key_before_it_is_ordered_with():
    calls, outcome = submit(an_order(references=(a_reference(),)), PRESIGNED, STORED, ACCEPTED)

    presign, put, generate = calls
    assert (presign.method, presign.url, presign.json) == (
        "POST",
        "/api/v1/upload",
        {"filename": "reference-1.png", "contentType": "image/png", "size": 3},
    )
    assert (put.method, put.url, put.body) == ("PUT", SIGNED, b"png")
    assert put.headers == {"Content-Type": "image/png"}
    assert generate.json == {
        "prompt": "a lighthouse, 35 mm",
        "type": "edit",
        "n": 1,
        "inputImageKeys": ["inputs/a.png"],
    }
    assert [call.is_keyless for call in calls] == [False, True, False]
    assert [call.is_billable for call in calls] == [False, False, True]
    assert outcome == Pending(ticket=TICKET)


def test_four_references_go_up_in_their_order_and_type():
    kinds = ["image/png", "image/jpeg", "image/webp", "image/png"]
    order = an_order(references=tuple(a_reference(kind.encode(), kind) for kind in kinds))
    up = [
        step
        for number in range(4)
        for step in (
            answer(200, {"url": f"https://r2.example/{number}", "key": f"k{number}"}),
            STORED,
        )
    ]

    calls, _outcome = submit(order, *up, ACCEPTED)

    assert [call.json["contentType"] for call in calls[0:8:2]] == kinds
    assert [call.json["filename"] for call in calls[0:8:2]] == [
        "reference-1.png",
        "reference-2.jpeg",
        "reference-3.webp",
        "reference-4.png",
    ]
    assert [(call.url, call.body) for call in calls[1:8:2]] == [
        (f"https://r2.example/{number}", kind.encode()) for number, kind in enumerate(kinds)
    ]
    assert calls[8].json["inputImageKeys"] == ["k0", "k1", "k2", "k3"]


@pytest.mark.promise(4)
def test_sending_again_is_the_same_key_and_the_same_bytes():
    order = an_order(prompt="灯塔", ratio="3:2", quality="high", count=2)

    calls = [submit(order, ACCEPTED)[0][0] for _ in range(2)]
    other, _outcome = run(plus.submit(order, submission_id=uuid4()), ACCEPTED)

    assert prepare(calls[0]) == prepare(calls[1])
    assert calls[0].headers == calls[1].headers != other[0].headers


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("body", [{"generationId": "gen_1"}, SUCCEEDED, {"id": "gen_1"}])
def test_a_repeated_key_may_answer_with_the_generation_itself(status, body):
    _calls, outcome = submit(an_order(), answer(status, body))

    assert outcome == Pending(ticket=TICKET)


@pytest.mark.parametrize(
    "order",
    [
        an_order(ratio="16:9"),
        an_order(resolution="2k"),
        an_order(size=Size(1024, 1025)),
        an_order(quality="auto"),
        an_order(background="transparent"),
        an_order(output_format="webp"),
        an_order(prompt="x" * 4001),
        an_order(references=(a_reference(),) * 5),
        an_order(references=(a_reference(media_type="image/gif"),)),
        an_order(references=(Reference(media_type="image/png", size=10 * MB + 1, data=b"x"),)),
        an_order(references=(Reference(media_type="", size=0, url="https://a.example/b.png"),)),
        an_order(mask=a_reference()),
        an_order(is_official_fallback=True),
    ],
)
def test_what_the_document_does_not_offer_is_refused_before_anything_is_sent(order):
    with pytest.raises(errors.Unsupported):
        next(plus.submit(order, submission_id=SUBMISSION))


@pytest.mark.parametrize(
    ("ratio", "size"), [("1:1", "1024x1024"), ("2:3", "1024x1536"), ("3:2", "1536x1024")]
)
@pytest.mark.parametrize("quality", ["", "low", "medium"])
def test_every_size_of_the_document_is_in_the_record(ratio, size, quality):
    (expected,) = MODEL.expected_sizes(an_order(ratio=ratio, quality=quality))

    assert str(expected) == size
    assert MODEL.expected_sizes(an_order(size=expected, quality=quality)) == (expected,)
    assert not list(MODEL.problems(an_order(size=expected, quality=quality)))


def test_high_means_2k_and_promises_no_pixels():
    assert MODEL.expected_sizes(an_order(ratio="3:2", quality="high")) == ()
    assert MODEL.expected_sizes(an_order(size=Size(1536, 1024), quality="high")) == ()
    assert not list(MODEL.problems(an_order(ratio="3:2", quality="high")))


def test_the_record_holds_every_documented_limit():
    assert (MODEL.max_count, MODEL.max_prompt, MODEL.max_references) == (4, 4000, 4)
    assert MODEL.max_reference_bytes == 10 * MB
    assert MODEL.reference_types == ("image/png", "image/jpeg", "image/webp")
    assert (MODEL.calls_per_hour, MODEL.max_concurrent) == (600, 5)
    assert MODEL.qualities == ("low", "medium", "high")
    assert (MODEL.ratios, MODEL.default_ratio) == (("1:1", "2:3", "3:2"), "1:1")
    assert MODEL.prices == {("", "low"): Price(credits=Decimal(1))}
    assert MODEL.keeps_hours is None
