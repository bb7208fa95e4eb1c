from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from studio.accounts.models import User
from studio.providers.catalog import PROVIDERS
from tests.vault.conftest import SECRET, sealed_key

URL = "/keys/"


def page(client: Client) -> str:
    response = client.get(URL)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_own_keys_stand_there_with_their_last_four(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, label="Client work")

    html = page(as_bob)

    assert f'id="key-{key.uid}"' in html
    assert "Client work" in html
    assert "…9c1e" in html
    assert "api.apimart.ai" in html
    assert "1K–4K, 15 ratios" in html
    assert "Not tested yet" in html


@pytest.mark.promise(32)
def test_no_one_sees_more_than_the_last_four(
    as_alice: Client, as_bob: Client, as_charlie: Client, bob: User
) -> None:
    sealed_key(bob, is_shared=True)

    for client in (as_alice, as_bob, as_charlie):
        html = page(client)
        assert "…9c1e" in html
        assert SECRET not in html
        assert SECRET[:-4] not in html


def test_shared_keys_of_others_have_no_controls(as_bob: Client, alice: User) -> None:
    key = sealed_key(alice, is_shared=True, base_url="https://inside.example.com")

    html = page(as_bob)

    assert "Shared by Alice Admin" in html
    assert f"/keys/{key.uid}/" not in html
    assert "inside.example.com" not in html


def test_private_keys_of_others_do_not_exist(as_alice: Client, bob: User) -> None:
    key = sealed_key(bob)

    assert str(key.uid) not in page(as_alice)


def test_deleted_keys_are_gone(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)
    key.delete_softly()

    assert str(key.uid) not in page(as_bob)


def test_without_a_key_the_page_explains_and_offers_two_ways(as_bob: Client) -> None:
    html = page(as_bob)

    assert "No key yet" in html
    assert reverse("key-add") in html
    assert reverse("key-add-sandbox") in html


def test_without_a_sandbox_it_is_not_offered(as_bob: Client, bob: User, settings: Settings) -> None:
    sealed_key(bob, is_sandbox=True)
    settings.STUDIO_SANDBOX = False

    html = page(as_bob)

    assert reverse("key-add-sandbox") not in html
    assert "Sandbox switched off" in html


def test_each_sandbox_is_offered_once(as_bob: Client, bob: User) -> None:
    sealed_key(bob)
    offered = page(as_bob)
    sealed_key(bob, is_sandbox=True)
    rest = page(as_bob)
    for name in PROVIDERS:
        sealed_key(bob, provider=name, is_sandbox=True)

    assert offered.count('<option value="apimart">plays APIMart') == 1
    assert "plays APIMart" not in rest
    assert rest.count("plays ") == len(PROVIDERS) - 1
    assert reverse("key-add-sandbox") not in page(as_bob)


def test_a_row_tells_what_the_test_learnt_and_what_the_provider_allows(
    as_bob: Client, bob: User
) -> None:
    key = sealed_key(bob, provider="gptimage2plus")
    key.note_test(ok=True, milliseconds=214, balance="1,140 cr", limits="588 / 600")

    html = page(as_bob)
    key.start_test()

    assert "1,140 cr left at GPTImage2 Plus" in html
    assert "Calls left: 588 / 600" in html
    assert "5 at a time, 600 calls an hour" in html
    assert "588 / 600" not in page(as_bob)


@pytest.mark.parametrize(
    ("code", "words", "button"),
    [
        ("bad_key", "APIMart does not accept this key.", "Enter a new key"),
        ("no_money", "has no money left at APIMart.", "Test again"),
        ("never_sent", "could not connect to api.apimart.ai.", "Test again"),
        ("forbidden_address", "api.apimart.ai leads to an address", "Change the base URL"),
        ("out of the blue", "APIMart did not accept the test.", "Test again"),
    ],
)
def test_a_failed_test_says_what_happened_and_what_to_do(
    as_bob: Client, bob: User, code: str, words: str, button: str
) -> None:
    sealed_key(bob).note_test(ok=False, code=code, detail="<b>their words</b>")

    html = page(as_bob)

    assert words in html
    assert button in html
    assert "APIMart said: “&lt;b&gt;their words&lt;/b&gt;”" in html


def test_what_the_provider_said_is_for_the_owner(as_charlie: Client, bob: User) -> None:
    sealed_key(bob, is_shared=True).note_test(
        ok=False, code="bad_key", detail="for bob@example.com"
    )

    html = page(as_charlie)

    assert "Key refused" in html
    assert "bob@example.com" not in html


def test_an_old_answer_is_not_the_reason_for_a_pause(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)
    key.note_test(ok=False, code="busy", detail="come back later")
    key.pause()

    html = page(as_bob)

    assert "This key is paused." in html
    assert "come back later" not in html


def test_a_passed_test_shows_how_long_it_took(as_bob: Client, bob: User) -> None:
    sealed_key(bob).note_test(ok=True, milliseconds=214)

    html = page(as_bob)

    assert "Tested OK" in html
    assert "214 ms" in html


def test_a_key_without_a_secret_asks_for_it(as_bob: Client, bob: User) -> None:
    sealed_key(bob).move_to("https://mirror.example.com")

    html = page(as_bob)

    assert "No key stored" in html
    assert "Enter a new key" in html


def test_a_row_asks_for_itself_while_a_test_runs_and_then_stops(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)
    asks = f'hx-get="{reverse("key-row", args=[key.uid])}"'
    quiet = page(as_bob)
    key.start_test()

    assert asks not in quiet
    assert asks in page(as_bob)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        overdue = page(as_bob)
    assert asks not in overdue
    assert "The test has not come back after a minute." in overdue


def test_the_number_of_keys_does_not_change_the_number_of_queries(
    as_bob: Client, bob: User, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page(as_bob)
    for number in range(5):
        sealed_key(bob, label=f"own {number}")
        sealed_key(alice, label=f"shared {number}", is_shared=True)

    with django_assert_num_queries(5):  # session, member, studio, keys, hold
        page(as_bob)


def test_nothing_in_it_needs_an_inline_script_or_style(as_bob: Client, bob: User) -> None:
    sealed_key(bob)

    html = page(as_bob)

    assert not re.search(r"\s(style|on\w+|hx-on\S*)=", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)


def test_ids_are_unique(as_bob: Client, bob: User) -> None:
    sealed_key(bob)
    sealed_key(bob)

    ids = re.findall(r'\sid="([^"]+)"', page(as_bob))

    assert sorted(set(ids)) == sorted(ids)


def test_it_is_only_read(as_bob: Client) -> None:
    assert as_bob.post(URL).status_code == 405
