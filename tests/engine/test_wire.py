from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from time import monotonic
from typing import Any

import pytest
from pytest_django import Settings

from studio.engine.errors import AnswerLost, NeverSent, TimedOut, TooLarge
from studio.engine.wire import Wire
from studio.providers.calls import Call, Response
from tests.engine.loopback import Names, answer, answering, closed_port, read_request, reset, serve
from tests.engine.sending import ASK, ORDER, SECRET, misbehaving, run, send
from tests.hostile_addresses import connects

__all__ = ["connects"]


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Settings):
    settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.STUDIO_SANDBOX = False


class TestACallThatIsAnswered:
    def test_it_carries_the_key_and_the_body(self):
        async def work() -> tuple[Response, list[bytes]]:
            async with answering(answer(200, b'{"ok":true}', X_Request_Id="7")) as server:
                return await send(ORDER, f"{server.url}/mirror/"), server.requests

        response, requests = run(work())

        head, _, body = requests[0].partition(b"\r\n\r\n")
        assert (response.status, response.json()) == (200, {"ok": True})
        assert response.headers["x-request-id"] == "7"
        assert head.startswith(b"POST /mirror/v1/pictures HTTP/1.1\r\n")
        assert b"authorization: bearer sk-canary-4711" in head.lower()
        assert b"content-type: application/json" in head.lower()
        assert b"transfer-encoding" not in head.lower()
        assert body == b'{"prompt":"\\u732b"}'

    def test_a_keyless_call_carries_no_key(self):
        async def work() -> list[bytes]:
            async with answering(answer()) as server:
                await send(Call(method="GET", url="/x", is_keyless=True), server.url)
                return server.requests

        assert SECRET.encode() not in run(work())[0]

    def test_parameters_and_signatures_travel_as_they_were_written(self):
        call = Call(method="GET", url="/a%2Cb?sig=a%2Bb%2F%3D%7E", params={"q": "a b&c"})

        async def work() -> bytes:
            async with answering(answer()) as server:
                await send(call, server.url)
                return server.requests[0]

        assert run(work()).startswith(b"GET /a%2Cb?sig=a%2Bb%2F%3D%7E&q=a+b%26c HTTP/1.1\r\n")

    def test_billable_calls_get_a_fresh_connection_and_others_share_one(self):
        async def work() -> tuple[int, int]:
            options = {"secret": SECRET, "deadline": 5, "max_bytes": 1000}
            async with answering(answer()) as server, Wire() as wire:
                for _ in range(3):
                    await wire.send(ASK, base_url=server.url, **options)
                shared = server.connections
                for _ in range(3):
                    await wire.send(ORDER, base_url=server.url, **options)
                return shared, server.connections

        assert run(work()) == (1, 4)

    def test_a_large_body_arrives_whole(self):
        body = bytes(range(256)) * 20_000
        call = Call(method="PUT", url="/x", body=body, headers={"Content-Type": "image/png"})

        async def work() -> bytes:
            async with answering(answer()) as server:
                await send(call, server.url)
                return server.requests[0]

        assert run(work()).partition(b"\r\n\r\n")[2] == body

    def test_a_compressed_answer_is_unpacked(self):
        packed = gzip.compress(b'{"ok":true}')

        async def work() -> Response:
            async with answering(answer(200, packed, Content_Encoding="gzip")) as server:
                return await send(ASK, server.url)

        assert run(work()).json() == {"ok": True}

    @pytest.mark.promise(26)
    def test_a_redirect_is_an_answer_and_the_key_stays_here(self):
        async def work() -> tuple[Response, int]:
            async with (
                answering(answer()) as other,
                answering(answer(307, Location=f"{other.url}/steal")) as server,
            ):
                return await send(ORDER, server.url), other.connections

        response, reached = run(work())

        assert (response.status, reached) == (307, 0)

    def test_no_cookie_is_kept(self):
        async def work() -> list[bytes]:
            async with answering(answer(200, Set_Cookie="a=1")) as server, Wire() as wire:
                for _ in range(2):
                    await wire.send(
                        ASK, base_url=server.url, secret=None, deadline=5, max_bytes=1000
                    )
                return server.requests

        assert b"cookie" not in run(work())[1].lower()


