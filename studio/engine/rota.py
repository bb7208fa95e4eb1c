"""Whose order goes out next: members take turns, at each key and over all.

Pure: it is told what is under way, and chooses among queues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

KEPT = 16  # places that go only to members who have nothing on the way out

Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one member has queued before one key. first: its oldest order."""

    key_id: int
    owner_id: int
    waiting: int
    first: int

    @property
    def pair(self) -> Pair:
        return self.key_id, self.owner_id


@dataclass
class Rota:
    """flying: orders of a member that are with a provider or on their way to it, by key.
    sending: those on their way.

    Who has fewest is next; among equals, whose turn was longest ago.
    """

    flying: Counter[Pair] = field(default_factory=Counter)
    sending: Counter[int] = field(default_factory=Counter)
    _turn: int = 0
    _turns: dict[Pair | int, int] = field(default_factory=dict)

    def choose(
        self, lines: Iterable[Line], room: int, grant: Callable[[Line, bool], bool]
    ) -> Counter[Line]:
        """How many of each line go out.

        `grant` is asked for each, and refuses where the key takes no more; its flag says whether
        the member has others under way with that key.
        """
        chosen = Counter[Line]()
        keys: dict[int, list[Line]] = {}
        for line in lines:
            keys.setdefault(line.key_id, []).append(line)
        while room > 0 and keys:
            line = min(map(self._next, keys.values()), key=self._rank)
            has_room = room > KEPT or not self.sending[line.owner_id]
            is_granted = has_room and grant(line, self.flying[line.pair] > 0)
            if is_granted:
                room -= 1
                chosen[line] += 1
                self._count(line)
            if not is_granted or chosen[line] == line.waiting:
                keys[line.key_id].remove(line)
                keys = {key: queues for key, queues in keys.items() if queues}
        for line, count in chosen.items():  # they count when they are begun
            self.flying[line.pair] -= count
            self.sending[line.owner_id] -= count
        return chosen

    def _next(self, queues: Iterable[Line]) -> Line:
        """Of one key."""
        return min(
            queues,
            key=lambda line: (self.flying[line.pair], self._turns.get(line.pair, 0), line.first),
        )

    def _rank(self, line: Line) -> tuple[int, int, int]:
        owner = line.owner_id
        return self.sending[owner], self._turns.get(owner, 0), line.first

    def _count(self, line: Line) -> None:
        self._turn += 1
        self._turns[line.pair] = self._turns[line.owner_id] = self._turn
        self.flying[line.pair] += 1
        self.sending[line.owner_id] += 1
