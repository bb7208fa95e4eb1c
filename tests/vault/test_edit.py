from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from studio.vault.models import ProviderKey
from tests.vault.conftest import SECRET, sealed_key


def url(key: ProviderKey) -> str:
    return reverse("key-edit", args=[key.uid])


def test_another_name_leaves_the_secret(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, label="before", base_url="https://mirror.example.com")

    as_bob.post(url(key), {"label": "after", "base_url": "https://mirror.example.com"})

    key.refresh_from_db()
    assert (key.label, key.reveal(), key.is_paused) == ("after", SECRET, False)


@pytest.mark.promise(28)
def test_another_base_url_forgets_the_secret(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    as_bob.post(url(key), {"label": "", "base_url": "https://mirror.example.com"})

    key.refresh_from_db()
    assert (key.url, key.has_secret) == ("https://mirror.example.com", False)
    assert (key.is_paused, key.pause_code) == (True, "no_secret")


@pytest.mark.promise(28)
def test_back_to_the_usual_one_forgets_it_too(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, base_url="https://mirror.example.com")

    as_bob.post(url(key), {"label": "", "base_url": ""})

    key.refresh_from_db()
    assert (key.url, key.has_secret) == ("https://api.apimart.ai", False)


@pytest.mark.promise(28)
def test_another_path_of_the_same_host_forgets_it_too(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, base_url="https://mirror.example.com/a")

    as_bob.post(url(key), {"label": "", "base_url": "https://mirror.example.com/b"})

    key.refresh_from_db()
    assert not key.has_secret


@pytest.mark.parametrize(
    "same", ["https://MIRROR.example.com:443/a/", "https://mirror.example.com/a"]
)
def test_another_spelling_is_no_other_address(as_bob: Client, bob: User, same: str) -> None:
    key = sealed_key(bob, base_url="https://mirror.example.com/a")

    as_bob.post(url(key), {"label": "", "base_url": same})

    key.refresh_from_db()
    assert key.reveal() == SECRET


def test_the_secret_comes_with_the_new_address(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    as_bob.post(
        url(key), {"base_url": "https://mirror.example.com", "secret": "sk-for-the-mirror-1"}
    )

    key.refresh_from_db()
    assert (key.reveal(), key.is_paused, key.is_testing) == ("sk-for-the-mirror-1", False, True)


def test_a_forbidden_address_changes_nothing(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, label="before")
    posted = {"label": "after", "base_url": "https://127.0.0.1", "secret": "sk-typed-00000000"}

    html = as_bob.post(url(key), posted).content.decode()

    key.refresh_from_db()
    assert (key.label, key.reveal(), key.base_url) == ("before", SECRET, "")
    assert f'id="dlg-edit-{key.uid}" aria-labelledby="title-edit-{key.uid}" open' in html
    assert 'value="https://127.0.0.1"' in html
    assert 'value="after"' in html
    assert "sk-typed-00000000" not in html


@pytest.mark.promise(28)
def test_a_sandbox_key_cannot_be_led_elsewhere(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, is_sandbox=True)

    as_bob.post(
        url(key),
        {"label": "mine", "base_url": "https://example.com", "secret": "sk-elsewhere-0000"},
    )

    key.refresh_from_db()
    assert (key.label, key.base_url, key.reveal()) == ("mine", "", SECRET)


@pytest.mark.promise(35)
def test_nothing_else_can_be_set(as_bob: Client, bob: User, alice: User) -> None:
    key = sealed_key(bob)

    as_bob.post(
        url(key),
        {
            "label": "",
            "base_url": "",
            "owner": alice.pk,
            "provider": "other",
            "is_sandbox": "on",
            "is_shared": "on",
            "is_default": "on",
            "last_four": "8888",
            "test_status": "ok",
            "deleted_at": "2020-01-01",
        },
    )

    row = ProviderKey.objects.get()
    assert (row.owner, row.provider, row.last_four) == (bob, "apimart", "9c1e")
    assert (row.is_sandbox, row.is_shared, row.is_default) == (False, False, False)
    assert (row.test_status, row.deleted_at) == ("", None)


def test_the_form_is_a_page_of_its_own_too(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, label="before")

    html = as_bob.get(url(key)).content.decode()

    assert f'id="dlg-edit-{key.uid}" aria-labelledby="title-edit-{key.uid}" open' in html
    assert 'value="before"' in html
