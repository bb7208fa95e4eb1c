"""Services that are not there, or not ours, are named before anything is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import OperationalError

from studio import queue
from studio.engine.supervisor import preflight
from studio.engine.supervisor.preflight import CannotStart
from studio.services import archive, broker
from tests.services import Services, free_port

ROOT = Path(__file__).resolve().parent.parent.parent


def started(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py studio`, which is expected to end by itself."""
    own = {"STUDIO_DATA_DIR": str(tmp_path / "data"), "STUDIO_BIND": f"127.0.0.1:{free_port()}"}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "studio"],
        env={**os.environ, **own, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.processes
@pytest.mark.parametrize("way", ["variable", "file"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://me:hunter2@db/studio"),
        ("REDIS_URL", "http://:hunter2@redis"),
        ("STUDIO_STORAGE_URL", "s3+https://key:hunter2@s3.example.com"),
    ],
)
def test_a_bad_address_is_one_line_that_does_not_quote_it(
    name: str, value: str, way: str, tmp_path: Path
):
    (tmp_path / "address").write_text(value)
    told = {name: value} if way == "variable" else {f"{name}_FILE": str(tmp_path / "address")}

    ended = started(tmp_path, **told)

    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"darkroom: {name} is no such address")
    assert "hunter2" not in line


def test_a_redis_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("django_q.conf.Conf.ORM", None)
    url = f"redis://:hunter2@127.0.0.1:{free_port()}"
    monkeypatch.setattr("django_q.conf.Conf.REDIS", broker(url)["redis"])
    queue._broker.cache_clear()

    with pytest.raises(CannotStart, match=r"^REDIS_URL: the server cannot be used") as caught:
        preflight.check_queue()

    queue._broker.cache_clear()
    assert "hunter2" not in str(caught.value)


def test_a_bucket_that_cannot_be_written_is_named(services: Services, settings, tmp_path: Path):
    address = services.storage_url().replace("/darkroom-", "/elsewhere-")
    settings.STORAGES = {**settings.STORAGES, "default": archive(address, tmp_path)}

    with pytest.raises(CannotStart, match=r"^STUDIO_STORAGE_URL: .*NoSuchBucket"):
        preflight.check_archive()


def test_a_database_that_is_just_starting_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    refusals = iter([OperationalError("starting up\nmore words"), OperationalError("again"), None])
    waited: list[float] = []

    def connect() -> None:
        if error := next(refusals):
            raise error

    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(connection, "ensure_connection", connect)
    monkeypatch.setattr(preflight, "sleep", waited.append)

    preflight.wait_for_database()

    assert waited == [preflight.LOOK_AGAIN_EVERY] * 2


def test_a_database_that_does_not_come_is_named_in_a_line(monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:
        raise OperationalError("connection refused\n\tIs the server running?")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    monkeypatch.setattr(preflight, "SERVICES_COME_WITHIN", -1.0)

    with pytest.raises(CannotStart) as caught:
        preflight.wait_for_database()

    assert str(caught.value) == "The database cannot be used: connection refused"
