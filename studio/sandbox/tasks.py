"""Orders that nobody keeps: the task id is the order, signed.

Whatever a later call has to know – when it began, how long it lasts, which pictures – stands in
the id itself, so a restart forgets nothing. The prompt is not in it, only a number made from it.
"""

from __future__ import annotations

import time
from dataclasses import astuple, dataclass
from enum import StrEnum

from django.core import signing

from studio.sandbox.marks import Marks

PREFIX = "task_"


class Ending(StrEnum):
    """How a task ends. SPLIT, GONE and TORN are successes with a flaw."""

    DONE = ""
    SPLIT = "s"
    GONE = "g"
    TORN = "t"
    FAILED = "f"
    BLOCKED = "b"
    LOST = "l"

    @classmethod
    def of(cls, found: Marks) -> Ending:
        """The first ending that the marks ask for."""
        return next((ending for mark, ending in ENDINGS.items() if mark in found), cls.DONE)

    @property
    def is_failure(self) -> bool:
        return self in (Ending.FAILED, Ending.BLOCKED)

    @property
    def has_pictures(self) -> bool:
        return self in (Ending.DONE, Ending.SPLIT, Ending.TORN)


ENDINGS = {
    "block": Ending.BLOCKED,
    "fail": Ending.FAILED,
    "lost": Ending.LOST,
    "gone": Ending.GONE,
    "torn": Ending.TORN,
    "two": Ending.SPLIT,
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One accepted order. Times: milliseconds; cost: millionths of what the provider bills in.

    nonce: keeps two equal orders apart.
    """

    started: int
    lasts: int
    width: int
    height: int
    count: int
    seed: int
    cost: int
    nonce: int
    ending: Ending = Ending.DONE

    @property
    def ends(self) -> int:
        return self.started + self.lasts

    @property
    def is_over(self) -> bool:
        return now() >= self.ends

    @property
    def is_forgotten(self) -> bool:
        return self.ending is Ending.LOST and now() >= self.started + self.lasts // 2

    @property
    def progress(self) -> int:
        """Per cent; 100 only when it is over."""
        if self.is_over:
            return 100
        return max(0, min(99, 100 * (now() - self.started) // self.lasts))


class UnknownTaskError(Exception):
    """No task of ours."""


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def sign(task: Task, provider: str) -> str:
    """The id of a task: URL-safe, under 300 characters."""
    return PREFIX + _signer(provider).sign_object(astuple(task), serializer=signing.JSONSerializer)


def read(task_id: str, provider: str) -> Task:
    """The task that an id stands for. Raises UnknownTaskError for anything that we did not sign."""
    if not task_id.startswith(PREFIX):
        raise UnknownTaskError
    try:
        values = _signer(provider).unsign_object(task_id.removeprefix(PREFIX))
    except signing.BadSignature as error:
        raise UnknownTaskError from error
    names = ("started", "lasts", "width", "height", "count", "seed", "cost", "nonce")
    return Task(**dict(zip(names, values, strict=False)), ending=Ending(values[-1]))


def _signer(provider: str) -> signing.Signer:
    return signing.Signer(salt=f"studio.sandbox.{provider}", sep=".")
