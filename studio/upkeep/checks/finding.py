"""What a check is asked, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """is_thorough: look at everything, however long it takes, not at a sample."""

    is_thorough: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is so, what it means, and what to do about it: one line for the operator."""

    level: Level
    says: str
    todo: str = ""


Check = Callable[[Scope], Finding]


def ok(says: str) -> Finding:
    return Finding(level=Level.OK, says=says)


def warn(says: str, todo: str) -> Finding:
    return Finding(level=Level.WARN, says=says, todo=todo)


def fail(says: str, todo: str) -> Finding:
    return Finding(level=Level.FAIL, says=says, todo=todo)


def counted(number: int, one: str, several: str = "") -> str:
    """`1 row`, `2 rows`."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
