from __future__ import annotations

import asyncio
import errno
import gzip
import io
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256
from time import monotonic
from typing import Any, BinaryIO

import pytest
from aiohttp.abc import AbstractResolver
from pytest_django import Settings

from studio.engine.errors import FetchError, NoRoom
from studio.engine.wire import Fetched, Wire
from tests.engine.loopback import Names, answer, answering, closed_port, read_request, serve
from tests.hostile_addresses import PORTS, URLS, connects

__all__ = ["connects"]

PICTURE = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Settings):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.STUDIO_SANDBOX = False


@pytest.fixture
def draft() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        yield file


async def fetch(
    url: str,
    draft: BinaryIO,
    *,
    max_bytes: int = 1_000_000,
    deadline: float = 5,
    resolver: AbstractResolver | None = None,
    base_url: str = "",
) -> Fetched:
    async with Wire(resolver=resolver) as wire:
        return await wire.fetch(
            url, max_bytes=max_bytes, deadline=deadline, into=draft, base_url=base_url
        )


def refused(work: Callable[[], Any]) -> FetchError:
    with pytest.raises(FetchError) as caught:
        asyncio.run(work())
    return caught.value


def test_a_picture_arrives_whole_without_any_key(draft: BinaryIO):
    async def work() -> tuple[Fetched, list[bytes]]:
        async with answering(answer(200, PICTURE, Content_Type="image/png")) as server:
            return await fetch(f"{server.url}/a.png?sig=a%2Fb", draft), server.requests

    fetched, requests = asyncio.run(work())

    draft.seek(0)
    assert draft.read() == PICTURE
    assert (fetched.size, fetched.sha256) == (len(PICTURE), sha256(PICTURE).hexdigest())
    assert fetched.headers["content-type"] == "image/png"
    assert requests[0].startswith(b"GET /a.png?sig=a%2Fb HTTP/1.1\r\n")
    assert b"authorization" not in requests[0].lower()


def test_an_earlier_try_leaves_nothing_behind(draft: BinaryIO):
    draft.write(b"x" * (len(PICTURE) + 1))

    async def work() -> None:
        async with answering(answer(200, PICTURE)) as server:
            await fetch(server.url, draft)

    asyncio.run(work())

    draft.seek(0)
    assert draft.read() == PICTURE


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(404, True), (410, True), (403, True), (429, False), (500, False), (204, False)],
)
def test_a_refusal_tells_whether_it_is_final(draft: BinaryIO, status: int, is_final: bool):
    async def work() -> None:
        async with answering(answer(status)) as server:
            await fetch(server.url, draft)

    error = refused(work)

    assert (error.status, error.is_final) == (status, is_final)


def test_a_host_that_is_away_may_be_tried_again(draft: BinaryIO):
    error = refused(lambda: fetch(f"http://127.0.0.1:{closed_port()}/", draft))

    assert not error.is_final


def test_half_a_picture_may_be_tried_again(draft: BinaryIO):
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(200, PICTURE[:1000], Content_Length=len(PICTURE)))
        await writer.drain()

    async def work() -> None:
        async with serve(handler) as server:
            await fetch(server.url, draft)

    assert not refused(work).is_final


