"""The error pages stand when nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from studio import errors
from studio.accounts.models import User


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "The request could not be read"),
        (403, "This door is closed to you"),
        (404, "This frame was never exposed"),
        (500, "Something broke on our side"),
    ],
)
def test_each_page_has_words_and_a_number_without_a_database(
    rf: RequestFactory, status: int, words: str
) -> None:
    request = rf.get("/jobs/nowhere")
    views: dict[int, Any] = {
        400: lambda: errors.bad_request(request, ValueError()),
        403: lambda: errors.forbidden(request, ValueError()),
        404: lambda: errors.not_found(request, ValueError()),
        500: lambda: errors.server_error(request),
    }

    response = views[status]()

    assert response.status_code == status
    assert words in response.content.decode()
    assert "e-" in response.content.decode()


def test_an_address_is_shown_harmlessly(rf: RequestFactory) -> None:
    request = rf.get("/<script>alert(1)</script>")

    body = errors.not_found(request, ValueError()).content.decode()

    assert "<script>alert" not in body
    assert "&lt;script&gt;" in body


def test_a_stale_form_is_refused_in_words(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="studio.accounts.backends.EmailBackend")

    response = client.post("/logout/")

    assert response.status_code == 403
    assert "too old" in response.content.decode()


def test_a_missing_page_needs_no_session(studio_row: Any, client: Client) -> None:
    response = client.get("/nowhere/at/all")

    assert response.status_code == 404
    assert "frame was never exposed" in response.content.decode()
