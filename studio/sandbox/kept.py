"""What a pretend provider must find again by a name that its client chose: kept for a day.

In the data folder, so that a restart forgets nothing; in Redis where there is one, so that every
web server finds what another was told. Names are kept as hashes: they show no key.
"""

from __future__ import annotations

from hashlib import sha256

from django.core.cache import caches

DAY = 24 * 60 * 60


class Kept:
    """Words under names. When there are too many, any of them make room."""

    def __init__(self, room: str) -> None:
        self._room = room

    def find(self, *name: str) -> str:
        """What was kept, or nothing."""
        return str(caches["sandbox"].get(self._key(name), ""))

    def keep(self, *name: str, words: str) -> None:
        """Instead of what was kept under the name before."""
        caches["sandbox"].set(self._key(name), words, DAY)

    def keep_first(self, *name: str, words: str) -> str:
        """What was kept under the name before; if nothing was, these words are from now on, and
        nothing is returned."""
        if caches["sandbox"].add(self._key(name), words, DAY):
            return ""
        return self.find(*name)

    def _key(self, name: tuple[str, ...]) -> str:
        words = "\0".join((self._room, *name))
        return sha256(words.encode(errors="surrogatepass")).hexdigest()
