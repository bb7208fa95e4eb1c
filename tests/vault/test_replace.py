from __future__ import annotations

from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from studio.vault.models import ProviderKey
from tests.vault.conftest import SECRET, sealed_key


def url(key: ProviderKey) -> str:
    return reverse("key-replace", args=[key.uid])


def test_the_new_one_takes_the_place_of_the_old(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)
    key.pause("bad_key")

    response = as_bob.post(url(key), {"secret": " sk-brand-new-00004242 "})

    key.refresh_from_db()
    assert response["Location"] == "/keys/"
    assert (key.reveal(), key.last_four) == ("sk-brand-new-00004242", "4242")
    assert (key.is_paused, key.is_testing) == (False, True)


def test_a_refused_one_leaves_the_old(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    html = as_bob.post(url(key), {"secret": "with a blank"}).content.decode()

    key.refresh_from_db()
    assert key.reveal() == SECRET
    assert f'id="dlg-replace-{key.uid}" aria-labelledby="title-replace-{key.uid}" open' in html
    assert "with a blank" not in html


def test_the_error_stands_at_its_own_key_only(as_bob: Client, bob: User) -> None:
    key, other = sealed_key(bob), sealed_key(bob)

    html = as_bob.post(url(key), {"secret": ""}).content.decode()

    assert f'id="replace-{key.uid}-secret_error"' in html
    assert f'id="replace-{other.uid}-secret_error"' not in html
    assert html.count(" open>") == 1


def test_the_form_is_a_page_of_its_own_too(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    html = as_bob.get(url(key)).content.decode()

    assert f'id="dlg-replace-{key.uid}" aria-labelledby="title-replace-{key.uid}" open' in html
