"""The page that makes the studio and its first admin, once."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from studio.accounts.models import Role, Studio, User
from tests.accounts.conftest import HTMX

URL = "/first-run/"
FORM = {
    "name": "Mei Lin",
    "email": "Mei@Halide.Studio",
    "password": "a sentence is fine",
    "studio_name": "Halide Studio",
    "language": "zh-hans",
}


@pytest.mark.django_db
def test_it_makes_the_studio_and_its_admin_and_signs_them_in(client: Client) -> None:
    response = client.post(URL, FORM)

    assert (response.status_code, response["Location"]) == (302, reverse("studio"))
    mei = User.objects.get()
    assert (mei.name, mei.email, mei.role) == ("Mei Lin", "mei@halide.studio", Role.ADMIN)
    assert (mei.language, mei.check_password(FORM["password"])) == ("zh-hans", True)
    assert Studio.objects.get().name == "Halide Studio"
    assert client.get("/me/").status_code == 200


@pytest.mark.django_db
def test_it_shows_the_form_while_nobody_exists(client: Client) -> None:
    response = client.get(URL)

    assert response.status_code == 200
    assert "Create the first admin" in response.text
    assert "no-store" in response["Cache-Control"]


def test_it_is_gone_once_somebody_exists(client: Client, bob: User) -> None:
    assert client.get(URL).status_code == 404
    assert client.post(URL, FORM).status_code == 404
    assert User.objects.get() == bob


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/", "/login/", "/me/", "/team/"])
def test_every_door_leads_to_it_while_nobody_exists(client: Client, url: str) -> None:
    response = client.get(url)

    assert (response.status_code, response["Location"]) == (302, URL)


@pytest.mark.django_db
def test_htmx_is_led_to_it_too(client: Client) -> None:
    assert client.get("/team/", headers=HTMX)["HX-Redirect"] == URL


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", " ", "required"),
        ("email", "mei", "valid email"),
        ("password", "eleven char", "at least 12"),
        ("password", "mei@halide.studio", "too similar"),
        ("studio_name", "", "required"),
        ("language", "tlh", "not one of the available"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    client: Client, field: str, value: str, error: str
) -> None:
    response = client.post(URL, {**FORM, field: value})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert error in response.context["form"].errors[field][0]
    assert f'aria-describedby="id_{field}' in response.text
    assert 'aria-invalid="true"' in response.text
    assert f'id="id_{field}_error"' in response.text
    assert not User.objects.exists()


@pytest.mark.django_db
def test_what_was_typed_is_kept_but_not_the_password(client: Client) -> None:
    page = client.post(URL, {**FORM, "email": "mei@"}).text

    assert 'value="Mei Lin"' in page
    assert 'value="mei@"' in page
    assert FORM["password"] not in page


@pytest.mark.django_db
@pytest.mark.promise(35)
def test_only_its_own_fields_count(client: Client) -> None:
    client.post(URL, {**FORM, "is_disabled": "on", "uid": "0" * 32, "id": "77", "pk": "77"})

    mei = User.objects.get()
    assert (mei.is_disabled, mei.uid.int == 0, mei.pk == 77) == (False, False, False)


@pytest.mark.parametrize("people", [2, 6])
def test_several_at_once_make_exactly_one_admin(at_once, people: int) -> None:
    posts = [
        partial(Client().post, URL, {**FORM, "email": f"mei{n}@halide.studio"})
        for n in range(people)
    ]

    answers = at_once(*posts)

    assert User.objects.count() == Studio.objects.count() == 1
    opened = [answer for answer in answers if answer.get("Location") == reverse("studio")]
    assert len(opened) == 1
    assert {answer.status_code for answer in answers if answer not in opened} <= {302, 404}
