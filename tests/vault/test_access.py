"""Who gets what at every address of this room."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from studio.vault import urls
from studio.vault.models import ProviderKey
from tests.conftest import signed_in
from tests.vault.conftest import sealed_key

NEW = "sk-brand-new-00004242"
# name: (method, what is posted, what the owner gets)
OF_A_KEY: dict[str, tuple[str, dict[str, str], int]] = {
    "key-edit": ("post", {"label": "stolen", "base_url": "https://evil.example.com"}, 302),
    "key-replace": ("post", {"secret": NEW}, 302),
    "key-test": ("post", {}, 302),
    "key-pause": ("post", {}, 302),
    "key-resume": ("post", {}, 302),
    "key-share": ("post", {"is_shared": "on"}, 302),
    "key-default": ("post", {}, 302),
    "key-delete": ("post", {}, 302),
    "key-row": ("get", {}, 200),
}
OF_EVERYBODY: dict[str, tuple[str, dict[str, str], int]] = {
    "keys": ("get", {}, 200),
    "key-add": ("post", {"provider": "apimart", "secret": NEW}, 302),
    "key-add-sandbox": ("post", {}, 302),
}


def ask(client: Client, name: str, key: ProviderKey | None = None) -> Any:
    method, data, _ = (OF_A_KEY | OF_EVERYBODY)[name]
    return getattr(client, method)(reverse(name, args=[key.uid] if key else []), data)


def facts(key: ProviderKey) -> dict[str, Any]:
    return ProviderKey.objects.filter(pk=key.pk).values().get()


@pytest.mark.promise(34)
def test_every_address_stands_in_this_matrix() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(OF_A_KEY) | set(OF_EVERYBODY)


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", OF_A_KEY)
@pytest.mark.parametrize("is_shared", [False, True])
def test_a_key_is_its_owners_alone(
    as_alice: Client, as_charlie: Client, bob: User, name: str, is_shared: bool
) -> None:
    key = sealed_key(bob, is_shared=is_shared)
    before = facts(key)

    answers = [ask(client, name, key).status_code for client in (as_alice, as_charlie)]

    assert answers == [404, 404]
    assert facts(key) == before
    assert ask(signed_in(bob), name, key).status_code == OF_A_KEY[name][2]


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", ["key-edit", "key-replace", "key-delete"])
def test_no_dialog_of_somebody_elses_key(as_alice: Client, bob: User, name: str) -> None:
    key = sealed_key(bob, is_shared=True)

    assert as_alice.get(reverse(name, args=[key.uid])).status_code == 404


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", OF_EVERYBODY)
def test_members_and_admins_have_their_own(as_alice: Client, as_bob: Client, name: str) -> None:
    for client in (as_alice, as_bob):
        assert ask(client, name).status_code == OF_EVERYBODY[name][2]


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", [*OF_A_KEY, *OF_EVERYBODY])
@pytest.mark.parametrize("who", ["nobody", "disabled"])
def test_who_is_not_signed_in_is_sent_to_sign_in(bob: User, who: str, name: str) -> None:
    key = sealed_key(bob, is_shared=True)
    before = facts(key)
    client = Client()
    if who == "disabled":
        client = signed_in(bob)
        User.objects.filter(pk=bob.pk).update(is_disabled=True)

    response = ask(client, name, key if name in OF_A_KEY else None)

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))
    assert facts(key) == before
    assert ProviderKey.objects.count() == 1


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", [name for name, row in OF_A_KEY.items() if row[0] == "post"])
def test_another_site_cannot_press_a_button(bob: User, name: str) -> None:
    key = sealed_key(bob)
    before = facts(key)
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="studio.accounts.backends.EmailBackend")

    assert ask(client, name, key).status_code == 403
    assert facts(key) == before
