"""A backup: whole, of one moment, and without a secret in the clear."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django_q.models import OrmQ
from pytest_django import Settings

from studio.accounts.models import Studio
from studio.engine.models import Heartbeat
from studio.jobs.models import Image, Job, Submission
from studio.jobs.storage import ArchiveStorage
from studio.upkeep import files, tables
from studio.upkeep.backup import make
from studio.upkeep.errors import BackupFailed
from studio.vault import masterkeys
from tests.conftest import make_job
from tests.upkeep.conftest import CANARY, SPOOLED
from tests.upkeep.house import House, contents


def backup(*words: str | Path) -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    call_command("backup", *map(str, words), stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def forms(secret: str) -> Iterator[bytes]:
    """How it might stand in a file: as it is, in an address, in JSON, and in base64 wherever."""
    yield from (word.encode() for word in (secret, quote(secret, safe=""), quote_plus(secret)))
    yield json.dumps(secret)[1:-1].encode()
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * shift + secret.encode())[4:-4]


def test_it_holds_every_row_and_every_file_that_a_row_names(
    filled: dict[str, Submission], tmp_path: Path
):
    report = make(tmp_path / "one.tar")

    found = contents(tmp_path / "one.tar")
    names, *rows = lines(found["database/jobs.submission.jsonl"])
    row = next(row for row in rows if row[0] == str(filled["running"].pk))
    running = dict(zip(names, row, strict=True))
    assert len(rows) == Submission.objects.count() == report.manifest.tables["jobs.submission"]
    assert running["ticket"] == {"id": "ta☃sk", "n": [1, None]}
    assert running["status"] == "running"
    image = Image.objects.get(state="kept")
    assert sha256(found[f"pictures/{image.path}"]).hexdigest() == image.sha256
    assert found[f"pictures/spool/{filled['saving'].pk}-1"] == SPOOLED
    assert len([name for name in found if name.startswith("pictures/")]) == 5 == report.files
    assert report.missing == []


def test_what_belongs_to_this_moment_or_lets_somebody_in_stays_out(
    filled: dict[str, Submission], tmp_path: Path
):
    Heartbeat.objects.create(name="workers", at=Job.objects.first().created_at)
    assert Session.objects.exists()
    assert OrmQ.objects.exists()

    make(tmp_path / "one.tar")

    found = [name for name in contents(tmp_path / "one.tar") if name.startswith("database/")]
    rooms = {name.removeprefix("database/").partition(".")[0] for name in found}
    assert rooms >= {"accounts", "vault", "jobs", "engine"}
    assert rooms.isdisjoint({"sessions", "django_q", "axes"})
    assert "database/engine.heartbeat.jsonl" not in found


@pytest.mark.promise(29)
def test_no_secret_is_in_it(filled: dict[str, Submission], tmp_path: Path):
    make(tmp_path / "one.tar")

    data = (tmp_path / "one.tar").read_bytes()
    secrets = [
        CANARY,
        masterkeys.keys_file().read_text().strip(),
        project.SECRET_KEY,
        *Session.objects.values_list("session_key", flat=True),
    ]
    assert len(secrets) >= 4
    assert [secret[:4] for secret in secrets if any(form in data for form in forms(secret))] == []
    assert b"gptimage2plus" in data


def test_it_says_which_master_key_is_to_be_kept_apart(
    filled: dict[str, Submission], tmp_path: Path
):
    _said, warned = backup(tmp_path / "one.tar")

    ring = masterkeys.ring().first.hex()
    assert ring in warned
    assert str(masterkeys.keys_file()) in warned
    assert json.loads(contents(tmp_path / "one.tar")["manifest.json"])["master_keys"] == [ring]


def test_master_keys_come_along_only_when_asked_for_and_with_a_warning(
    filled: dict[str, Submission], tmp_path: Path, settings: Settings
):
    _said, warned = backup(tmp_path / "one.tar", "--with-secrets")
    settings.STUDIO_MASTER_KEYS = masterkeys.keys_file().read_text().strip()
    backup(tmp_path / "two.tar", "--with-secrets")

    assert "WARNING: it holds the master keys" in warned
    kept = [contents(tmp_path / name)["secrets/master.keys"] for name in ("one.tar", "two.tar")]
    assert kept == [masterkeys.keys_file().read_bytes()] * 2


def test_only_its_owner_reads_it_and_nothing_else_is_left(
    filled: dict[str, Submission], tmp_path: Path
):
    folder = tmp_path / "backups"
    folder.mkdir()

    said, _warned = backup(folder)

    [path] = folder.iterdir()
    assert path.name.startswith("darkroom-")
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(path) in said


def test_ordinary_tools_can_check_it(filled: dict[str, Submission], tmp_path: Path):
    make(tmp_path / "one.tar")

    found = contents(tmp_path / "one.tar")
    sums = found.pop("SHA256SUMS").decode()
    assert sums == "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in found.items())


def test_without_pictures_it_is_small(filled: dict[str, Submission], tmp_path: Path):
    report = make(tmp_path / "one.tar", database_only=True)

    assert not any(name.startswith("pictures/") for name in contents(tmp_path / "one.tar"))
    assert (report.files, report.manifest.has_pictures) == (0, False)


def test_nothing_is_overwritten(db: None, tmp_path: Path):
    (tmp_path / "one.tar").write_text("precious")

    with pytest.raises(CommandError, match="is there already"):
        backup(tmp_path / "one.tar")

    assert (tmp_path / "one.tar").read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(db: None, tmp_path: Path):
    with pytest.raises(CommandError, match=r"nowhere.* could not be written: No such file"):
        backup(tmp_path / "nowhere" / "one.tar")


def test_without_room_nothing_is_begun(filled: dict[str, Submission], tmp_path: Path):
    Image.objects.filter(state="kept").update(size=10**15)
    folder = tmp_path / "backups"
    folder.mkdir()

    with pytest.raises(CommandError, match="There is no room in"):
        backup(folder)

    assert list(folder.iterdir()) == []


def test_a_picture_that_is_gone_is_told_and_the_rest_is_kept(
    filled: dict[str, Submission], tmp_path: Path
):
    image = Image.objects.get(state="kept")
    default_storage.delete(image.path)

    _said, warned = backup(tmp_path / "one.tar")

    assert f"1 pictures that rows name are not there:\n  {image.path}" in warned
    assert contents(tmp_path / "one.tar")["missing.txt"].decode() == f"{image.path}\n"


def test_spooled_bytes_that_were_archived_meanwhile_come_from_the_archive(
    filled: dict[str, Submission], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Between the look at the rows and the copy of the files, a worker saves the picture."""
    waiting, kept = Image.objects.get(state="pending"), Image.objects.get(state="kept")
    named = list(files.named())
    default_storage.delete(waiting.spool)
    Image.objects.filter(pk=waiting.pk).update(state="kept", path=kept.path)

    spooled = next(one for one in named if one.same_as)

    assert spooled.name == waiting.spool
    assert files.present(spooled) == kept.path


