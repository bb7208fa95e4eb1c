from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from studio.engine.errors import Forbidden, WireError
from studio.providers.calls import Call
from tests.engine.loopback import Names, answer, answering
from tests.engine.sending import ORDER, run, send
from tests.hostile_addresses import BASE_URLS, connects

__all__ = ["connects"]

pytestmark = pytest.mark.promise(24)


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Settings):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.STUDIO_SANDBOX = False


def test_a_good_call_is_seen_to_connect(connects: list[Any]):
    async def work() -> int:
        async with answering(answer()) as server:
            await send(ORDER, server.url)
            return server.port

    assert connects == [("127.0.0.1", run(work()))]


def test_no_hostile_base_url_is_connected_to(settings: Settings, connects: list[Any]):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = []

    async def work() -> None:
        for url in BASE_URLS:
            with pytest.raises(Forbidden):
                await send(ORDER, url, resolver=Names(["127.0.0.1"]))

    run(work())

    assert connects == []


def test_no_hostile_absolute_call_is_connected_to(settings: Settings, connects: list[Any]):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = []

    async def work() -> None:
        for url in BASE_URLS:
            call = Call(method="GET", url=url, is_keyless=True)
            with pytest.raises(WireError):
                await send(call, "https://provider.example", resolver=Names([]))

    run(work())

    assert connects == []


@pytest.mark.promise(25)
@pytest.mark.parametrize(
    "answers",
    [["10.0.0.1"], ["::1"], ["169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]],
)
def test_a_name_that_leads_inside_is_not_followed(
    settings: Settings, connects: list[Any], answers: list[str]
):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = []
    names = Names(answers)

    with pytest.raises(Forbidden):
        run(send(ORDER, "https://provider.example", resolver=names))

    assert (names.asked, connects) == (["provider.example"], [])


@pytest.mark.promise(25)
def test_the_checked_address_is_the_connected_one(settings: Settings):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    names = Names(["127.0.0.1"], ["127.0.0.2"])

    async def work() -> list[bytes]:
        async with answering(answer()) as server:
            url = f"http://provider.example:{server.port}"
            await send(ORDER, url, resolver=names)
            with pytest.raises(Forbidden):
                await send(ORDER, url, resolver=names)
            return server.requests

    requests = run(work())

    assert len(requests) == 1
    assert b"host: provider.example:" in requests[0].lower()
    assert names.asked == ["provider.example"] * 2


def test_a_key_never_goes_to_a_public_host_in_the_open(connects: list[Any]):
    with pytest.raises(Forbidden):
        run(send(ORDER, "http://provider.example", resolver=Names(["93.184.216.34"])))

    assert connects == []


def test_a_key_never_goes_to_a_second_host(connects: list[Any]):
    call = Call(method="GET", url="https://elsewhere.example/v1/tasks/1")

    with pytest.raises(Forbidden):
        run(send(call, "https://provider.example", resolver=Names(["93.184.216.34"])))

    assert connects == []


@pytest.mark.parametrize("url", ["//evil.example/x", "@evil.example/x", "evil.example/x"])
def test_a_path_cannot_become_a_host(url: str):
    async def work() -> bytes:
        async with answering(answer()) as server:
            await send(Call(method="GET", url=url), server.url)
            return server.requests[0]

    assert b"\r\nhost: 127.0.0.1:" in run(work()).lower()


def test_the_sandbox_is_reached_and_nothing_beside_it(settings: Settings):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = []
    settings.STUDIO_SANDBOX = True

    async def work() -> list[bytes]:
        async with answering(answer()) as server:
            settings.STUDIO_SANDBOX_URL = f"http://localhost:{server.port}/sandbox"
            base_url = f"{settings.STUDIO_SANDBOX_URL}/apimart"
            names = Names(["127.0.0.1"])
            await send(ORDER, base_url, resolver=names)
            with pytest.raises(Forbidden):
                await send(Call(method="GET", url="/../../keys"), base_url, resolver=names)
            return server.requests

    requests = run(work())

    assert [request.split()[1] for request in requests] == [b"/sandbox/apimart/v1/pictures"]
