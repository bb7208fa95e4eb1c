"""Colours: mixing and turning."""

from __future__ import annotations

import colorsys

Colour = tuple[int, int, int]


def rgb(code: str) -> Colour:
    """A colour from its six hex digits."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def palette(codes: str) -> tuple[Colour, ...]:
    """Colours from hex codes between blanks."""
    return tuple(rgb(code) for code in codes.split())


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a share (0–1) of the other."""
    share = max(0.0, min(1.0, share))
    r, g, b = (round(a + (z - a) * share) for a, z in zip(one, other, strict=True))
    return r, g, b


def turned(colour: Colour, degrees: float) -> Colour:
    """The same light in another hue."""
    hue, light, strength = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    r, g, b = colorsys.hls_to_rgb((hue + degrees / 360) % 1, light, strength)
    return round(r * 255), round(g * 255), round(b * 255)
