"""What the members of a run order, and with which keys: decided by the seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from tests.chaos.formats import FORMATS

CHOICES: dict[str, dict[str, str]] = {
    "apimart": {"ratio": "3:2", "resolution": "1k"},
    "chatgpt2api": {"ratio": "1:1", "resolution": "1k"},
    "gptimage2plus": {"ratio": "1:1", "quality": "low"},
    "aigptimage": {"ratio": "1:1", "resolution": "1K", "quality": "low"},
    "apimodels": {"ratio": "1:1", "resolution": "1K", "quality": "low"},
}
EXACT = {"ratio": "", "resolution": "", "size_width": "1024", "size_height": "1024"}
SUBJECTS = ("a lighthouse", "an orange cat", "dunes at dawn", "a vase", "ridges of paper")
QUICK = 0  # the key that is a sandbox's, and is asked after sooner


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One order. key: QUICK or the number of a key with an address of its own.

    expects: pictures, refused (nothing charged) or failed (given up by the provider).
    """

    number: int
    provider: str
    key: int
    prompt: str
    count: int
    fields: dict[str, str]
    token: UUID
    expects: str = "pictures"

    @property
    def form(self) -> dict[str, Any]:
        told = {"prompt": self.prompt, "count": self.count, "form_token": str(self.token)}
        return {**CHOICES[self.provider], **self.fields, **told}


def wishes(seed: int, jobs: int, keys: int) -> list[Wish]:
    """In any order. A key of chatgpt2api has one order at a time, so it gets fewer."""
    chance = Random(f"{seed} wishes")
    weights = [1 if name == "chatgpt2api" else 2 for name in FORMATS]
    providers = chance.choices(list(FORMATS), weights, k=jobs)
    return [_wish(chance, number, name, keys) for number, name in enumerate(providers, start=1)]


def _wish(chance: Random, number: int, provider: str, keys: int) -> Wish:
    expects = chance.choices(("pictures", "refused", "failed"), (94, 3, 3))[0]
    mark = {"refused": " [no]", "failed": " [fail]"}.get(expects, "")
    is_exact = provider == "apimodels" and chance.random() < 0.2
    several = {"apimart": 3, "aigptimage": 2, "gptimage2plus": 2, "chatgpt2api": 2}
    count = chance.randint(1, several.get(provider, 1)) if chance.random() < 0.2 else 1
    return Wish(
        number=number,
        provider=provider,
        key=_key(chance, provider, keys),
        prompt=f"{chance.choice(SUBJECTS)}, number {number}{mark}",
        count=count,
        fields=EXACT if is_exact else {},
        token=UUID(int=chance.getrandbits(128)),
        expects=expects,
    )


def _key(chance: Random, provider: str, keys: int) -> int:
    """Where one order waits for the other, most go where they are asked after soon."""
    is_one_by_one = provider == "chatgpt2api" and chance.random() < 0.6
    return QUICK if is_one_by_one else chance.randint(QUICK, keys)
