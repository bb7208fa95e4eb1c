"""What must be right before anything is started. The lines it prints: tests/processes."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest

from studio.engine.management.commands.studio import chosen_lanes, readiness
from studio.engine.supervisor import preflight
from studio.engine.supervisor.preflight import CannotStart
from studio.queue import LANES


def test_a_port_in_use_is_named(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings.STUDIO_BIND = taken.getsockname()

        with pytest.raises(CannotStart, match=f"Port {taken.getsockname()[1]} on 127.0.0.1"):
            preflight.check_port()


def test_a_free_port_passes_and_stays_free(settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.STUDIO_BIND = probe.getsockname()

    preflight.check_port()
    preflight.check_port()


def test_a_host_name_becomes_an_address(settings):
    settings.STUDIO_BIND = ("localhost", 8000)

    assert preflight.address()[0] in ("127.0.0.1", "::1")


def test_the_data_folder_is_made(settings, tmp_path: Path):
    settings.STUDIO_DATA_DIR = tmp_path / "new" / "data"
    settings.RUN_DIR = settings.STUDIO_DATA_DIR / "run"

    preflight.check_data_folder()

    assert settings.RUN_DIR.is_dir()


def close(locks: list[int]) -> None:
    for lock in locks:
        os.close(lock)


def test_one_studio_locks_out_another_until_it_is_gone(settings, tmp_path: Path):
    settings.RUN_DIR = tmp_path
    first = preflight.lock_workers(LANES)

    with pytest.raises(CannotStart, match="Another Darkroom is running"):
        preflight.lock_workers(LANES)

    close(first)
    close(preflight.lock_workers(LANES))


def test_split_lanes_may_run_beside_each_other_once_each(settings, tmp_path: Path):
    settings.RUN_DIR, settings.STUDIO_LANES = tmp_path, "SPLIT"
    first = preflight.lock_workers(["engine"])

    second = preflight.lock_workers(["media", "default"])
    with pytest.raises(CannotStart, match="Another Darkroom is running"):
        preflight.lock_workers(["media"])

    close(first + second)


def test_split_lanes_do_not_run_beside_one_cluster_for_all(settings, tmp_path: Path):
    settings.RUN_DIR = tmp_path
    first = preflight.lock_workers(LANES)
    settings.STUDIO_LANES = "SPLIT"

    with pytest.raises(CannotStart, match="Another Darkroom is running"):
        preflight.lock_workers(["media"])

    close(first)


def test_one_tree_at_a_time_prepares(settings, tmp_path: Path, db):
    settings.RUN_DIR = tmp_path

    def try_lock() -> None:
        with open(tmp_path / "prepare.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    with preflight.alone(), pytest.raises(BlockingIOError):
        try_lock()
    try_lock()


# The command --------------------------------------------------------------------------------------


def test_without_words_all_lanes_run():
    assert chosen_lanes("") == list(LANES)


def test_lanes_are_chosen_by_name(settings):
    settings.STUDIO_LANES = "SPLIT"

    assert chosen_lanes(" media, engine") == ["engine", "media"]
    with pytest.raises(CannotStart, match="“paint”; it must be one of engine, media, default"):
        chosen_lanes("paint,media")


def test_lanes_cannot_be_chosen_where_one_cluster_serves_all():
    with pytest.raises(CannotStart, match="STUDIO_LANES=split"):
        chosen_lanes("media")


def test_each_way_to_run_has_its_readiness_line(settings):
    assert readiness(web=True, lanes=[]).startswith("Darkroom is ready at http://")
    assert readiness(web=False, lanes=list(LANES)) == "Darkroom's workers are ready"
    settings.STUDIO_LANES = "SPLIT"
    assert readiness(web=False, lanes=["media"]) == "Darkroom's workers of media are ready"


def test_static_files_are_collected_only_when_one_has_changed(settings, tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a{}")
    settings.RUN_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [source]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    manifest = settings.STATIC_ROOT / "staticfiles.json"

    preflight.collect_static()
    first = manifest.stat().st_mtime_ns
    preflight.collect_static()
    assert manifest.stat().st_mtime_ns == first

    (source / "b.css").write_text("b{}")
    preflight.collect_static()
    assert manifest.stat().st_mtime_ns > first
    assert "b.css" in manifest.read_text()


def test_the_systems_checks_pass():
    preflight.check_system()
