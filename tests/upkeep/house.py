"""Another studio in a folder of its own, worked on by `manage.py`."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class House:
    """Knows nothing of the studio that the tests run in."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        own = {"STUDIO_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "studio.settings"}
        self.environment = {**os.environ, **own, **environment}

    def manage(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *map(str, words)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def said(self, *words: str | Path) -> str:
        """What a command that must go well printed."""
        done = self.manage(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr


def contents(path: Path) -> dict[str, bytes]:
    """Everything in a backup, by ordinary means."""
    with tarfile.open(path) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar if info.isreg()}  # type: ignore[union-attr]
