"""Ridges in haze, dunes."""

from __future__ import annotations

import itertools
import math
from random import Random

from PIL import Image, ImageChops

from studio.sandbox.art.colour import Colour, mix, palette
from studio.sandbox.art.paint import (
    BICUBIC,
    Picture,
    Pixels,
    below,
    bent,
    blurred,
    curved,
    disc,
    fade,
    glow,
    head,
    noise,
    profile,
    small,
    smooth,
    steps,
    veil,
)
from studio.sandbox.art.take import Take

# sky above, sky below, far ridge, near ridge, sun
HAZE = (
    palette("3d5b8c f2c9a8 a9a6b8 1b2233 fff1cf"),
    palette("7fbfb4 e6f2e4 a5cfc4 0f3436 fffbe8"),
    palette("4a3069 f3a9a0 b884a6 241233 ffe3b8"),
    palette("39424f c3ccd4 98a3af 12161c f4f7fa"),
    palette("d97b4f fbe3b4 d9a582 3b1d1c fff7df"),
    palette("0f1d3f 6d86b3 51689a 060a18 eef3ff"),
)
# sky above, sky below, lit sand, shaded sand, sun
SAND = (
    palette("6fa3c7 f0dfc0 e9b878 9a5b30 fff6dc"),
    palette("e08a5b fbd9a0 e8935a 7a2e2a fff1c8"),
    palette("2a3560 d9a7a0 c48a78 4a2a45 ffe9d0"),
    palette("b9d3d8 f7ead2 f1d3a5 b48660 fffdf2"),
    palette("151a3c 6a70a8 8c8cba 161434 f4f2ff"),
)


def ridges(take: Take) -> Picture:
    """Mountains behind mountains, paler with every valley between."""
    above, low, far, near, sun = take.pick(HAZE)
    width, height = take.size
    horizon = height * take.form.uniform(0.38, 0.5)
    sheet = fade(
        take.size,
        (0, above),
        (0.62 * horizon / height, mix(above, low, 0.62)),
        (horizon / height, low),
        (1, low),
    )
    _clouds(sheet, take.form, mix(low, sun, 0.5), 0.55)
    at = width * take.mood.uniform(0.2, 0.8), horizon * take.mood.uniform(0.5, 0.92)
    glow(sheet, at, take.unit * 0.75, sun, 0.5, 2.4)
    glow(sheet, at, take.unit * 0.2, sun, 0.7, 2)
    disc(sheet, at, take.unit * take.form.uniform(0.028, 0.05), sun)
    count = take.form.randint(5, 6)
    for number in range(count):
        depth = number / (count - 1)
        _ridge(sheet, take, horizon, depth, mix(far, near, depth**1.25), low)
    return sheet


def _clouds(sheet: Picture, rng: Random, colour: Colour, strength: float) -> None:
    size = small(sheet.size, 480)
    field = curved(noise(rng, size, (2, 6), 5, 0.55), smooth(0.5, 1.0))
    veil(sheet, ImageChops.multiply(field, steps(size, 230, 255, 90, 0, 0)), colour, strength)


