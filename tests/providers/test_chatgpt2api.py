"""chatgpt2api against its document: orders, keys, the record."""

from __future__ import annotations

import base64

import pytest

from studio.engine.bodies import prepare
from studio.providers import errors
from studio.providers.chatgpt2api import INLINE_LIMIT
from studio.providers.contract import Pending, Remembering, Working
from studio.providers.models import MB
from studio.providers.orders import Reference, Size
from tests.providers.chatgpt2api import (
    ACCEPTED,
    ID,
    MODEL,
    PROMPT,
    a_reference,
    an_item,
    an_order,
    chatgpt2api,
    items,
    submit,
    submit_again,
)
from tests.providers.driving import answer, run


@pytest.mark.parametrize(
    ("order", "body"),
    [
        (an_order(), {"n": 1}),
        (an_order(model="gpt-image-2", count=4), {"model": "gpt-image-2", "n": 4}),
        (
            an_order(prompt="雪山日出", ratio="16:9", resolution="2k"),
            {"prompt": "雪山日出", "n": 1, "size": "16:9", "resolution": "2k"},
        ),
        (an_order(ratio="auto"), {"n": 1}),
        (an_order(ratio="auto", resolution="4k"), {"n": 1, "resolution": "4k"}),
        (an_order(ratio="3:2", resolution="1k"), {"n": 1, "size": "3:2", "resolution": "1k"}),
        (
            an_order(references=(Reference(media_type="image/png", size=3, data=b"png"),)),
            {"n": 1, "image_base64": "cG5n"},
        ),
    ],
)
def test_an_order_becomes_the_documented_body(order, body):
    calls, outcome = submit(order, answer(200, ACCEPTED))

    assert [(call.method, call.url, call.is_billable, call.is_keyless) for call in calls] == [
        ("POST", "/api/image-tasks/generations", True, False)
    ]
    usual = {"client_task_id": ID, "prompt": PROMPT, "model": "gpt-image-2-5.5"}
    assert calls[0].json == {**usual, **body}
    assert outcome == Pending(ticket={"task_id": ID})


def test_a_large_reference_goes_as_a_file_with_every_field_of_the_order():
    picture = a_reference(INLINE_LIMIT + 1, "jpeg")
    order = an_order(references=(picture,), ratio="9:16", resolution="4k")

    calls, outcome = submit(order, answer(200, ACCEPTED))

    (call,) = calls
    assert (call.method, call.url, call.is_billable, call.json) == (
        "POST",
        "/api/image-tasks/edits",
        True,
        None,
    )
    assert call.form == {
        "client_task_id": ID,
        "prompt": PROMPT,
        "model": "gpt-image-2-5.5",
        "n": "1",
        "size": "9:16",
        "resolution": "4k",
    }
    (file,) = call.uploads
    assert (file.part, file.name, file.media_type) == ("image", "reference.jpeg", "image/jpeg")
    assert file.data == picture.data
    assert outcome == Pending(ticket={"task_id": ID})


def test_a_reference_goes_inside_the_body_up_to_the_limit():
    calls, _outcome = submit(
        an_order(references=(a_reference(INLINE_LIMIT),)), answer(200, ACCEPTED)
    )

    assert base64.b64decode(calls[0].json["image_base64"]) == a_reference(INLINE_LIMIT).data


@pytest.mark.parametrize("size", [11, INLINE_LIMIT + 1])
def test_the_same_order_makes_the_same_bytes_under_the_same_id(size):
    order = an_order(references=(a_reference(size),))

    bodies = [prepare(submit(order, answer(200, ACCEPTED))[0][0]).content for _ in range(2)]

    assert bodies[0] == bodies[1]
    assert ID.encode() in bodies[0]


@pytest.mark.parametrize(
    ("body", "task_id"),
    [
        ({"task_id": "mine:1"}, "mine:1"),
        ({"task": {"id": "mine-2", "status": "queued"}}, "mine-2"),
        ({"poll_url": "/api/image-tasks?ids=mine%2F3&x=1"}, "mine/3"),
        ({"task_id": None, "poll_url": "https://elsewhere.example/?ids=mine-4"}, "mine-4"),
    ],
)
def test_the_tasks_id_is_read_wherever_it_stands(body, task_id):
    _calls, outcome = submit(an_order(), answer(202, body))

    assert outcome == Pending(ticket={"task_id": task_id})


@pytest.mark.promise(4)
def test_an_order_that_arrived_is_found_by_its_id_and_not_sent_again():
    calls, outcome = submit_again(items(an_item(status="failed")))

    assert [(call.method, call.params) for call in calls] == [("GET", {"ids": ID})]
    assert outcome == Pending(ticket={"task_id": ID})


