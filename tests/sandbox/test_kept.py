"""What the sandbox finds again: in files, and where there is Redis, on every web server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import override_settings

from studio.sandbox.kept import Kept
from studio.services import caches
from tests.services import Services


@pytest.fixture(params=["files", "redis"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    services: Services | None = None
    if request.param == "redis":
        services = request.getfixturevalue("services")
    with override_settings(CACHES=caches(services.redis_url() if services else "", tmp_path)):
        yield str(uuid4())


def test_it_finds_what_was_kept(room: str) -> None:
    Kept(room).keep("a key", "a name", words="an order")

    assert Kept(room).find("a key", "a name") == "an order"
    assert Kept(room).find("a key", "another") == ""
    assert Kept("elsewhere").find("a key", "a name") == ""


def test_the_first_stays(room: str) -> None:
    answers = [Kept(room).keep_first("a key", "a name", words=word) for word in ("one", "two")]

    assert answers == ["", "one"]


def test_what_one_web_server_was_told_another_finds(services: Services, tmp_path: Path) -> None:
    """Each thread has connections of its own, like each server."""
    with (
        override_settings(CACHES=caches(services.redis_url(), tmp_path)),
        ThreadPoolExecutor(8) as servers,
    ):
        told = [servers.submit(Kept("room").keep_first, "a name", words=str(n)) for n in range(8)]
        answers = [one.result() for one in told]

    assert answers.count("") == 1
    assert set(answers) == {"", str(answers.index(""))}
    assert not list(tmp_path.iterdir())
