"""Room for pictures: nothing is ordered that could not be kept."""

from __future__ import annotations

import shutil

from django.conf import settings

MB = 1024 * 1024


def free_mb() -> int:
    """Free space where the pictures go."""
    return shutil.disk_usage(settings.STUDIO_DATA_DIR).free // MB


def has_room() -> bool:
    """At least STUDIO_MIN_FREE_MB are free."""
    return free_mb() >= settings.STUDIO_MIN_FREE_MB
