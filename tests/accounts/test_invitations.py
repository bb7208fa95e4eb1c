"""Links that let one person in."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import Invitation, Role, User

FORM = {
    "name": "Noor Haddad",
    "email": "noor@example.com",
    "password": "a sentence is fine",
    "language": "",
}


@pytest.fixture
def open_one(alice: User) -> tuple[Invitation, str]:
    """An open invitation of alice, and the path of its link."""
    found, token = Invitation.objects.invite(alice, role=Role.MEMBER, email="noor@example.com")
    return found, f"/invitation/{token}/"


def test_an_admin_makes_a_link_that_is_shown_once(as_alice: Client, alice: User) -> None:
    response = as_alice.post("/team/invitations/", {"email": "Noor@Example.com", "role": "admin"})

    found = Invitation.objects.get()
    assert (found.email, found.role, found.invited_by) == ("noor@example.com", "admin", alice)
    link = response.context["link"]
    assert link.startswith("http://testserver/invitation/")
    assert link in response.text
    assert link not in as_alice.get("/team/").text


@pytest.mark.django_db
def test_a_link_has_enough_secret_bits_and_none_is_kept(alice: User) -> None:
    made = [Invitation.objects.invite(alice, role=Role.MEMBER) for _n in range(20)]

    tokens = {token for _row, token in made}
    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)  # 256 bits in base 64
    assert all(token not in repr(row.__dict__) for row, token in made)


def test_a_wrong_email_is_said_at_its_field(as_alice: Client) -> None:
    response = as_alice.post("/team/invitations/", {"email": "noor@", "role": "member"})

    assert list(response.context["invite_form"].errors) == ["email"]
    assert 'value="noor@"' in response.text
    assert not Invitation.objects.exists()


def test_a_guest_becomes_the_member_that_the_admin_chose(client: Client, open_one) -> None:
    found, url = open_one

    page = client.get(url)
    response = client.post(url, FORM)

    assert 'value="noor@example.com"' in page.text
    assert "Alice Admin invites you" in page.text
    assert (response.status_code, response["Location"]) == (302, reverse("studio"))
    noor = User.objects.get(email="noor@example.com")
    assert (noor.name, noor.role, noor.is_disabled) == ("Noor Haddad", Role.MEMBER, False)
    found.refresh_from_db()
    assert (found.accepted_by, found.accepted_at is not None) == (noor, True)
    assert client.get("/me/").status_code == 200


def test_a_link_works_once(client: Client, open_one) -> None:
    _found, url = open_one
    client.post(url, FORM)

    again = Client().post(url, {**FORM, "email": "second@example.com"})

    assert again.status_code == 410
    assert "This link is over" in again.text
    assert not User.objects.filter(email="second@example.com").exists()


def test_of_two_who_accept_at_once_one_wins(at_once, open_one) -> None:
    _found, url = open_one
    posts = [
        partial(Client().post, url, {**FORM, "email": f"noor{n}@example.com"}) for n in range(5)
    ]

    answers = at_once(*posts)

    assert sorted(answer.status_code for answer in answers) == [302, 410, 410, 410, 410]
    assert User.objects.filter(email__startswith="noor").count() == 1


def test_two_links_used_at_once_for_one_email_make_one_member(at_once, alice: User) -> None:
    urls = [
        f"/invitation/{Invitation.objects.invite(alice, role=Role.MEMBER)[1]}/" for _n in range(4)
    ]

    answers = at_once(*[partial(Client().post, url, FORM) for url in urls])

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    assert User.objects.filter(email="noor@example.com").count() == 1
    assert Invitation.objects.open().count() == 3


@pytest.mark.parametrize("days", [7, 30])
def test_a_link_dies_after_a_week(client: Client, open_one, days: int) -> None:
    found, url = open_one
    Invitation.objects.filter(pk=found.pk).update(
        expires_at=timezone.now() - timedelta(days=days - 7)
    )

    assert client.get(url).status_code == 410
    assert client.post(url, FORM).status_code == 410


def test_a_new_link_lives_for_a_week(open_one) -> None:
    found, _url = open_one

    assert timedelta(days=6, hours=23) < found.expires_at - timezone.now() <= timedelta(days=7)


def test_a_withdrawn_link_is_dead(client: Client, as_alice: Client, open_one) -> None:
    found, url = open_one

    response = as_alice.post(f"/team/invitations/{found.uid}/withdraw/")

    assert (response.status_code, response["Location"]) == (302, "/team/")
    assert client.get(url).status_code == 410
    assert "noor@example.com" not in as_alice.get("/team/").text


@pytest.mark.parametrize("act", ["disable", "demote"])
def test_links_of_one_who_may_no_longer_invite_are_dead(
    client: Client, bob: User, as_alice: Client, act: str
) -> None:
    bob.become(Role.ADMIN)
    _found, token = Invitation.objects.invite(bob, role=Role.ADMIN)
    url, data = {
        "disable": (f"/team/{bob.uid}/disable/", {}),
        "demote": (f"/team/{bob.uid}/role/", {"role": "member"}),
    }[act]

    as_alice.post(url, data)

    assert client.get(f"/invitation/{token}/").status_code == 410


def test_a_guessed_link_is_dead(client: Client, bob: User) -> None:
    assert client.get("/invitation/guess/").status_code == 410


def test_a_taken_email_is_said_at_its_field(client: Client, open_one, bob: User) -> None:
    found, url = open_one

    response = client.post(url, {**FORM, "email": "BOB@example.com"})

    assert response.context["form"].errors == {
        "email": ["A member of this studio already uses this email."]
    }
    found.refresh_from_db()
    assert found.is_open


@pytest.mark.promise(35)
def test_a_guest_cannot_choose_more_than_the_form_asks(client: Client, open_one) -> None:
    _found, url = open_one

    client.post(url, {**FORM, "role": "admin", "is_disabled": "on", "is_admin": "on", "id": "99"})

    noor = User.objects.get(email="noor@example.com")
    assert (noor.role, noor.is_disabled, noor.pk == 99) == (Role.MEMBER, False, False)


def test_who_is_signed_in_is_warned(as_bob: Client, open_one) -> None:
    _found, url = open_one

    assert "You are signed in as Bob Member." in as_bob.get(url).text
