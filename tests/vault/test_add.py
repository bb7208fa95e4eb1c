from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from studio.accounts.models import User
from studio.vault.models import ProviderKey
from tests.vault.conftest import SECRET, sealed_key

URL = "/keys/add/"


def form(**fields: Any) -> dict[str, Any]:
    return {"provider": "apimart", "label": "Studio", "secret": SECRET, "base_url": "", **fields}


def test_it_keeps_the_key_and_tests_it(
    as_bob: Client, bob: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as enqueued:
        response = as_bob.post(URL, form())

    key = ProviderKey.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/keys/")
    assert (key.owner, key.provider, key.label, key.last_four) == (bob, "apimart", "Studio", "9c1e")
    assert (key.is_sandbox, key.is_shared, key.is_default) == (False, False, True)
    assert key.reveal() == SECRET
    assert key.is_testing
    assert [call.args for call in enqueued] == [("studio.engine.tasks.test_key", key.pk)]  # type: ignore[attr-defined]


def test_it_can_be_shared_at_once(as_bob: Client) -> None:
    as_bob.post(URL, form(is_shared="on"))

    assert ProviderKey.objects.get().is_shared


def test_a_real_key_becomes_the_default_once(as_bob: Client, bob: User) -> None:
    sealed_key(bob, is_sandbox=True).make_default()

    as_bob.post(URL, form(label="first"))
    as_bob.post(URL, form(label="second"))

    assert ProviderKey.objects.get(is_default=True).label == "first"


def test_the_form_is_a_page_of_its_own_too(as_bob: Client) -> None:
    html = as_bob.get(URL).content.decode()

    assert 'id="dlg-add" aria-labelledby="title-add" open' in html


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"provider": "nobody"}, "nobody is not one of the available choices"),
        ({"secret": ""}, "This field is required."),
        ({"secret": "two words"}, "no spaces"),
        ({"base_url": "https://user:pass@example.com"}, "user name and password"),
        ({"base_url": "https://example.com/?key=1"}, "out of the address"),
        ({"base_url": "https://example.com/#here"}, "out of the address"),
        ({"base_url": "http://example.com"}, "must begin with https://"),
        ({"base_url": "http://127.0.0.1:9000"}, "private network"),
        ({"base_url": "https://[::ffff:10.0.0.1]"}, "private network"),
        ({"base_url": "https://169.254.169.254/latest"}, "private network"),
        ({"base_url": "ftp://example.com"}, "not a web address"),
        ({"label": "x" * 61}, "at most 60 characters"),
    ],
)
def test_a_refused_form_keeps_what_was_typed_but_the_secret(
    as_bob: Client, fields: dict[str, str], words: str
) -> None:
    typed = form(**{"label": "Client work", "is_shared": "on", **fields})

    html = as_bob.post(URL, typed).content.decode()

    assert not ProviderKey.objects.exists()
    assert words in html
    assert 'id="dlg-add" aria-labelledby="title-add" open' in html
    assert typed["label"] in html
    assert 'name="is_shared" id="add-is_shared" checked' in html
    assert SECRET not in html


@pytest.mark.promise(28)
def test_a_private_address_needs_the_operators_leave(as_bob: Client, settings: Settings) -> None:
    as_bob.post(URL, form(base_url="http://10.0.0.7:3000/v1"))
    refused = ProviderKey.objects.count()
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["10.0.0.0/8"]
    as_bob.post(URL, form(base_url="http://10.0.0.7:3000/v1/"))

    assert refused == 0
    assert ProviderKey.objects.get().base_url == "http://10.0.0.7:3000/v1"


def test_the_providers_own_address_is_not_kept_twice(as_bob: Client) -> None:
    as_bob.post(URL, form(base_url="https://API.apimart.ai/"))

    assert ProviderKey.objects.get().base_url == ""


@pytest.mark.promise(35)
def test_nothing_else_can_be_set(as_bob: Client, bob: User, alice: User) -> None:
    as_bob.post(
        URL,
        form(
            owner=alice.pk,
            owner_id=alice.pk,
            uid="00000000-0000-0000-0000-000000000000",
            is_sandbox="on",
            is_paused="on",
            pause_code="by_owner",
            last_four="8888",
            sealed="x",
            test_status="ok",
            test_code="fine",
            test_milliseconds="1",
            used_at="2020-01-01",
            deleted_at="2020-01-01",
            id="4711",
        ),
    )

    key = ProviderKey.objects.get()
    assert key.owner == bob
    assert str(key.uid) != "00000000-0000-0000-0000-000000000000"
    assert key.pk != 4711
    assert (key.is_sandbox, key.is_paused, key.pause_code) == (False, False, "")
    assert (key.last_four, key.test_status, key.test_code) == ("9c1e", "waiting", "")
    assert (key.test_milliseconds, key.used_at, key.deleted_at) == (None, None, None)
