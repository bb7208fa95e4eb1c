"""A member who orders over HTTP, whatever happens to the web servers meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count
from typing import Any

import httpx

from tests.benchmarks._tree import Tree
from tests.chaos import books
from tests.chaos.formats import FORMATS
from tests.chaos.upstream import Upstream
from tests.chaos.wishes import QUICK, Wish

SECRETS = {"chatgpt2api": "c2a", "gptimage2plus": "gimg"}
AGAIN_AFTER = 0.5
PATIENCE = 60.0


class Office:
    """Signed in, with a sandbox key and `keys` keys of its own for each provider."""

    def __init__(
        self, trees: Sequence[Tree], database: str, upstream: Upstream, *, keys: int
    ) -> None:
        self.trees, self.database, self.upstream = trees, database, upstream
        self.tree = tree = trees[0]
        self.client = tree.open_studio()
        self.doubles = 0
        for provider in FORMATS:
            tree.post(self.client, "/keys/sandbox/", {"provider": provider})
            for number in range(1, keys + 1):
                self._add_key(provider, number)
        self.keys = self._find_keys()
        self._register_webhooks()

    def _add_key(self, provider: str, number: int) -> None:
        facts = {
            "provider": provider,
            "label": f"{provider} {number}",
            "secret": f"{SECRETS.get(provider, 'sk')}_{provider}-{number:04}-chaos",
            "base_url": f"http://127.0.0.1:{self.upstream.ports[provider]}",
        }
        self.tree.post(self.client, "/keys/add/", facts)

    def _find_keys(self) -> dict[tuple[str, int], str]:
        """By provider and number."""
        with books.opened(self.database) as found:
            rows = found.rows("SELECT uid, provider, label, is_sandbox FROM vault_providerkey")
        number = {True: lambda _: QUICK, False: lambda label: int(label.split()[-1])}
        return {
            (row["provider"], number[bool(row["is_sandbox"])](row["label"])): books.name(row["uid"])
            for row in rows
        }

    def _register_webhooks(self) -> None:
        """As the owner of a key does on the provider's page, and with what is shown there."""
        for (provider, number), uid in self.keys.items():
            if provider != "gptimage2plus" or number == QUICK:
                continue
            secret = f"whsec_{number:04}_chaos"
            facts = {"label": f"{provider} {number}", "webhook_secret": secret}
            base = f"http://127.0.0.1:{self.upstream.ports[provider]}"
            self.tree.post(self.client, f"/keys/{uid}/edit/", {**facts, "base_url": base})
            self.upstream.say(
                "address",
                key=f"gimg_{provider}-{number:04}-chaos",
                url=f"{self.tree.url}/hooks/{provider}/{uid}",
                secret=secret,
            )

    def place(self, wish: Wish) -> None:
        """Until it is surely placed: a form that is sent again is the same order."""
        form: dict[str, Any] = {**wish.form, "key": self.keys[wish.provider, wish.key]}
        headers = {"HX-Request": "true", "X-CSRFToken": self.client.cookies["csrftoken"]}
        deadline = time.monotonic() + PATIENCE
        for number in count(wish.number):
            address = f"{self.trees[number % len(self.trees)].url}/jobs/place"
            try:
                self.client.post(address, data=form, headers=headers).raise_for_status()
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise
                self.doubles += 1
                time.sleep(AGAIN_AFTER)
            else:
                return