@pytest.mark.promise(4)
def test_an_order_that_is_absent_twice_is_sent_again_with_the_same_bytes():
    first, _outcome = submit(an_order(), answer(200, ACCEPTED))

    calls, outcome = submit_again(items(), items(), answer(200, ACCEPTED))

    assert [call.method for call in calls] == ["GET", "GET", "POST"]
    assert [call.is_billable for call in calls] == [False, False, True]
    assert prepare(calls[2]) == prepare(first[0])
    assert outcome == Pending(ticket={"task_id": ID})
    assert isinstance(chatgpt2api, Remembering)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500, 502])
def test_a_question_that_goes_wrong_says_nothing_about_the_order(status):
    with pytest.raises(errors.BrokenAnswer):
        submit_again(answer(status, {"error_code": "premium_required"}))


def test_a_question_too_many_is_waited_for():
    with pytest.raises(errors.Limited):
        submit_again(items(), answer(429, {"error_code": "image_task_limited"}))


def test_a_good_key_gets_a_list_without_a_task_that_nobody_has():
    calls, outcome = run(chatgpt2api.probe(), items())

    assert [(call.method, call.url, call.is_billable) for call in calls] == [
        ("GET", "/api/image-tasks", False)
    ]
    assert outcome == Working()


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer(401, {"detail": "no"}), errors.BadKey),
        (answer(401, ""), errors.BadKey),
        (answer(200, "<html>another site</html>"), errors.BrokenAnswer),
        (answer(200, {"hello": "there"}), errors.BrokenAnswer),
        (answer(404, ""), errors.BadOrder),
    ],
)
def test_a_bad_key_or_a_wrong_address_is_found_out_by_the_probe(response, kind):
    with pytest.raises(kind):
        run(chatgpt2api.probe(), response)


# The document's table: ratio, 2K, 4K.
CELLS = """
1:1  2048x2048 2048x2048
16:9 2048x1152 3840x2160
9:16 1152x2048 2160x3840
4:3  2048x1536 3072x2304
3:4  1536x2048 2304x3072
3:2  2048x1536 3072x2304
2:3  1536x2048 2304x3072
"""
ROWS_OF_TABLE = [
    (ratio, resolution, cell)
    for ratio, *row in (line.split() for line in CELLS.strip().splitlines())
    for resolution, cell in zip(("2k", "4k"), row, strict=True)
]


@pytest.mark.parametrize("model", chatgpt2api.models, ids=lambda model: model.id)
@pytest.mark.parametrize(("ratio", "resolution", "cell"), ROWS_OF_TABLE)
def test_every_cell_of_the_size_table_is_in_the_record_for_aliases_too(
    model, ratio, resolution, cell
):
    sizes = model.expected_sizes(an_order(ratio=ratio, resolution=resolution))

    assert [str(size) for size in sizes] == [cell]


@pytest.mark.parametrize("ratio", MODEL.ratios)
def test_1k_promises_no_pixels(ratio):
    assert MODEL.expected_sizes(an_order(ratio=ratio, resolution="1k")) == ()
    assert MODEL.expected_sizes(an_order(ratio=ratio)) == ()


@pytest.mark.parametrize("fields", [{}, {"ratio": "auto"}])
def test_without_a_ratio_the_provider_decides(fields):
    assert MODEL.expected_sizes(an_order(resolution="2k", **fields)) == ()


def test_the_record_tells_both_models_their_limits_and_aliases():
    assert [model.id for model in chatgpt2api.models] == ["gpt-image-2", "gpt-image-2-5.5"]
    for model in chatgpt2api.models:
        assert model.ratios == ("auto", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")
        assert model.aliases == {"3:2": "4:3", "2:3": "3:4"}
        assert model.resolutions == ("1k", "2k", "4k")
        assert (model.max_count, model.max_references, model.max_concurrent) == (4, 1, 1)
        assert model.is_idempotent
        assert not model.has_mask


def test_with_a_reference_pictures_are_ordered_one_by_one():
    assert MODEL.shares(an_order(count=6)) == [4, 2]
    assert MODEL.shares(an_order(count=3, references=(a_reference(),))) == [1, 1, 1]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"size": Size(2048, 2048)}, "size"),
        ({"references": (a_reference(), a_reference())}, "references"),
        ({"references": (a_reference(20 * MB + 1),)}, "references"),
        ({"ratio": "21:9"}, "ratio"),
        ({"resolution": "8k"}, "resolution"),
        ({"quality": "high"}, "quality"),
        ({"mask": a_reference()}, "mask"),
    ],
)
def test_what_the_document_does_not_offer_is_refused_by_name(fields, field):
    assert [problem.field for problem in MODEL.problems(an_order(**fields))] == [field]
