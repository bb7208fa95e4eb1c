"""Orders under ids that their clients chose, one at a time for each key."""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

from studio.sandbox import tasks
from studio.sandbox.kept import Kept
from studio.sandbox.tasks import Task


class BusyError(Exception):
    """Another order of this key is being worked on."""


class Order(NamedTuple):
    """What is kept of an order."""

    task: Task
    model: str
    is_cancelled: bool


class Named:
    """The orders of one provider."""

    def __init__(self, provider: str) -> None:
        self._kept = Kept(provider)
        self._provider = provider
        self._lock = Lock()

    def find(self, key: str, name: str) -> Order | None:
        """The order of this id; for an empty one, the last order of the key."""
        signed, _, rest = self._kept.find(key, name).partition(" ")
        model, _, is_cancelled = rest.partition(" ")
        try:
            return Order(tasks.read(signed, self._provider), model, bool(is_cancelled))
        except tasks.UnknownTaskError:
            return None

    def keep(self, key: str, name: str, new: Order) -> Order:
        """The order that has this id: the new one, unless there is one. Raises BusyError."""
        with self._lock:
            if known := self.find(key, name):
                return known
            last = self.find(key, "")
            if last and not (last.task.is_over or last.task.is_forgotten):
                raise BusyError
            signed = tasks.sign(new.task, self._provider)
            words = f"{signed} {new.model}{' cancelled' * new.is_cancelled}"
            if self._kept.keep_first(key, name, words=words):
                return self.find(key, name) or new
            self._kept.keep(key, "", words=words)
            return new
