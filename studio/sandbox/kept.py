"""What a pretend provider must find again by a name that its client chose: kept for a day.

In the data folder, so that a restart forgets nothing. File names are hashes: they show no key.
"""

from __future__ import annotations

from hashlib import sha256

from django.conf import settings
from django.core.cache.backends.filebased import FileBasedCache

DAY = 24 * 60 * 60
MOST = 5000


class Kept:
    """Words under names. When there are too many, any of them make room."""

    def __init__(self, room: str) -> None:
        options = {"TIMEOUT": DAY, "OPTIONS": {"MAX_ENTRIES": MOST}}
        self._files = FileBasedCache(str(settings.STUDIO_DATA_DIR / "sandbox" / room), options)

    def find(self, *name: str) -> str:
        """What was kept, or nothing."""
        return str(self._files.get(_hashed(name), ""))

    def keep(self, *name: str, words: str) -> None:
        """Instead of what was kept under the name before."""
        self._files.set(_hashed(name), words)


def _hashed(name: tuple[str, ...]) -> str:
    return sha256("\0".join(name).encode(errors="surrogatepass")).hexdigest()
