"""One picture to be painted: its size and its dice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from studio.sandbox.art.colour import Colour, turned
from studio.sandbox.art.paint import Picture, Pixels


@dataclass(frozen=True, kw_only=True)
class Take:
    """form: dice for the composition, the same for every picture of an order; mood: its own.

    number: counts through the palettes.
    """

    size: Pixels
    form: Random
    mood: Random
    number: int

    @property
    def unit(self) -> int:
        """The shorter side."""
        return min(self.size)

    def pick(self, palettes: Sequence[Sequence[Colour]]) -> list[Colour]:
        """The palette of this picture, in a hue of its own when all have had their turn."""
        lap, place = divmod(self.number, len(palettes))
        degrees = self.mood.uniform(-4, 4) + (0, 7, -7)[lap % 3]
        return [turned(colour, degrees) for colour in palettes[place]]


Scene = Callable[[Take], Picture]
