"""Room for pictures: nothing is ordered that could not be kept."""

from __future__ import annotations

import shutil
import tempfile

from django.conf import settings

MB = 1024 * 1024


def free_mb() -> int:
    """Free space where the pictures go; with a store elsewhere, where they pass through."""
    folder = tempfile.gettempdir() if settings.STUDIO_STORAGE_URL else settings.STUDIO_DATA_DIR
    return shutil.disk_usage(folder).free // MB


def has_room() -> bool:
    """At least STUDIO_MIN_FREE_MB are free."""
    return free_mb() >= settings.STUDIO_MIN_FREE_MB