def test_an_empty_folder_is_no_studio(tmp_path: Path):
    done = House(tmp_path / "data").manage("backup", tmp_path / "one.tar")

    assert done.returncode == 1
    assert "start the studio once" in done.stderr
    assert not (tmp_path / "one.tar").exists()


@pytest.mark.promise(46)
@pytest.mark.django_db(transaction=True)
def test_it_is_of_one_moment_and_nobody_waits_for_it():
    Studio.objects.create(name="before")

    def rename() -> None:
        try:
            Studio.objects.update(name="after")
        finally:
            connection.close()

    with tables.snapshot():
        assert Studio.objects.get().name == "before"
        writer = threading.Thread(target=rename)
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert Studio.objects.get().name == "before"

    assert Studio.objects.get().name == "after"


def test_a_value_that_it_does_not_know_is_no_silent_loss():
    with pytest.raises(TypeError, match="set cannot be backed up"):
        tables._line([{1, 2}])


def test_a_file_that_ends_too_soon_leaves_nothing_behind(
    filled: dict[str, Submission], tmp_path: Path, settings: Settings
):
    """As when a disk fails while it is read."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "tests.upkeep.test_backup.Lying",
            "OPTIONS": settings.STORAGES["default"]["OPTIONS"],
        },
    }
    folder = tmp_path / "backups"
    folder.mkdir()

    with pytest.raises(BackupFailed, match="could not be written"):
        make(folder / "one.tar")

    assert list(folder.iterdir()) == []


class Lying(ArchiveStorage):
    """Says that files are longer than they are."""

    def size(self, name: str) -> int:
        return super().size(name) + 1


def test_queued_jobs_of_everybody_are_in_it(bob, charlie, tmp_path: Path):
    make_job(bob)
    make_job(charlie)

    assert make(tmp_path / "one.tar").manifest.tables["jobs.job"] == 2