def _ridge(
    sheet: Picture, take: Take, horizon: float, depth: float, colour: Colour, haze: Colour
) -> None:
    width, height = sheet.size
    count = max(40, min(1400, width // 2))
    base = horizon + (height * 0.93 - horizon) * depth**1.15
    swing = take.unit * (0.055 + 0.05 * depth)
    waves = max(1.5, width / take.unit * take.form.uniform(1.6, 2.6))
    line = profile(take.form, count, waves, 8, 0.52 - 0.04 * (1 - depth))
    edge = [base - swing * rise for rise in line]
    rest = height - head(edge)
    if rest <= 1:
        return
    reach = min(1.0, (swing * 2.2 + height * 0.16) / rest)
    foot = mix(colour, haze, 0.62 * (1 - depth) ** 0.7 + 0.08)
    below(
        sheet,
        edge,
        fade(
            (width, rest),
            (0, mix(colour, haze, 0.04)),
            (0.25 * reach, colour),
            (reach, foot),
            (1, foot),
        ),
    )
    if 0.1 < depth < 0.9:
        _mist(sheet, take.form, base + swing, height * 0.16, haze, 0.5 * (1 - depth))


def _mist(
    sheet: Picture, rng: Random, at: float, tall: float, colour: Colour, strength: float
) -> None:
    top, foot = int(max(0, at - tall)), int(min(sheet.height, at + tall))
    if foot - top < 4:
        return
    size = small((sheet.width, foot - top), 360)
    field = ImageChops.multiply(noise(rng, size, (4, 2), 4), steps(size, 0, 150, 255, 150, 0))
    field = field.resize((sheet.width, foot - top))
    mask = field.point([round(i * strength) for i in range(256)])
    sheet.paste(colour, (0, top, sheet.width, foot), mask)


def dunes(take: Take) -> Picture:
    """Sand, lit from one side."""
    above, low, lit, shade, sun = take.pick(SAND)
    width, height = take.size
    horizon = height * take.form.uniform(0.34, 0.46)
    sheet = fade(take.size, (0, above), (horizon / height, low), (1, low))
    at = width * take.mood.uniform(0.1, 0.9), horizon * take.mood.uniform(0.35, 0.75)
    glow(sheet, at, take.unit * 0.7, sun, 0.55, 2.2)
    disc(sheet, at, take.unit * 0.035, sun)
    count = 5
    for number in range(count):
        depth = number / (count - 1)
        _dune(sheet, take, horizon, depth, (mix(lit, low, 0.55 * (1 - depth)), shade, low))
    _ripples(sheet, take.form, horizon, shade)
    return sheet


def _dune(
    sheet: Picture, take: Take, horizon: float, depth: float, colours: tuple[Colour, Colour, Colour]
) -> None:
    lit, shade, haze = colours
    width, height = sheet.size
    count = max(60, min(900, width // 3))
    base = horizon + (height * 0.86 - horizon) * depth**1.3 + take.unit * 0.02
    swing = take.unit * (0.03 + 0.11 * depth)
    waves = max(1.0, width / take.unit * (1.5 - 0.6 * depth))
    line = profile(take.form, count, waves, 2, 0.22)
    edge = [base - swing * (1 - 2.4 * abs(rise) ** 0.9) for rise in line]
    rest = height - head(edge)
    if rest <= 1:
        return
    foot = mix(lit, shade, 0.3 + 0.2 * depth)
    sand = fade((width, rest), (0, mix(lit, haze, 0.3)), (0.3, lit), (1, foot))
    dark = mix(shade, haze, 0.55 * (1 - depth))
    reach = min(rest, round(max(edge) - min(edge) + 2.2 * swing))
    slope = sand.crop((0, 0, width, reach))
    veil(slope, _lee(take, edge, small(slope.size, 720)), dark, 0.55 + 0.3 * depth)
    sand.paste(slope, (0, 0))
    below(sheet, edge, sand)


def _lee(take: Take, edge: list[float], size: Pixels) -> Picture:
    """The sides away from the sun: where the crest falls, leaning as it runs down the slope."""
    falls = [later - now for now, later in itertools.pairwise(edge)]
    steepest = max(map(abs, falls)) or 1
    row = Image.new("L", (len(falls), 1))
    row.putdata([round(255 * smooth(0.0, 0.6)(fall / steepest)) for fall in falls])
    lean, sway = take.form.uniform(0.35, 0.8) * size[1], take.form.uniform(-0.12, 0.2) * size[1]
    room = round(abs(lean) + abs(sway))
    wide = Image.new("L", (size[0] + room, size[1]))
    wide.paste(row.resize(size, BICUBIC), (room, 0))
    wide.paste(row.resize((1, 1), box=(0, 0, 1, 1)).resize((room, size[1])), (0, 0))
    leaning = bent(wide, size, lambda t: room - lean * t**1.4 - sway * math.sin(5 * t))
    return ImageChops.multiply(leaning, steps(size, 255, 235, 150, 40, 0, 0))


def _ripples(sheet: Picture, rng: Random, horizon: float, shade: Colour) -> None:
    size = small(sheet.size, 900)
    top = round(size[1] * horizon / sheet.height)
    field = noise(rng, size, (5, max(8, size[1] // 9)), 2)
    soft = blurred(noise(rng, size, (3, 3), 2), 4)
    field = ImageChops.multiply(curved(field, smooth(0.45, 0.75)), soft)
    fading = Image.new("L", size)
    fading.paste(steps((size[0], size[1] - top), 0, 120, 255), (0, top))
    veil(sheet, ImageChops.multiply(field, fading), shade, 0.3)