@pytest.mark.promise(45)
def test_a_full_disk_is_no_fault_of_the_picture(draft: BinaryIO):
    class Full(io.BytesIO):
        def write(self, _piece: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    async def work() -> None:
        async with answering(answer(200, PICTURE)) as server:
            await fetch(server.url, Full())

    with pytest.raises(NoRoom):
        asyncio.run(work())


class TestRedirects:
    def test_three_are_followed(self, draft: BinaryIO):
        async def work() -> list[bytes]:
            hops = [answer(302, Location=f"/{hop}?x=%2C") for hop in (1, 2, 3)]
            async with answering(*hops, answer(200, PICTURE)) as server:
                await fetch(server.url, draft)
                return [request.split()[1] for request in server.requests]

        assert asyncio.run(work()) == [b"/", b"/1?x=%2C", b"/2?x=%2C", b"/3?x=%2C"]

    @pytest.mark.promise(26)
    def test_a_fourth_is_not(self, draft: BinaryIO):
        async def work() -> None:
            async with answering(answer(302, Location="/again")) as server:
                try:
                    await fetch(server.url, draft)
                finally:
                    assert len(server.requests) == 4

        assert refused(work).is_final

    @pytest.mark.promise(24)
    @pytest.mark.promise(26)
    def test_none_leads_to_a_hostile_address(self, draft: BinaryIO, settings: Settings):
        settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["127.0.0.3"]
        hostile = [url for url in URLS if url.startswith("http://") and url.isascii()]
        # Three slashes mean the same host again: that redirect is harmless.
        hostile = [url for url in hostile if url.isprintable() and "///" not in url]

        async def work() -> tuple[int, int]:
            hops = [answer(302, Location=url) for url in hostile]
            async with (
                answering(answer()) as inside,
                answering(*hops, answer(302, Location=inside.url), host="127.0.0.3") as server,
                Wire(resolver=Names(["127.0.0.1"])) as wire,
            ):
                for _ in range(len(hostile) + 1):
                    with pytest.raises(FetchError) as caught:
                        await wire.fetch(server.url, max_bytes=9, deadline=5, into=draft)
                    assert caught.value.detail == "forbidden_address"
                return len(server.requests), inside.connections

        assert len(hostile) >= 120
        assert asyncio.run(work()) == (len(hostile) + 1, 0)

    def test_one_without_a_goal_goes_nowhere(self, draft: BinaryIO):
        async def work() -> None:
            async with answering(answer(302)) as server:
                await fetch(server.url, draft)

        assert refused(work).is_final


@pytest.mark.promise(24)
def test_no_hostile_address_is_connected_to(
    draft: BinaryIO, settings: Settings, connects: list[Any]
):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = []

    async def work() -> None:
        async with Wire(resolver=Names(["127.0.0.1"])) as wire:
            for url in [*URLS, *PORTS]:
                with pytest.raises(FetchError) as caught:
                    await wire.fetch(url, max_bytes=9, deadline=5, into=draft)
                assert caught.value.is_final

    asyncio.run(work())

    assert connects == []


@pytest.mark.promise(25)
def test_a_name_that_turns_inside_is_not_followed(draft: BinaryIO):
    names = Names(["127.0.0.1"], ["127.0.0.2"])

    async def work() -> list[bytes]:
        async with answering(answer(302, Location="/moved")) as server:
            with pytest.raises(FetchError) as caught:
                # A literal address shares no connection with the name.
                await fetch(f"http://cdn.example:{server.port}/", draft, resolver=names)
            assert caught.value.is_final
            return server.requests

    # The server closes nothing, so the redirect rides on the checked connection: never elsewhere.
    assert len(asyncio.run(work())) == 4
    assert names.asked == ["cdn.example"]


def test_the_provider_s_own_port_is_fine(draft: BinaryIO, settings: Settings):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = []
    url = "https://mirror.example:3000/a.png"

    def work(base_url: str) -> Callable[[], Any]:
        return lambda: fetch(url, draft, resolver=Names([]), base_url=base_url)

    assert refused(work("https://mirror.example:3000")).code == "fetch_failed"
    assert not refused(work("https://mirror.example:3000")).is_final
    assert refused(work("https://other.example:3000")).is_final


@pytest.mark.promise(25)
def test_a_connection_to_the_sandbox_serves_nothing_else(draft: BinaryIO, settings: Settings):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = []
    settings.STUDIO_SANDBOX = True

    async def work() -> int:
        async with (
            answering(answer(200, PICTURE)) as server,
            Wire(resolver=Names(["127.0.0.1"])) as wire,
        ):
            home = f"http://studio.example:{server.port}"
            settings.STUDIO_SANDBOX_URL = f"{home}/sandbox"
            limits = {"max_bytes": 1_000_000, "deadline": 5, "into": draft, "base_url": home}
            await wire.fetch(f"{home}/sandbox/a.png", **limits)
            with pytest.raises(FetchError) as caught:
                await wire.fetch(f"{home}/keys", **limits)
            assert caught.value.detail == "forbidden_address"
            return len(server.requests)

    assert asyncio.run(work()) == 1


@pytest.mark.promise(27)
class TestTooMuch:
    def test_a_dripping_server_is_left_at_the_deadline(self, draft: BinaryIO):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(answer(200, Content_Length=1_000_000))
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.01)

        async def work() -> None:
            async with serve(handler) as server:
                await fetch(server.url, draft, deadline=0.3)

        begun = monotonic()
        error = refused(work)

        assert not error.is_final
        assert monotonic() - begun < 1.3

    def test_an_endless_body_is_cut_and_costs_no_memory(self, draft: BinaryIO):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(answer(200, Content_Length=""))
            piece = bytes(1_000_000)
            for _ in range(10_000):
                writer.write(piece)
                await writer.drain()

        async def work() -> None:
            async with serve(handler) as server:
                await fetch(server.url, draft, max_bytes=60_000_000, deadline=30)

        tracemalloc.start()
        try:
            assert refused(work).is_final
            assert tracemalloc.get_traced_memory()[1] < 50_000_000
        finally:
            tracemalloc.stop()
        assert draft.tell() <= 60_000_000

    def test_a_bomb_is_cut(self, draft: BinaryIO):
        bomb = gzip.compress(bytes(100_000_000), 1)

        async def work() -> None:
            async with answering(answer(200, bomb, Content_Encoding="gzip")) as server:
                await fetch(server.url, draft, max_bytes=1_000_000)

        assert refused(work).is_final
