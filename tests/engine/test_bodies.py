from __future__ import annotations

from hashlib import sha256

import pytest

from studio.engine.bodies import Prepared, prepare
from studio.providers.calls import Call, Upload

PNG = Upload(part="image[]", name='a "cat".png', media_type="image/png", data=b"\x89PNG\r\n--")


def call(**fields) -> Call:
    return Call(method="POST", url="/", **fields)


def test_json_is_compact_and_the_row_can_remember_it():
    prepared = prepare(call(json={"prompt": "猫", "n": 2}))

    content = b'{"prompt":"\\u732b","n":2}'
    assert prepared == Prepared(content=content, media_type="application/json")
    assert prepared.sha256 == sha256(content).hexdigest()


def test_json_without_a_number_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        prepare(call(json={"n": float("nan")}))


def test_a_form_is_encoded():
    prepared = prepare(call(form={"prompt": "a b&c"}))

    assert prepared.content == b"prompt=a+b%26c"
    assert prepared.media_type == "application/x-www-form-urlencoded"


def test_uploads_make_a_multipart_body():
    prepared = prepare(call(form={"prompt": "猫"}, uploads=[PNG]))

    boundary = prepared.media_type.partition("boundary=")[2]
    assert (
        prepared.content
        == (
            f'--{boundary}\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n猫\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="image[]"; '
            'filename="a %22cat%22.png"\r\nContent-Type: image/png\r\n\r\n'
        ).encode()
        + PNG.data
        + f"\r\n--{boundary}--\r\n".encode()
    )


@pytest.mark.promise(4)
@pytest.mark.parametrize("fields", [{"json": {"a": 1}}, {"uploads": [PNG]}, {"body": b"raw"}])
def test_the_same_call_makes_the_same_bytes(fields):
    assert prepare(call(**fields)) == prepare(call(**fields))


def test_other_parts_make_another_boundary():
    first = prepare(call(form={"a": "bc"}, uploads=[PNG]))
    second = prepare(call(form={"ab": "c"}, uploads=[PNG]))

    assert first.media_type != second.media_type


def test_nothing_makes_nothing():
    assert prepare(call()) == Prepared()
