"""Every address of the studio stands in a matrix of who gets what, and every answer is guarded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from pytest_django import Settings

from studio import errors
from studio.accounts.models import User
from studio.jobs.states import Status
from tests.accounts import test_access as accounts
from tests.conftest import NOBODYS, make_key, signed_in
from tests.engine import test_access as engine
from tests.jobs import test_access as jobs
from tests.pages.scenes import add_picture, scene
from tests.vault import test_access as vault

MATRICES = {
    "accounts": set(accounts.MATRIX),
    "vault": set(vault.OF_A_KEY) | set(vault.OF_EVERYBODY),
    "jobs": set(jobs.MATRIX),
    "engine": {"healthz", "livez", "hook-signed", "hook-callback", *engine.MATRIX},  # others: below
    "upkeep": {"metrics"},  # tests/upkeep/test_metrics.py
}
# Pretend providers know no members: they have one rule, below, for all that they serve.
SANDBOX = "sandbox-"
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns)
        else:
            yield one


def names() -> list[str | None]:
    return [pattern.name for pattern in walk(get_resolver().url_patterns)]


@pytest.mark.promise(34)
def test_every_address_of_the_studio_stands_in_one_matrix() -> None:
    found = names()

    rows = [name for matrix in MATRICES.values() for name in matrix]

    assert None not in found
    assert len(found) == len(set(found))
    assert sorted(name for name in found if name and not name.startswith(SANDBOX)) == sorted(rows)


@pytest.fixture
def people(alice: User, bob: User, charlie: User) -> dict[str, Client]:
    found = {"nobody": Client(), "admin": signed_in(alice), "member": signed_in(bob)}
    found["disabled"] = signed_in(charlie)
    User.objects.filter(pk=charlie.pk).update(is_disabled=True)
    return found


@pytest.mark.promise(34)
def test_the_state_of_health_is_the_same_for_everybody(people: dict[str, Client]) -> None:
    answers = [client.get("/healthz").json()["reasons"] for client in people.values()]

    assert answers == [["The workers have not started yet."]] * len(people)


@pytest.mark.promise(34)
def test_that_it_answers_is_told_to_everybody_and_nothing_else(people: dict[str, Client]) -> None:
    answers = [client.get("/livez") for client in people.values()]

    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", [NOBODYS, "an.address"])
def test_a_webhook_is_believed_for_no_member(
    people: dict[str, Client], settings: Settings, name: str
) -> None:
    settings.STUDIO_PUBLIC_URL = "https://studio.example.com"
    addresses = [f"/hooks/{provider}/{name}" for provider in ("gptimage2plus", "apimodels")]

    posted = {c.post(a, {}).status_code for c in people.values() for a in addresses}
    opened = {c.get(a).status_code for c in people.values() for a in addresses}

    assert (posted, opened) == ({404}, {405})


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", [name for name in names() if name and name.startswith(SANDBOX)])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_pretend_provider_knows_keys_and_no_members(
    people: dict[str, Client], name: str, method: str
) -> None:
    [(pattern, parameters)] = get_resolver().reverse_dict.getlist(name)[0][0]
    address = "/" + pattern % dict.fromkeys(parameters, "0")

    answers = {who: getattr(client, method)(address).status_code for who, client in people.items()}

    assert len(set(answers.values())) == 1
    assert answers["nobody"] in (400, 401, 403, 404, 405)


# Promise 37 -------------------------------------------------------------------------------------


def answers(client: Client, job_url: str, image_url: str) -> dict[str, Any]:
    """One of every sort of answer."""
    asked = {
        "page": client.get("/"),
        "fragment": client.get(f"{job_url}/body", headers={"HX-Request": "true"}),
        "nothing new": client.get("/jobs/changes"),
        "picture": client.get(image_url),
        "static": client.get("/static/probe.css"),
        "not found": client.get("/nowhere"),
        "forbidden": signed_in(User.objects.get(name="Bob Member")).post("/team/invitations/"),
        "wrong method": client.post("/"),
        "stranger": Client().get("/"),
        "expired": Client().get("/", headers={"HX-Request": "true"}),
        "too much": client.post("/jobs/place", {"prompt": "x" * 3_000_000}),
        "wrong host": client.get("/", headers={"Host": "evil.example"}),
        "another site": Client(enforce_csrf_checks=True).post("/login/"),
        "health": client.get("/healthz"),
        "webhook": client.post("/hooks/apimodels/x"),
        "sandbox": client.get("/sandbox/apimart/v1/tasks/x"),
    }
    for response in asked.values():
        response.getvalue()
    return asked


@pytest.fixture
def asked(alice: User, bob: User) -> dict[str, Any]:
    Path(settings.STATIC_ROOT, "probe.css").write_text("a {}")
    job = scene(bob, make_key(bob), Status.SUCCEEDED)
    image = add_picture(job)
    return answers(signed_in(alice), f"/jobs/{job.uid}", f"/pictures/{image.uid}")


@pytest.mark.promise(37)
def test_every_answer_carries_the_guards(asked: dict[str, Any]) -> None:
    statuses = {name: response.status_code for name, response in asked.items()}
    found = {
        name: {header: response.get(header) for header in GUARDS}
        for name, response in asked.items()
    }

    assert statuses == {
        "page": 200,
        "fragment": 200,
        "nothing new": 204,
        "picture": 200,
        "static": 200,
        "not found": 404,
        "forbidden": 403,
        "wrong method": 405,
        "stranger": 302,
        "expired": 401,
        "too much": 413,
        "wrong host": 400,
        "another site": 403,
        "health": 503,
        "webhook": 404,
        "sandbox": 401,
    }
    assert found == dict.fromkeys(asked, GUARDS)


@pytest.mark.promise(36)
@pytest.mark.promise(37)
def test_every_answer_carries_a_strict_policy(asked: dict[str, Any]) -> None:
    for name, response in asked.items():
        policy = response.get("Content-Security-Policy", "")
        assert "default-src 'self'" in policy or "default-src 'none'; sandbox" in policy, name
        assert "unsafe" not in policy, name


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


urlpatterns = [path("broken", broken)]
handler500 = errors.server_error


@pytest.mark.promise(37)
@pytest.mark.urls(__name__)
def test_an_error_of_ours_carries_the_guards_too() -> None:
    client = Client(raise_request_exception=False)

    response = client.get("/broken")

    assert response.status_code == 500
    assert {header: response.get(header) for header in GUARDS} == GUARDS
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "Something broke on our side" in response.content.decode()


@pytest.mark.promise(37)
def test_the_deployment_check_finds_nothing(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "STUDIO_DATA_DIR": str(tmp_path),
        "STUDIO_PUBLIC_URL": "https://studio.example.com",
        "DJANGO_SETTINGS_MODULE": "studio.settings",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr
