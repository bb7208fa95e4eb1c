"""A new password for who forgot the old one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from studio.accounts.actions import reset_path
from studio.accounts.models import User
from studio.accounts.tasks import mail_reset_link
from tests.conftest import PASSWORD, signed_in

NEW = "another sentence is fine"
URL = "/reset/"


@pytest.fixture
def mailing(settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    settings.STUDIO_PUBLIC_URL = "https://studio.example.com"


def link_in(message: mail.EmailMessage) -> str:
    return next(line for line in str(message.body).splitlines() if line.startswith("http"))


def test_without_mail_the_page_sends_to_an_admin(client: Client, bob: User) -> None:
    page = client.get(URL)
    posted = client.post(URL, {"email": "bob@example.com"})

    assert "Ask an admin" in page.text
    assert "<input class=" not in page.text
    assert posted.text.count("Ask an admin") == 1
    assert not OrmQ.objects.exists()


def test_a_forged_host_never_gets_into_a_mail(client: Client, bob: User, settings) -> None:
    settings.EMAIL_HOST, settings.ALLOWED_HOSTS = "mail.example.com", ["*"]

    page = client.post(URL, {"email": "bob@example.com"}, headers={"Host": "evil.example"})

    assert "Ask an admin" in page.text
    assert not OrmQ.objects.exists()


def test_the_answer_does_not_tell_who_is_a_member(
    client: Client, bob: User, mailing: None, django_capture_on_commit_callbacks
) -> None:
    pages = []
    for email in ["BOB@example.com", "nobody@example.com"]:
        with django_capture_on_commit_callbacks(execute=True) as waiting:
            pages.append(Client().post(URL, {"email": email}))
        assert len(waiting) == 1

    known, unknown = [page.text.split("<form")[0] for page in pages]
    assert "a link is on its way" in known
    assert known.split("<main")[1] == unknown.split("<main")[1]


def test_a_link_is_mailed_in_the_members_language(bob: User, mailing: None) -> None:
    mail_reset_link(bob.pk, "https://studio.example.com")

    message = mail.outbox[0]
    assert message.to == ["bob@example.com"]
    assert "Halide Studio" in message.subject
    link = link_in(message)
    assert link.startswith("https://studio.example.com/reset/")
    assert Client().get(link.removeprefix("https://studio.example.com")).status_code == 200


def test_a_doubled_task_mails_once(bob: User) -> None:
    with time_machine.travel(datetime(2026, 11, 21, tzinfo=UTC), tick=False) as clock:
        mail_reset_link(bob.pk, "https://studio.example.com")
        mail_reset_link(bob.pk, "https://studio.example.com")
        assert len(mail.outbox) == 1

        clock.shift(timedelta(minutes=3))
        mail_reset_link(bob.pk, "https://studio.example.com")

    assert len(mail.outbox) == 2


def test_nobody_and_the_disabled_get_no_mail(bob: User) -> None:
    bob.disable()

    mail_reset_link(bob.pk, "https://studio.example.com")
    mail_reset_link(0, "https://studio.example.com")

    assert mail.outbox == []


def test_an_admin_makes_a_link_for_a_member(as_alice: Client, bob: User) -> None:
    response = as_alice.post(f"/team/{bob.uid}/link/")

    assert response.context["link"].startswith(f"http://testserver/reset/{bob.uid}/")
    assert response.context["link"] in response.text
    assert "no-store" in response["Cache-Control"]


def test_the_link_carries_the_public_name(as_alice: Client, bob: User, mailing: None) -> None:
    link = as_alice.post(f"/team/{bob.uid}/link/").context["link"]

    assert link.startswith("https://studio.example.com/reset/")


def test_the_link_sets_a_password_signs_in_and_ends_other_sessions(
    client: Client, bob: User
) -> None:
    phone = signed_in(bob)
    bob.refresh_from_db()

    response = client.post(reset_path(bob), {"password": NEW})

    assert (response.status_code, response["Location"]) == (302, reverse("studio"))
    assert client.get("/me/").status_code == 200
    assert phone.get("/me/").status_code == 302
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_the_link_works_once(client: Client, bob: User) -> None:
    link = reset_path(bob)
    client.post(link, {"password": NEW})

    assert Client().get(link).status_code == 410
    assert Client().post(link, {"password": "a third sentence"}).status_code == 410
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_of_several_at_once_one_wins(at_once, bob: User) -> None:
    link = reset_path(bob)

    answers = at_once(*[partial(Client().post, link, {"password": f"{NEW} {n}"}) for n in range(4)])

    assert sorted(answer.status_code for answer in answers) == [302, 410, 410, 410]
    winner = [answer.status_code for answer in answers].index(302)
    bob.refresh_from_db()
    assert bob.check_password(f"{NEW} {winner}")


def test_the_link_dies_after_three_days(client: Client, bob: User) -> None:
    link = reset_path(bob)

    with time_machine.travel(datetime.now(UTC) + timedelta(days=3, minutes=1)):
        assert client.get(link).status_code == 410


def test_the_link_dies_when_the_member_signs_in(client: Client, bob: User) -> None:
    link = reset_path(bob)
    Client().post("/login/", {"username": bob.email, "password": PASSWORD})

    assert client.get(link).status_code == 410


def test_the_link_of_another_or_a_disabled_member_is_dead(
    client: Client, bob: User, charlie: User
) -> None:
    token = reset_path(bob).rstrip("/").rsplit("/", 1)[1]
    bob.disable()

    assert client.get(f"/reset/{charlie.uid}/{token}/").status_code == 410
    assert client.post(f"/reset/{bob.uid}/{token}/", {"password": NEW}).status_code == 410


def test_a_weak_password_is_refused_at_its_field(client: Client, bob: User) -> None:
    response = client.post(reset_path(bob), {"password": "too short"})

    assert "at least 12" in response.context["form"].errors["password"][0]
    assert client.post(reset_path(bob), {"password": "bob@example.com"}).status_code == 200
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_a_new_password_opens_an_account_that_was_closed_by_tries(
    client: Client, bob: User
) -> None:
    for _n in range(5):
        Client().post("/login/", {"username": bob.email, "password": "wrong horse battery"})
    client.post(reset_path(bob), {"password": NEW})

    response = Client().post("/login/", {"username": bob.email, "password": NEW})

    assert response.status_code == 302
