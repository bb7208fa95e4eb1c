"""Whether the web server still answers, asked of real sockets and by a clock of our own."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from studio.engine.supervisor.knock import KNOCK_EVERY, REFUSES_FOR, SILENT_FOR, Ear
from tests.benchmarks._tree import until


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Listens; what it answers is up to the test."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.settimeout(5)
        yield found


@pytest.fixture
def ear(server: socket.socket, clock: Clock) -> Iterator[Ear]:
    ear = Ear(*server.getsockname(), clock=clock)
    yield ear
    ear.close()


def answer(server: socket.socket, words: bytes) -> bytes:
    """Take one request."""
    connection, _ = server.accept()
    with connection:
        asked = connection.recv(1000)
        connection.sendall(words)
    return asked


def knock_and_answer(ear: Ear, server: socket.socket) -> None:
    ear.listen()
    until(lambda: ear.listen() or (ear.knock and ear.knock.is_sent), within=5, what="a request")
    assert answer(server, b"HTTP/1.1 204 No Content\r\n\r\n").startswith(b"GET /livez ")
    until(lambda: ear.listen() or ear.knock is None, within=5, what="the answer is read")


def test_an_answer_makes_it_ready(ear: Ear, server: socket.socket) -> None:
    assert not ear.has_answered

    knock_and_answer(ear, server)

    assert ear.has_answered
    assert ear.complaint() == ""


def test_it_knocks_every_few_seconds(ear: Ear, server: socket.socket, clock: Clock) -> None:
    knock_and_answer(ear, server)
    ear.listen()
    assert ear.knock is None

    clock.now += KNOCK_EVERY
    knock_and_answer(ear, server)

    assert ear.heard_at == clock.now


@pytest.mark.promise(44)
def test_who_accepts_and_does_not_answer_hangs(ear: Ear, server: socket.socket, clock: Clock):
    knock_and_answer(ear, server)

    for _ in range(int(SILENT_FOR)):
        clock.now += 1
        ear.listen()
        assert ear.complaint() == ""
    clock.now += 1

    assert ear.complaint() == "has answered nothing for 61 s"


def test_who_never_comes_up_hangs_too(ear: Ear, clock: Clock) -> None:
    clock.now += SILENT_FOR + 1
    ear.listen()

    assert ear.complaint() == "has answered nothing for 61 s"


@pytest.mark.promise(44)
def test_a_port_that_is_gone_is_a_reason_soon(ear: Ear, server: socket.socket, clock: Clock):
    knock_and_answer(ear, server)
    server.close()

    clock.now += KNOCK_EVERY
    until(lambda: ear.listen() or ear.refused_since, within=5, what="a refusal")
    assert ear.complaint() == ""
    clock.now += REFUSES_FOR + 1

    assert ear.complaint() == "does not listen any more"


def test_before_it_has_come_up_a_closed_port_is_no_reason(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        ear = Ear(*gone.getsockname(), clock=clock)
    until(lambda: ear.listen() or ear.refused_since, within=5, what="a refusal")

    clock.now += 10

    assert ear.complaint() == ""


def test_a_refusal_is_forgotten_with_the_next_answer(ear, server, clock: Clock) -> None:
    ear.listen()
    until(lambda: ear.listen() or (ear.knock and ear.knock.is_sent), within=5, what="a request")
    answer(server, b"")
    until(lambda: ear.listen() or ear.refused_since, within=5, what="no answer")

    clock.now += 1
    knock_and_answer(ear, server)

    assert ear.refused_since is None
    assert ear.has_answered
