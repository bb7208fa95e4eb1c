"""`manage.py studio`: what it sets up, what it prints, and what stops it."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.benchmarks._tree import READY, ROOT, Tree

pytestmark = pytest.mark.processes

OTHER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def start_in_vain(folder: Path, **environment: str) -> str:
    """The one line on standard error of a studio that refuses to start."""
    tree = Tree(folder, **environment)
    done = subprocess.run(
        tree.command("studio"),
        cwd=ROOT,
        env=tree.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


def what_is_kept(folder: Path) -> dict[str, object]:
    """Everything that a second start must leave alone."""
    secrets = sorted(path for path in (folder / "secrets").iterdir() if path.is_file())
    with sqlite3.connect(folder / "darkroom.sqlite3") as database:
        migrations = database.execute("SELECT app, name, applied FROM django_migrations").fetchall()
    return {
        "secrets": [(path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in secrets],
        "migrations": migrations,
        "static": sorted(
            (path.name, path.stat().st_mtime_ns) for path in (folder / "static").rglob("*.*")
        ),
    }


def test_a_start_prints_one_line_and_serves(tree: Tree):
    assert tree.lines == [f"{READY}{tree.url}"]
    status, body = tree.health()
    assert (status, body["status"], body["reasons"]) == (200, "ok", [])


def test_secrets_are_readable_by_their_owner_only(tree: Tree):
    secrets = tree.folder / "secrets"

    modes = {path.name: path.stat().st_mode & 0o777 for path in secrets.iterdir()}

    assert secrets.stat().st_mode & 0o777 == 0o700
    assert modes
    assert set(modes.values()) == {0o600}


def test_a_second_start_changes_nothing(tree: Tree):
    before = what_is_kept(tree.folder)
    assert before["static"]

    tree.stop()
    tree.start()

    assert what_is_kept(tree.folder) == before


def test_a_taken_port_is_named_with_its_setting(tree: Tree, folder: Path):
    line = start_in_vain(folder, STUDIO_BIND=f"127.0.0.1:{tree.port}")

    assert f"Port {tree.port}" in line
    assert "STUDIO_BIND" in line


def test_a_second_studio_on_the_same_folder_is_refused(tree: Tree):
    line = start_in_vain(tree.folder)

    assert "Another Darkroom is running" in line
    assert "STUDIO_DATA_DIR" in line


def test_a_file_in_the_place_of_the_data_folder_is_named(folder: Path):
    folder.write_text("in the way")

    assert str(folder) in start_in_vain(folder)


def test_a_folder_that_cannot_be_made_is_named():
    line = start_in_vain(Path("/proc/darkroom"), STUDIO_SECRET_KEY="x" * 50)

    assert "/proc/darkroom" in line
    assert "STUDIO_DATA_DIR" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STUDIO_BIND", "nonsense"),
        ("STUDIO_BIND", "no-such-host.invalid:8000"),
        ("STUDIO_WORKERS", "1"),
        ("STUDIO_LOG_LEVEL", "LOUD"),
        ("STUDIO_MASTER_KEYS", "too-short"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str, folder: Path):
    assert name in start_in_vain(folder, **{name: value})


@pytest.mark.promise(33)
def test_a_wrong_or_missing_master_key_is_refused(folder: Path):
    with Tree(folder) as tree:
        tree.open_studio().close()
    keys = next(path for path in (folder / "secrets").iterdir() if "master" in path.name)

    wrong = start_in_vain(folder, STUDIO_MASTER_KEYS=OTHER_KEY)
    keys.rename(folder / "elsewhere")
    missing = start_in_vain(folder)

    assert "master key" in wrong.lower()
    assert "master key" in missing.lower()
    assert OTHER_KEY not in wrong
