"""STUDIO_SANDBOX=false takes every address of the sandbox away."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.urls import NoReverseMatch, clear_url_caches, resolve, reverse
from django.urls.exceptions import Resolver404

from studio import urls


@pytest.fixture
def switched_off() -> Iterator[None]:
    with override_settings(STUDIO_SANDBOX=False):
        importlib.reload(urls)
        clear_url_caches()
        yield
    importlib.reload(urls)
    clear_url_caches()


def test_the_sandbox_is_on_by_default() -> None:
    assert reverse("sandbox-apimart-submit") == "/sandbox/apimart/v1/images/generations"


@pytest.mark.usefixtures("switched_off")
@pytest.mark.parametrize(
    "path", ["v1/images/generations", "v1/tasks/task_x", "f/image/gpt_image_2_task_x_0.png"]
)
def test_switched_off_it_has_no_address(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(f"/sandbox/apimart/{path}")


@pytest.mark.usefixtures("switched_off")
def test_switched_off_it_has_no_name() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("sandbox-apimart-submit")


@pytest.mark.parametrize("name", ["submit", "poll", "picture"])
def test_a_stranger_reaches_every_address_without_signing_in(name: str) -> None:
    arguments = {"submit": (), "poll": ("task_x",), "picture": ("task_x", 0)}[name]

    answer = Client().get(reverse(f"sandbox-apimart-{name}", args=arguments))

    assert answer.status_code in (401, 404, 405)
