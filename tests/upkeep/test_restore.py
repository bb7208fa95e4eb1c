"""A restore: all of it or a clear line, nothing lost that was there, and on hold."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import tarfile
from contextlib import closing
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from studio.jobs.models import Image, Submission
from studio.upkeep.backup import make
from studio.upkeep.errors import NotABackup
from studio.upkeep.manifest import NAME, Manifest
from studio.upkeep.package import Member, PackageWriter
from studio.upkeep.restore import _put_back_file, check
from studio.vault import masterkeys
from tests.upkeep.house import House, contents


@pytest.fixture
def backup(filled: dict[str, Submission], tmp_path: Path) -> Path:
    return make(tmp_path / "one.tar").path


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "other")


def rows(house: House, query: str) -> list[Any]:
    with closing(sqlite3.connect(house.folder / "darkroom.sqlite3")) as database:
        return database.execute(query).fetchall()


def tables(path: Path) -> dict[str, bytes]:
    """All rows of a backup but the holds."""
    found = contents(path).items()
    own = {name: data for name, data in found if name.startswith("database/")}
    del own["database/engine.hold.jsonl"]
    return own


def written(path: Path, files: dict[str, bytes]) -> Path:
    """A package with right hashes."""
    with path.open("wb") as file, PackageWriter(file, mtime=0) as package:
        for name, data in files.items():
            package.add_bytes(name, data)
    return path


@pytest.mark.promise(46)
def test_every_row_and_file_is_as_it_was(backup: Path, house: House, tmp_path: Path):
    said = house.said("restore", backup)
    house.said("backup", tmp_path / "two.tar")

    assert tables(tmp_path / "two.tar") == tables(backup)
    for name, data in contents(backup).items():
        if name.startswith("pictures/"):
            assert (house.folder / name).read_bytes() == data
    assert rows(house, "PRAGMA integrity_check") == [("ok",)]
    assert rows(house, "PRAGMA foreign_key_check") == []
    assert f"Restored as of {check(backup).taken_at}" in said
    modes = {path.stat().st_mode & 0o077 for path in house.folder.rglob("*")}
    assert modes == {0}


@pytest.mark.promise(46)
def test_it_is_on_hold_and_going_on_sends_nothing_that_waited(
    backup: Path, house: House, filled: dict[str, Submission]
):
    said = house.said("restore", backup)

    assert "The studio is on hold" in said
    [(reason, lifted)] = rows(house, "SELECT reason, lifted_at FROM engine_hold")
    assert (reason, lifted) == ("restored", None)
    refused = house.manage("resume")
    assert refused.returncode == 1
    assert "still on hold" in refused.stderr
    assert "3 queued out of the backup will be set aside, not sent" in refused.stdout
    house.said("resume", "--yes")
    status = dict(rows(house, "SELECT id, status FROM jobs_submission"))
    assert status[filled["queued"].pk.hex] == "cancelled"
    assert status[filled["submitting"].pk.hex] == "unknown"
    assert status[filled["running"].pk.hex] == "running"


@pytest.mark.promise(46)
def test_what_waited_is_sent_when_somebody_says_so(
    backup: Path, house: House, filled: dict[str, Submission]
):
    house.said("restore", backup)

    said = house.said("resume", "--yes", "--send-queued")

    assert "3 queued out of the backup will be SENT AND CHARGED" in said
    status = dict(rows(house, "SELECT id, status FROM jobs_submission"))
    assert status[filled["queued"].pk.hex] == "queued"


def test_new_rows_get_new_numbers(backup: Path, house: House):
    house.said("restore", backup)
    before = rows(house, "SELECT max(id) FROM jobs_job")[0][0]

    house.said(
        "shell", "-v0", "-c",
        "from studio.jobs.models import Job; Job.objects.create(owner_id=2, key_id=1)",
    )  # fmt: skip

    assert rows(house, "SELECT max(id) FROM jobs_job")[0][0] == before + 1


def test_the_master_keys_that_it_needs_are_named_or_come_along(
    backup: Path, house: House, tmp_path: Path
):
    said = house.said("restore", backup)
    other = House(tmp_path / "third")
    full = make(tmp_path / "full.tar", with_secrets=True).path

    assert f"put the master key {masterkeys.ring().first.hex()} into" in said
    assert "put the master key" not in other.said("restore", full)
    kept = other.folder / "secrets" / "master.keys"
    assert kept.read_text() == masterkeys.keys_file().read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "is whole" in other.said("restore", "--check", full)


def test_what_is_there_is_never_overwritten_and_only_moved_when_told(backup: Path, house: House):
    house.said("restore", backup)
    before = (house.folder / "darkroom.sqlite3").read_bytes()

    refused = house.manage("restore", backup)
    assert refused.returncode == 1
    assert "is not empty. Nothing was changed" in refused.stderr
    assert (house.folder / "darkroom.sqlite3").read_bytes() == before
    said = house.said("restore", "--force", backup)

    [aside] = house.folder.glob("before-restore-*")
    assert str(aside) in said
    with closing(sqlite3.connect(aside / "darkroom.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM jobs_job").fetchone()[0] > 5
    assert sorted(path.name for path in (aside / "pictures").rglob("*.png"))


def test_pictures_that_are_there_are_reason_enough_to_refuse(backup: Path, house: House):
    (house.folder / "pictures").mkdir(parents=True)
    (house.folder / "pictures" / "mine.png").write_text("precious")

    refused = house.manage("restore", backup)

    assert "pictures is not empty" in refused.stderr
    assert (house.folder / "pictures" / "mine.png").read_text() == "precious"


def test_a_folder_that_a_studio_runs_on_is_left_alone(backup: Path, house: House):
    (house.folder / "run").mkdir(parents=True)
    with (house.folder / "run" / "studio.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = house.manage("restore", backup)

    assert "Another Darkroom is running" in refused.stderr


# Damaged, or not ours -----------------------------------------------------------------------------


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def place_of(path: Path, part: str) -> int:
    with tarfile.open(path) as tar:
        return next(info.offset_data + 20 for info in tar if part in info.name)


def refusal(path: Path) -> str:
    with pytest.raises(CommandError) as error:
        call_command("restore", str(path), "--check")
    return str(error.value)


def test_a_whole_one_says_so(backup: Path, capsys: pytest.CaptureFixture[str]):
    call_command("restore", str(backup), "--check")

    assert "is whole: " in capsys.readouterr().out


@pytest.mark.promise(46)
@pytest.mark.parametrize("part", ["database/jobs.job", ".png", "spool/", "SHA256SUMS"])
def test_one_bit_is_enough_to_refuse_it(backup: Path, part: str):
    flip(backup, place_of(backup, part))

    assert "is damaged" in refusal(backup)


def test_one_that_is_cut_short_is_refused(backup: Path):
    data = backup.read_bytes()
    for end in (len(data) // 2, place_of(backup, "SHA256SUMS") - 600):
        backup.write_bytes(data[:end])
        assert "cut short" in refusal(backup)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "is not a backup of Darkroom"),
        ({"holiday.png": b"x"}, "is not a backup of Darkroom"),
        ({NAME: b"{"}, "manifest cannot be read"),
        ({NAME: b"[]"}, "manifest cannot be read"),
        ({NAME: b'{"format": 99}'}, "made by a newer Darkroom"),
    ],
)
def test_something_else_is_named(tmp_path: Path, files: dict[str, bytes], words: str):
    assert words in refusal(written(tmp_path / "x.tar", files))


def test_what_is_no_tar_or_not_there_is_named(tmp_path: Path):
    (tmp_path / "x.tar").write_bytes(b"no tar at all" * 100)

    assert "is no tar file" in refusal(tmp_path / "x.tar")
    assert "No such file" in refusal(tmp_path / "y.tar")


def changed(backup: Path, target: Path, **facts: object) -> Path:
    """The same backup with another manifest."""
    found = contents(backup)
    del found["SHA256SUMS"]
    found[NAME] = json.dumps({**json.loads(found[NAME]), **facts}).encode()
    return written(target, found)


def test_one_of_a_newer_version_is_refused_before_anything_is_touched(
    backup: Path, house: House, tmp_path: Path
):
    told = Manifest.from_bytes(contents(backup)[NAME])
    newer = changed(backup, tmp_path / "x.tar", migrations=[*told.migrations, "jobs.0099_later"])

    refused = house.manage("restore", newer)

    assert "jobs.0099_later; this one does not" in refused.stderr
    assert not (house.folder / "pictures").exists()


def test_rows_that_are_missing_are_noticed_and_the_way_out_is_told(
    backup: Path, house: House, tmp_path: Path
):
    told = Manifest.from_bytes(contents(backup)[NAME])
    less = changed(backup, tmp_path / "x.tar", tables={**told.tables, "jobs.job": 99})

    refused = house.manage("restore", less)

    assert "jobs.job has" in refused.stderr
    assert "rows instead of 99" in refused.stderr
    assert "--force" in refused.stderr
    assert rows(house, "SELECT count(*) FROM jobs_job") == [(0,)]
    assert house.said("restore", "--force", backup)


@pytest.mark.promise(41)
@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/evil", "a/../../evil", ".hidden", "a//b", "", "a\nb", "ab/…png"]
)
def test_no_name_in_it_leads_out_of_the_archive(name: str):
    with pytest.raises(NotABackup, match="that no picture is called"):
        _put_back_file(name, Member(name=name, size=1, file=BytesIO(b"x")))


def test_hashes_are_those_of_the_rows(backup: Path):
    image = Image.objects.get(state="kept")

    assert sha256(contents(backup)[f"pictures/{image.path}"]).hexdigest() == image.sha256
