"""From SQLite and a folder to PostgreSQL and a bucket, and back: the same rows, the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.jobs.models import Submission
from studio.upkeep.backup import make
from tests.services import Services
from tests.upkeep.house import House, contents

COUNT = "from studio.jobs.models import Job; print('jobs', Job.objects.count())"
ONE_MORE = "from studio.jobs.models import Job; Job.objects.create(owner_id=2, key_id=1)"
STATUS = (
    "from studio.jobs.models import Submission; from collections import Counter;"
    "print(sorted(Counter(Submission.objects.values_list('status', flat=True)).items()))"
)


def kept(path: Path) -> dict[str, Any]:
    """Rows and pictures of a backup, but for the holds. PostgreSQL sorts the names in JSON."""
    found = contents(path)
    rows = {
        name: [json.loads(line) for line in data.splitlines()]
        for name, data in found.items()
        if name.startswith("database/") and "engine.hold" not in name
    }
    return rows | {name: data for name, data in found.items() if name.startswith("pictures/")}


@pytest.mark.promise(46)
def test_it_moves_to_services_and_back(
    filled: dict[str, Submission], services: Services, tmp_path: Path
):
    first = make(tmp_path / "one.tar").path
    away = House(tmp_path / "away", **services.environment())
    back = House(tmp_path / "back")

    assert "The studio is on hold" in away.said("restore", first)
    assert not (away.folder / "pictures").exists()
    told = away.manage("doctor", "--all").stdout
    for line in (
        "database       PostgreSQL",
        "archive        The archive is",
        "files          5 files",
    ):
        assert f"ok    {line}" in told
    away.said("backup", tmp_path / "two.tar")
    assert "The studio is on hold" in back.said("restore", tmp_path / "two.tar")
    back.said("backup", tmp_path / "three.tar")

    assert kept(tmp_path / "two.tar") == kept(first)
    assert kept(tmp_path / "three.tar") == kept(first)

    away.said("shell", "-v0", "-c", ONE_MORE)
    refused = away.manage("restore", "--force", first)
    assert "make an empty one and name it in DATABASE_URL" in refused.stderr
    away.said("resume", "--yes")
    assert "('queued', 1)" not in away.said("shell", "-v0", "-c", STATUS)
    assert "('cancelled', 3)" in away.said("shell", "-v0", "-c", STATUS)


def test_a_bucket_that_lost_nothing_is_not_filled_again(
    filled: dict[str, Submission], services: Services, tmp_path: Path
):
    """The database is gone, the pictures are not: they are taken for what they are."""
    first = make(tmp_path / "one.tar").path
    shared = services.environment()
    House(tmp_path / "away", **shared).said("restore", first)
    other = House(tmp_path / "other", **{**shared, "DATABASE_URL": services.database_url()})

    assert "5 files" in other.said("restore", first)
    other.said("backup", tmp_path / "two.tar")

    assert kept(tmp_path / "two.tar") == kept(first)
