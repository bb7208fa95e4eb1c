"""Who gets what at the addresses of this room that are not public."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from studio.engine import hold
from studio.engine.models import Reason
from tests.conftest import signed_in

# name: (method, what a member gets, what an admin gets)
MATRIX = {"hold": ("get", 403, 200), "hold-resume": ("post", 403, 302)}


@pytest.fixture(autouse=True)
def held(db: None) -> None:
    hold.begin(Reason.PAUSED, by="manage.py")


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", MATRIX)
def test_only_an_admin_gets_there(as_alice: Client, as_bob: Client, name: str):
    method, member, admin = MATRIX[name]

    assert getattr(as_bob, method)(reverse(name)).status_code == member
    assert hold.is_on()
    assert getattr(as_alice, method)(reverse(name)).status_code == admin


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", MATRIX)
@pytest.mark.parametrize("who", ["nobody", "disabled"])
def test_who_is_not_signed_in_is_sent_to_sign_in(alice: User, bob: User, name: str, who: str):
    client = Client()
    if who == "disabled":
        client = signed_in(bob)
        bob.disable()

    response = getattr(client, MATRIX[name][0])(reverse(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))
    assert hold.is_on()


@pytest.mark.promise(34)
def test_another_site_and_a_link_lift_nothing(alice: User, as_alice: Client):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="studio.accounts.backends.EmailBackend")

    assert client.post(reverse("hold-resume")).status_code == 403
    assert as_alice.get(reverse("hold-resume")).status_code == 405
    assert as_alice.post(reverse("hold")).status_code == 405
    assert hold.is_on()
