"""A desk where orders are placed over HTTP, and what the database says of them later."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.benchmarks._tree import Tree, until


def rows(tree: Tree, query: str, *values: Any) -> list[dict[str, Any]]:
    """What the studio's database says now."""
    address = f"file:{tree.folder / 'darkroom.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query, values)]


def seconds(text: str) -> float:
    """A time as SQLite keeps it, in seconds since 1970."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Desk:
    """The first admin at the studio page, with a sandbox key."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.client = tree.open_studio()
        found = re.search(r'name="key"[^>]* value="([0-9a-f-]{36})"', self.client.get("/").text)
        assert found
        self.key = found[1]

    def place(self, prompt: str, **choices: Any) -> None:
        """What the browser sends when Develop is pressed."""
        order = {"prompt": prompt, "key": self.key, "ratio": "3:2", "resolution": "1k", "count": 1}
        order |= {"form_token": str(uuid4())} | choices
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"], "HX-Request": "true"}
        headers["Referer"] = self.tree.url
        self.client.post("/jobs/place", data=order, headers=headers).raise_for_status()

    def wait_for(self, count: int, *, within: float = 120) -> None:
        """Until so many jobs have their pictures."""
        query = "SELECT count(*) AS n FROM jobs_job WHERE status = 'succeeded'"
        until(
            lambda: rows(self.tree, query)[0]["n"] >= count,
            within=within,
            what=f"{count} finished jobs",
        )

    def kept_at(self, prompt: str) -> float:
        """When the archive had the job's last picture, in seconds since 1970."""
        query = (
            "SELECT max(image.kept_at) AS at FROM jobs_image image"
            " JOIN jobs_job job ON job.id = image.job_id WHERE job.prompt = ?"
        )
        return seconds(rows(self.tree, query, prompt)[0]["at"])
