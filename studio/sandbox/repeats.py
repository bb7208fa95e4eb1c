"""Idempotency keys: what was answered to each of them at first, kept for a day.

In the data folder, so that a restart forgets nothing. File names are hashes: they show no key.
"""

from __future__ import annotations

from hashlib import sha256
from threading import Lock

from django.conf import settings
from django.core.cache.backends.filebased import FileBasedCache

DAY = 24 * 60 * 60
MOST = 5000


class Repeats:
    """Of one provider. When there are too many, any of them make room."""

    def __init__(self, provider: str) -> None:
        folder = settings.STUDIO_DATA_DIR / "sandbox" / provider
        options = {"TIMEOUT": DAY, "OPTIONS": {"MAX_ENTRIES": MOST}}
        self._files = FileBasedCache(str(folder), options)
        self._lock = Lock()

    def before(self, *name: str, now: str) -> str:
        """What was kept under this name before; if nothing was, `now` is from now on."""
        hashed = sha256("\0".join(name).encode(errors="surrogatepass")).hexdigest()
        with self._lock:
            known = str(self._files.get(hashed, ""))
            if not known:
                self._files.set(hashed, now)
        return known
