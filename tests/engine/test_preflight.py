"""What must be right before anything is started. The lines it prints: tests/processes."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from studio.engine.supervisor import preflight
from studio.engine.supervisor.preflight import CannotStart


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


def test_one_studio_locks_out_another_until_it_is_gone(settings, tmp_path: Path):
    settings.RUN_DIR = tmp_path
    first = preflight.lock_data_folder()

    with pytest.raises(CannotStart, match="Another Darkroom is running"):
        preflight.lock_data_folder()

    os.close(first)
    os.close(preflight.lock_data_folder())


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