@pytest.mark.promise(6)
class TestNeverSent:
    def test_a_refused_connection(self):
        with pytest.raises(NeverSent) as caught:
            run(send(ORDER, f"http://127.0.0.1:{closed_port()}"))

        assert "Nothing was sent" in str(caught.value.message)

    def test_an_unknown_name(self):
        with pytest.raises(NeverSent):
            run(send(ORDER, "https://provider.example", resolver=Names([])))

    def test_a_name_server_that_hangs(self):
        class Silent(Names):
            async def resolve(self, *args: Any, **options: Any) -> Any:
                await asyncio.Event().wait()

        with pytest.raises(NeverSent):
            run(send(ORDER, "https://provider.example", resolver=Silent([]), deadline=0.1))

    def test_no_tls_where_it_was_asked_for(self):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(400))

        async def work() -> None:
            async with serve(handler) as server:
                await send(ORDER, server.url.replace("http://", "https://"))

        with pytest.raises(NeverSent):
            run(work())

    def test_a_tls_handshake_that_hangs(self):
        async def work() -> None:
            async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.read()

            async with serve(silent) as server:
                await send(ORDER, server.url.replace("http://", "https://"), deadline=0.2)

        with pytest.raises(NeverSent):
            run(work())

    @pytest.mark.parametrize("secret", ["sk-\r\nX-Evil: 1", "sk-猫", "sk-\x00"])
    def test_a_key_that_is_no_header(self, secret: str):
        async def work() -> int:
            async with answering(answer()) as server:
                with pytest.raises(NeverSent) as caught:
                    await send(ORDER, server.url, secret=secret)
                assert secret not in repr(caught.value)
                return server.connections

        assert run(work()) == 0


@pytest.mark.promise(3)
class TestAnswerLost:
    def test_reset_before_the_request_is_read(self):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reset(writer)

        with pytest.raises(AnswerLost) as caught:
            run(misbehaving(handler))

        assert "may have charged" in str(caught.value.message)

    @pytest.mark.parametrize("is_polite", [True, False])
    def test_closed_after_the_request_is_read(self, is_polite: bool):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            if not is_polite:
                reset(writer)

        with pytest.raises(AnswerLost):
            run(misbehaving(handler))

    @pytest.mark.parametrize(
        "start",
        [
            b"HTTP/1.1 200 OK\r\nContent-Le",
            answer(200, b'{"task_id":', Content_Length=99),
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"tas\r\n',
            answer(200, gzip.compress(b"x" * 999, mtime=0)[:-12], Content_Encoding="gzip"),
            answer(200, b"not gzip", Content_Encoding="gzip"),
            answer(200, b"x", Content_Encoding="br"),
            b"what is this?\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        ],
    )
    def test_half_an_answer(self, start: bytes):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(start)
            await writer.drain()

        with pytest.raises(AnswerLost):
            run(misbehaving(handler))

    def test_silence(self):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        begun = monotonic()
        with pytest.raises(TimedOut) as caught:
            run(misbehaving(handler, deadline=0.2))

        assert "in time" in str(caught.value.message)
        assert monotonic() - begun < 1.2

    def test_an_upload_that_nobody_reads(self):
        call = Call(method="POST", url="/x", body=bytes(30_000_000), is_billable=True)

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(200, b"x", Content_Length=2))
            await asyncio.Event().wait()

        begun = monotonic()
        with pytest.raises(AnswerLost):
            run(misbehaving(handler, call, deadline=0.2))

        assert monotonic() - begun < 1.2

    def test_a_lost_answer_s_text_holds_no_secret_and_no_query(self):
        call = Call(method="POST", url="/x?Signature=hush", is_billable=True)

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)

        with pytest.raises(AnswerLost) as caught:
            run(misbehaving(handler, call))

        told = f"{caught.value!r} {caught.value.detail} {caught.value.message}"
        assert "hush" not in told
        assert SECRET not in told
        assert caught.value.__suppress_context__


@pytest.mark.promise(27)
class TestTooMuch:
    @pytest.mark.parametrize("coding", ["", "gzip"])
    def test_an_answer_is_cut_at_its_limit(self, coding: str):
        body = bytes(2_000_000)

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            packed = gzip.compress(body) if coding else body
            writer.write(answer(200, packed, Content_Encoding=coding, Content_Length=""))
            await writer.drain()

        with pytest.raises(TooLarge):
            run(misbehaving(handler, max_bytes=1_999_999))

        assert run(misbehaving(handler, max_bytes=2_000_000)).body == body

    def test_a_told_length_is_believed_at_once(self):
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(answer(200, Content_Length=10_000_000_000))
            await reader.read()

        with pytest.raises(TooLarge):
            run(misbehaving(handler))

    def test_a_gzip_bomb_of_a_gigabyte_costs_no_memory(self):
        bomb = gzip.compress(bytes(1 << 30), 1)

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(answer(200, bomb, Content_Encoding="gzip"))
            await writer.drain()
            await reader.read()

        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                run(misbehaving(handler, max_bytes=10_000_000))
            assert tracemalloc.get_traced_memory()[1] < 50_000_000
        finally:
            tracemalloc.stop()


def test_an_unused_wire_opens_nothing(connects: list[Any]):
    async def work() -> None:
        async with Wire():
            pass

    run(work())

    assert connects == []
