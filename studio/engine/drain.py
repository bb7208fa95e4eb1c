"""A flag in the data folder: finish what is on the way, begin nothing new."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def flag() -> Path:
    return Path(settings.RUN_DIR, "draining")


def begin() -> None:
    """Ask every pump to end its slice early."""
    flag().touch()


def end() -> None:
    flag().unlink(missing_ok=True)


def is_draining() -> bool:
    return flag().exists()
