"""GPTImage2 Plus against its document: signed webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.providers.plus import SUCCEEDED, TICKET, plus

SECRET = "whsec_0123456789"
EVENT = {
    "event": "generation.succeeded",
    "data": {key: SUCCEEDED[key] for key in SUCCEEDED if key != "id"} | {"generationId": "gen_1"},
}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Gptimg-Event": "generation.succeeded",
        "X-Gptimg-Signature": signature,
        "X-Gptimg-Delivery": "3f0c",
    }


@pytest.mark.parametrize("event", ["generation.succeeded", "generation.failed", "generation.new"])
def test_a_signed_webhook_gives_the_ticket(event):
    body = json.dumps({**EVENT, "event": event}).encode()

    assert plus.receive(signed(body), body, SECRET) == TICKET


def test_the_names_of_headers_may_be_written_in_any_case():
    body = json.dumps(EVENT).encode()
    headers = {name.lower(): value for name, value in signed(body).items()}

    assert plus.receive(headers, body, SECRET) == TICKET


@pytest.mark.promise(18)
@pytest.mark.parametrize(
    ("change", "secret"),
    [
        ({"X-Gptimg-Signature": "0" * 64}, SECRET),
        ({"X-Gptimg-Signature": ""}, SECRET),
        ({"X-Gptimg-Signature": "é\ud800"}, SECRET),
        ({}, SECRET + "x"),
        ({}, ""),
    ],
)
def test_a_forged_webhook_gives_nothing(change, secret):
    body = json.dumps(EVENT).encode()

    assert plus.receive(signed(body) | change, body, secret) is None
    assert not plus.is_signed(signed(body) | change, body, secret)


@pytest.mark.promise(18)
def test_an_unsigned_webhook_gives_nothing():
    body = json.dumps(EVENT).encode()

    assert plus.receive({}, body, SECRET) is None


@pytest.mark.promise(18)
@pytest.mark.parametrize("secret", ["", " ", "\n"])
def test_an_empty_secret_signs_nothing(secret):
    body = json.dumps(EVENT).encode()

    assert plus.receive(signed(body, secret), body, secret) is None


@pytest.mark.promise(18)
@pytest.mark.parametrize("place", [0, 10, -1])
def test_one_changed_byte_gives_nothing(place):
    body = bytearray(json.dumps(EVENT).encode())
    headers = signed(bytes(body))
    body[place] ^= 1

    assert plus.receive(headers, bytes(body), SECRET) is None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"<html>", b'{"data": []}', b'{"data": {"generationId": 7}}']
)
def test_a_signed_webhook_about_nothing_gives_nothing(body):
    assert plus.is_signed(signed(body), body, SECRET)
    assert plus.receive(signed(body), body, SECRET) is None


@given(body=st.binary(max_size=200), headers=st.dictionaries(st.text(), st.text(), max_size=4))
def test_any_webhook_gives_a_ticket_or_nothing(body, headers):
    assert plus.receive(headers, body, SECRET) is None
    assert plus.receive(signed(body), body, SECRET) in (None, TICKET)
