"""A key that is entered is found nowhere again."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from studio.accounts.models import User
from studio.vault import masterkeys
from studio.vault.models import ProviderKey

CANARY = "sk+canary/77=Zq:0123456789&abcdefgh"
FORMS = [
    CANARY,
    CANARY[:-4],
    quote(CANARY),
    quote(CANARY, safe=""),
    quote_plus(CANARY),
    CANARY.replace("&", "&amp;"),
    base64.b64encode(CANARY.encode()).decode()[:-2],
    base64.urlsafe_b64encode(CANARY.encode()).decode()[:-2],
]


def dump() -> str:
    """The whole database as text, the messages of the queue unpacked."""
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        rows = [row for table in tables for row in cursor.execute(f'SELECT * FROM "{table}"')]
    messages = [message.task for message in OrmQ.objects.all()]
    assert messages
    return "\n".join(map(repr, [*rows, *messages]))


def answers(client: Client) -> Iterator[str]:
    """Everything that the vault answers in the life of a key, whatever goes wrong."""

    def post(name: str, *args: object, **data: str) -> str:
        response = client.post(reverse(name, args=args), data, follow=True)
        return response.content.decode() + repr(response.headers) + repr(response.redirect_chain)

    yield post("key-add", provider="nobody", secret=CANARY)
    yield post("key-add", provider="apimart", secret=CANARY, base_url="http://10.0.0.1")
    yield post("key-add", provider="apimart", secret=f"{CANARY} {CANARY}")
    yield post("key-add", provider="apimart", secret=CANARY, is_shared="on")
    key = ProviderKey.objects.get()
    yield post("key-edit", key.uid, base_url="http://10.0.0.1", secret=CANARY)
    yield post("key-edit", key.uid, base_url="https://mirror.example.com", secret=CANARY)
    yield post("key-replace", key.uid, secret=f"{CANARY}é")
    yield post("key-replace", key.uid, secret=CANARY)
    key.refresh_from_db()
    for code in ("bad_key", "busy", "never_sent"):
        key.note_test(ok=False, code=code, detail=f"no: {CANARY} or {quote(CANARY, safe='')}")
        yield post("key-pause", key.uid)
        yield post("key-resume", key.uid)
        yield client.get(reverse("key-row", args=[key.uid])).content.decode()
    yield post("key-test", key.uid)


def assert_no_canary(text: str) -> None:
    assert [form for form in FORMS if form in text] == []


@pytest.mark.promise(29)
def test_it_is_in_no_answer_no_table_and_no_log(
    as_bob: Client,
    as_alice: Client,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    caplog.set_level(logging.DEBUG)

    with django_capture_on_commit_callbacks(execute=True):
        for answer in answers(as_bob):
            assert_no_canary(answer)

    assert ProviderKey.objects.get().reveal() == CANARY
    assert_no_canary(as_alice.get("/keys/").content.decode())
    assert_no_canary(dump())
    assert_no_canary(caplog.text)


@pytest.mark.promise(29)
@pytest.mark.parametrize("is_debug", [False, True])
@pytest.mark.parametrize("name", ["key-add", "key-replace", "key-edit"])
def test_it_is_in_no_trace_of_an_error(
    as_bob: Client,
    bob: User,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    name: str,
    is_debug: bool,
) -> None:
    caplog.set_level(logging.DEBUG)
    key = ProviderKey.objects.create(owner=bob, provider="apimart")
    settings.DEBUG, settings.STUDIO_MASTER_KEYS = is_debug, "not a master key"
    as_bob.raise_request_exception = False
    data = {"provider": "apimart", "secret": CANARY, "base_url": "https://mirror.example.com"}

    response = as_bob.post(reverse(name, args=[] if name == "key-add" else [key.uid]), data)

    assert response.status_code == 500
    assert is_debug == ("BadMasterKey" in response.content.decode())
    assert "BadMasterKey" in caplog.text
    assert_no_canary(response.content.decode())
    assert_no_canary(caplog.text)


@pytest.mark.promise(29)
def test_the_master_key_is_nowhere_either(
    as_bob: Client,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    caplog.set_level(logging.DEBUG)
    with django_capture_on_commit_callbacks(execute=True):
        html = "".join(answers(as_bob))
    settings.DEBUG = True
    as_bob.raise_request_exception = False
    master = masterkeys.keys_file().read_text().strip()
    settings.STUDIO_MASTER_KEYS = f"{master},broken"

    trace = as_bob.post(reverse("key-add"), {"provider": "apimart", "secret": CANARY})

    assert trace.status_code == 500
    for text in (html, trace.content.decode(), dump(), caplog.text):
        assert master not in text
