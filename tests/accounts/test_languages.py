"""In which language people are answered."""

from __future__ import annotations

import pytest
from django.test import Client

from studio.accounts.models import User
from tests.accounts.conftest import HTMX

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}


def test_a_guest_is_answered_as_the_browser_says(client: Client, bob: User) -> None:
    chinese, english = client.get("/login/", headers=CHINESE), client.get("/login/")

    assert (chinese["Content-Language"], english["Content-Language"]) == ("zh-hans", "en")
    assert '<html lang="zh-CN">' in chinese.text
    assert "Accept-Language" in chinese["Vary"]


@pytest.mark.parametrize("header", ["zh-TW", "zh", "zh-Hans-CN"])
def test_every_chinese_gets_the_one_that_there_is(client: Client, bob: User, header: str) -> None:
    response = client.get("/login/", headers={"Accept-Language": header})

    assert response["Content-Language"] == "zh-hans"


@pytest.mark.parametrize("header", ["tlh", "", "*", "x" * 600, "en-AU"])
def test_any_other_browser_gets_english(client: Client, bob: User, header: str) -> None:
    assert client.get("/login/", headers={"Accept-Language": header})["Content-Language"] == "en"


def test_a_members_choice_comes_before_the_browser(as_bob: Client, bob: User) -> None:
    User.objects.update(language="en")

    assert as_bob.get("/me/", headers=CHINESE)["Content-Language"] == "en"


def test_a_language_that_is_no_more_counts_as_no_choice(as_bob: Client, bob: User) -> None:
    User.objects.update(language="tlh")

    assert as_bob.get("/me/", headers=CHINESE)["Content-Language"] == "zh-hans"


def test_a_members_choice_is_kept_with_them(as_bob: Client, bob: User) -> None:
    response = as_bob.post("/me/language/", {"language": "zh-hans", "next": "/team/"})

    assert (response.status_code, response["Location"]) == (302, "/team/")
    bob.refresh_from_db()
    assert bob.language == "zh-hans"
    assert as_bob.get("/me/")["Content-Language"] == "zh-hans"


def test_htmx_loads_the_page_anew(as_bob: Client) -> None:
    response = as_bob.post("/me/language/", {"language": "en"}, headers=HTMX)

    assert response["HX-Refresh"] == "true"


def test_a_guests_choice_is_kept_in_a_cookie(client: Client, bob: User) -> None:
    response = client.post("/me/language/", {"language": "zh-hans", "next": "/login/"})

    assert response["Location"] == "/login/"
    assert response.cookies["django_language"]["httponly"]
    assert client.get("/login/")["Content-Language"] == "zh-hans"
    client.post("/me/language/", {"language": ""})
    assert client.get("/login/")["Content-Language"] == "en"


def test_there_are_only_these_languages(as_bob: Client) -> None:
    assert as_bob.post("/me/language/", {"language": "tlh"}).status_code == 400


def test_the_choice_leads_nowhere_else(client: Client, bob: User) -> None:
    response = client.post("/me/language/", {"language": "en", "next": "https://evil.example/"})

    assert response["Location"] == "/"
