"""What the studio stands on: a folder, or PostgreSQL, Redis and S3 – and how to shake it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import boto3
import psycopg
import redis

from tests.services import Services

LOCK = "LOCK TABLE jobs_submission, jobs_image IN EXCLUSIVE MODE"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'darkroom'"


class Stack(Protocol):
    """environment: what the studio is told. machines: how many of it there are.

    database: its address, for Books.
    """

    environment: dict[str, str]
    machines: int
    database: str

    def locked(self, seconds: float) -> None:
        """For so long nobody else writes to the database."""
        ...

    def lose_messages(self) -> None:
        """All that wait for a worker are gone."""
        ...

    def cut(self) -> None:
        """No connection to the database lives on, where it has any."""
        ...

    def files(self) -> dict[str, str]:
        """Path → SHA-256 of each file in the archive."""
        ...


class Embedded:
    """SQLite, its own queue, and a folder."""

    machines = 1

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / "darkroom.sqlite3"
        self.database = str(self.path)
        self.environment: dict[str, str] = {}

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=60)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def locked(self, seconds: float) -> None:
        with self._writing():
            time.sleep(seconds)

    def lose_messages(self) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM django_q_ormq")

    def cut(self) -> None:
        pass

    def files(self) -> dict[str, str]:
        home = self.data / "pictures"
        files = (path for path in home.rglob("*") if path.is_file())
        return {
            str(path.relative_to(home)): sha256(path.read_bytes()).hexdigest() for path in files
        }


class Served:
    """PostgreSQL, Redis and S3, and two machines that share them."""

    machines = 2

    def __init__(self, services: Services) -> None:
        self.environment = services.environment()
        self.database = self.environment["DATABASE_URL"]

    def locked(self, seconds: float) -> None:
        with psycopg.connect(self.database) as connection:
            connection.execute(LOCK.encode())
            time.sleep(seconds)

    def lose_messages(self) -> None:
        redis.Redis.from_url(self.environment["REDIS_URL"]).flushdb()

    def cut(self) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(CUT.encode())

    def files(self) -> dict[str, str]:
        parts = urlsplit(self.environment["STUDIO_STORAGE_URL"])
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{parts.hostname}:{parts.port}",
            region_name="us-east-1",
            aws_access_key_id=parts.username,
            aws_secret_access_key=parts.password,
        )
        bucket = parts.path.strip("/")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        names = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        bodies = ((name, client.get_object(Bucket=bucket, Key=name)["Body"]) for name in names)
        return {name: sha256(body.read()).hexdigest() for name, body in bodies}
