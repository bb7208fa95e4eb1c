"""The studio's settings with an archive that kills whoever writes to it while POISON exists."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from studio.jobs.storage import ArchiveStorage
from studio.settings import *  # noqa: F403
from studio.settings import STORAGES, STUDIO_DATA_DIR


class Poisonous(ArchiveStorage):
    """As a decoder does that crashes."""

    def _save(self, name: str, content: Any) -> str:
        if Path(self.location).with_name("poison").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._save(name, content)


STORAGES = {
    **STORAGES,
    "default": {
        "BACKEND": f"{__name__}.Poisonous",
        "OPTIONS": {"location": STUDIO_DATA_DIR / "pictures"},
    },
}
