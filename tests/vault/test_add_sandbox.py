from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from studio.accounts.models import User
from studio.providers.catalog import PROVIDERS
from studio.vault.models import ProviderKey
from tests.vault.conftest import sealed_key

URL = "/keys/sandbox/"


def test_it_makes_a_key_and_leads_to_the_studio(as_bob: Client, bob: User) -> None:
    response = as_bob.post(URL)

    key = ProviderKey.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/")
    assert (key.owner, key.provider, key.label) == (bob, "apimart", "Demo")
    assert (key.is_sandbox, key.is_default, key.is_shared) == (True, True, False)
    assert key.reveal().startswith("sandbox-")
    assert key.url.endswith("/sandbox/apimart")


def test_a_second_click_makes_no_second_key(as_bob: Client) -> None:
    as_bob.post(URL)
    as_bob.post(URL)

    assert ProviderKey.objects.count() == 1


def test_an_admins_first_one_is_for_the_team(as_alice: Client) -> None:
    as_alice.post(URL)
    first = ProviderKey.objects.get()
    first.delete_softly()
    as_alice.post(URL)

    again = ProviderKey.objects.get(deleted_at=None)
    assert ProviderKey.objects.get(label="Demo", deleted_at=None) == again
    assert not again.is_shared


def test_an_admins_first_one_is_shared(as_alice: Client, bob: User) -> None:
    as_alice.post(URL)

    assert list(ProviderKey.objects.usable_by(bob)) == [ProviderKey.objects.get()]


def test_a_real_default_stays_the_default(as_bob: Client, bob: User) -> None:
    real = sealed_key(bob)
    real.make_default()

    as_bob.post(URL)

    assert ProviderKey.objects.get(is_default=True) == real


def test_without_a_sandbox_there_is_none(as_bob: Client, settings: Settings) -> None:
    settings.STUDIO_SANDBOX = False

    assert as_bob.post(URL).status_code == 404
    assert not ProviderKey.objects.exists()


def test_a_link_does_nothing(as_bob: Client) -> None:
    assert as_bob.get(URL).status_code == 405


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_plays_every_provider(as_alice: Client, bob: User, name: str) -> None:
    for _ in range(2):
        as_alice.post(URL, {"provider": name})
    as_alice.post(URL)

    key = ProviderKey.objects.get(provider=name)
    assert key.url.endswith(f"/sandbox/{name}")
    assert key.label == ("Demo" if name == "apimart" else f"Demo: {PROVIDERS[name].label}")
    assert (key.is_sandbox, key.is_shared, key.is_default) == (True, True, True)
    assert ProviderKey.objects.count() == len({name, "apimart"})


def test_it_plays_no_others(as_bob: Client) -> None:
    assert as_bob.post(URL, {"provider": "acme"}).status_code == 404
    assert not ProviderKey.objects.exists()
