"""chatgpt2api against its document: what its answers mean, and whatever else may come."""

from __future__ import annotations

import pytest

from studio.providers import errors
from studio.providers.contract import Done, Pending, Picture
from tests.providers.chatgpt2api import (
    GALLERY,
    ID,
    PNG,
    PUBLIC,
    an_item,
    chatgpt2api,
    coded,
    items,
    poll,
)
from tests.providers.driving import answer, run


# The answer printed in the document, and what its words leave open.
def test_a_finished_task_has_the_public_address_and_the_bytes():
    row = an_item(status="succeeded", result={"data": [coded(PNG)]}, gallery_task=GALLERY)

    assert poll(items(row)) == Done(pictures=(Picture(url=PUBLIC, data=PNG),))


def test_all_pictures_come_though_only_the_first_is_public():
    data = [coded(b"one"), coded(b"two"), coded(b"three"), coded(b"four")]
    row = an_item(status="succeeded", result={"data": data}, gallery_task=GALLERY)

    outcome = poll(items(row))

    assert [(picture.url, picture.data) for picture in outcome.pictures] == [
        (PUBLIC, b"one"),
        ("", b"two"),
        ("", b"three"),
        ("", b"four"),
    ]


@pytest.mark.parametrize(
    ("result", "gallery", "pictures"),
    [
        ({"data": [coded(PNG)]}, None, [("", PNG)]),
        ({"data": [coded(PNG)]}, {"image_url_public": None}, [("", PNG)]),
        ({"data": [coded(PNG)]}, {"image_url_public": "/relative.png"}, [("", PNG)]),
        (None, GALLERY, [(PUBLIC, b"")]),
        ({"data": []}, GALLERY, [(PUBLIC, b"")]),
        ({"data": [{"file_id": "f"}, coded(b"two")]}, GALLERY, [(PUBLIC, b""), ("", b"two")]),
        ({"data": [{"b64_json": "*"}, coded(b"two")]}, None, [("", b"two")]),
        ({"data": [{"b64_json": "data:image/png;base64,cG5n"}]}, None, [("", b"png")]),
        ({"data": [{"b64_json": "cG\r\n5n\n"}]}, None, [("", b"png")]),
        ({"data": [None, 7, coded(b"three")]}, None, [("", b"three")]),
    ],
)
def test_pictures_are_taken_however_they_come(result, gallery, pictures):
    row = an_item(status="succeeded", result=result, gallery_task=gallery)

    outcome = poll(items(row))

    assert [(picture.url, picture.data) for picture in outcome.pictures] == pictures


@pytest.mark.parametrize("status", ["queued", "running", "uploading"])
def test_a_task_that_has_not_ended_is_pending(status):
    assert poll(items(an_item(status=status))) == Pending(ticket={"task_id": ID})


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"status": "failed"}, "failed"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "interrupted", "error": "server restarted"}, "server restarted"),
        (
            {"status": "failed", "error_code": "upstream_failed", "upstream_status": 502},
            "upstream_status 502, upstream_failed",
        ),
        (
            {"status": "failed", "error": {"message": "gave up", "error_code": "timeout"}},
            "gave up, timeout",
        ),
        ({"status": "failed", "detail": {"error": {"message": "deep"}}}, "deep"),
    ],
)
def test_a_task_that_ended_badly_has_failed_in_its_own_words(row, words):
    with pytest.raises(errors.Failed) as caught:
        poll(items(an_item(**row)))

    assert caught.value.detail == words


def test_a_task_that_the_content_policy_stopped_is_blocked():
    row = an_item(status="failed", error="refused", error_code="content_policy_violation")

    with pytest.raises(errors.Blocked) as caught:
        poll(items(row))

    assert caught.value.detail == "refused, content_policy_violation"


@pytest.mark.parametrize("rows", [[], [{"id": "another", "status": "succeeded"}], [None, 7]])
def test_an_id_that_is_left_out_is_not_known(rows):
    with pytest.raises(errors.UnknownTask):
        poll(items(*rows))


def test_the_only_row_may_go_without_its_id():
    assert poll(items({"status": "queued"})) == Pending(ticket={"task_id": ID})


@pytest.mark.parametrize(
    "response",
    [
        answer(200, {}),
        answer(200, {"items": None}),
        answer(200, {"items": {}}),
        answer(200, "<html>"),
        answer(502, {"error_code": "upstream_failed"}),
        answer(200, {"items": [{"id": ID}]}),
        answer(200, {"items": [{"id": ID, "status": 3}]}),
        answer(200, {"items": [{"id": ID, "status": "succeeded"}]}),
        answer(200, {"items": [{"id": ID, "status": "succeeded", "result": {"data": [{}]}}]}),
    ],
)
def test_an_answer_to_a_poll_beyond_the_document_is_broken(response):
    with pytest.raises(errors.BrokenAnswer):
        poll(response)


def test_a_ticket_cannot_leave_its_path():
    calls, _outcome = run(
        chatgpt2api.poll({"task_id": "../x?y=1&ids=2"}), items({"status": "queued"})
    )

    (call,) = calls
    assert (call.method, call.url, call.params) == (
        "GET",
        "/api/image-tasks",
        {"ids": "../x?y=1&ids=2"},
    )
    assert not call.is_billable
