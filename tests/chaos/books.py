"""The studio's own database, read from outside while it works: SQLite or PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]


class Books:
    """One connection that only reads. Open and use it in the same thread.

    address: the path of a SQLite file, or that of a PostgreSQL database.
    """

    def __init__(self, address: str) -> None:
        self.is_served = address.startswith("postgres")
        self.database: Any = (
            psycopg.connect(address, autocommit=True, row_factory=dict_row)
            if self.is_served
            else sqlite3.connect(f"file:{address}?mode=ro", uri=True, timeout=30)
        )
        if not self.is_served:
            self.database.row_factory = sqlite3.Row

    def rows(self, query: str, *values: Any) -> list[Row]:
        """`?` stands for each value."""
        words = query.replace("?", "%s").encode() if self.is_served else query
        return [dict(row) for row in self.database.execute(words, values)]

    def sent(self, sha256: str) -> dict[str, bool]:
        """The submissions with these bytes, and whether they are on record as sent now."""
        query = "SELECT id, sent_at FROM jobs_submission WHERE body_hash = ?"
        return {name(row["id"]): row["sent_at"] is not None for row in self.rows(query, sha256)}

    def close(self) -> None:
        self.database.close()


@contextmanager
def opened(address: str) -> Iterator[Books]:
    books = Books(address)
    try:
        yield books
    finally:
        books.close()


def name(value: Any) -> str:
    """An id in one spelling, whatever the database keeps it as."""
    return str(UUID(str(value)))


def moment(value: Any) -> float | None:
    """A time in seconds since 1970."""
    if value is None:
        return None
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def ticket(value: Any) -> dict[str, Any]:
    told = json.loads(value) if isinstance(value, str) else value
    return told or {}
