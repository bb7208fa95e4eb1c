"""Idempotency keys: what was answered to each of them at first, kept for a day."""

from __future__ import annotations

from threading import Lock

from studio.sandbox.kept import Kept


class Repeats:
    """Of one provider."""

    def __init__(self, provider: str) -> None:
        self._kept = Kept(provider)
        self._lock = Lock()

    def before(self, *name: str, now: str) -> str:
        """What was kept under this name before; if nothing was, `now` is from now on."""
        with self._lock:  # files have no way to be first
            return self._kept.keep_first(*name, words=now)
