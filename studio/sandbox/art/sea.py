"""A low sun or moon over water; tides cut from paper."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw

from studio.sandbox.art.colour import Colour, mix, palette
from studio.sandbox.art.paint import (
    Picture,
    below,
    blurred,
    curved,
    disc,
    fade,
    glow,
    head,
    noise,
    outline,
    profile,
    shape,
    small,
    smooth,
    steps,
    veil,
)
from studio.sandbox.art.take import Take

# sky above, sky below, water, deep water, light
WATER = (
    palette("33265f ff9a6b b8667a 171433 ffe9b0"),
    palette("0a1330 3f6190 2c4a78 050a1c f3f6ff"),
    palette("5a8fc0 ffd9b5 8fb0c6 1f3b58 fff4d8"),
    palette("5b1f4d ff7f5c a04866 1d0c2b ffd98a"),
    palette("14323c 9fd0c0 4f9092 08232b fdfbe4"),
    palette("222633 a89c98 6c6c74 101219 fdf3e3"),
)
# paper from the back to the front, sky first, then sun
PAPER = (
    palette("f6d9b8 f2a481 dd6f68 a34a6c 5f3566 2c2350 fbf0dc"),
    palette("dcebe6 a9d3c8 6fb0ab 3d8389 215a6b 12364a fdf6e0"),
    palette("fbe6e0 f3bfb4 e08d8f b5637c 7a4168 402a4e fff6ea"),
    palette("f4ead2 e6c88a d19a4e a8672f 6e3d24 3a211b fffaf0"),
    palette("1c2b4a 2c4a72 3f6d95 6196b0 93bfc6 cfe4de f8efd2"),
)


def sea(take: Take) -> Picture:
    """A path of light on the water, a sail or a headland against it."""
    above, low, water, deep, light = take.pick(WATER)
    width, height = take.size
    horizon = round(height * take.form.uniform(0.5, 0.62))
    sheet = fade(
        take.size,
        (0, above),
        (0.55 * horizon / height, mix(above, low, 0.5)),
        (horizon / height, low),
    )
    x, radius = width * take.form.uniform(0.3, 0.7), take.unit * take.form.uniform(0.06, 0.1)
    y = horizon - radius * take.mood.uniform(-0.1, 2.6)
    _sky(sheet, take, (x, y), radius, (low, light, above))
    _water(sheet, take.form, horizon, (mix(low, water, 0.45), water, deep))
    glow(sheet, (x, horizon), take.unit * 0.5, light, 0.22, 2.4)
    _glitter(sheet, take.form, (x, horizon), light)
    (_sail, _headland, _islands)[take.form.randrange(3)](
        sheet, take, horizon, x, mix(deep, low, 0.06)
    )
    return sheet


def _sky(
    sheet: Picture,
    take: Take,
    at: tuple[float, float],
    radius: float,
    colours: tuple[Colour, Colour, Colour],
) -> None:
    low, light, above = colours
    size = small(sheet.size, 560)
    field = noise(take.form, size, (2, 9), 5, 0.55)
    fading = steps(size, 255, 255, 200, 120, 0, 0, 0)
    glow(sheet, at, take.unit * 0.9, light, 0.5, 2.6)
    shade = ImageChops.multiply(curved(field, smooth(0.45, 0.95)), fading)
    veil(sheet, shade, mix(above, low, 0.25), 0.6)
    bright = ImageChops.multiply(curved(field, smooth(0.62, 0.98)), fading)
    veil(sheet, bright, mix(low, light, 0.55), 0.7)
    glow(sheet, at, radius * 3.2, light, 0.75, 2)
    disc(sheet, at, radius, light)


def _water(
    sheet: Picture, rng: Random, horizon: int, colours: tuple[Colour, Colour, Colour]
) -> None:
    near, middle, deep = colours
    size = sheet.width, sheet.height - horizon
    surface = fade(size, (0, near), (0.25, middle), (1, deep))
    tiny = small(size, 720)
    swell = noise(rng, tiny, (4, max(6, tiny[1] // 7)), 2)
    veil(surface, curved(swell, smooth(0.5, 0.95)), deep, 0.35)
    veil(surface, curved(swell, smooth(0.6, 0.1)), near, 0.12)
    sheet.paste(surface, (0, horizon))


def _glitter(sheet: Picture, rng: Random, at: tuple[float, float], light: Colour) -> None:
    size = small(sheet.size, 1600)
    scale = size[0] / sheet.width
    unit = min(size)
    x, horizon = at[0] * scale, at[1] * scale
    deep = size[1] - horizon
    mask = Image.new("L", size)
    pen = ImageDraw.Draw(mask)
    for _ in range(1100):
        t = rng.random() ** 1.6
        across = x + rng.gauss(0, 1) * unit * (0.035 + 0.13 * t)
        down = horizon + 1 + t * deep
        long, tall = unit * (0.008 + 0.05 * t) * rng.uniform(0.3, 1), max(1.0, unit * 0.006 * t)
        level = round(255 * rng.uniform(0.25, 1) * (1 - 0.55 * t))
        pen.ellipse((across - long, down, across + long, down + tall), fill=level)
    veil(sheet, blurred(mask, 0.8), light, 0.85)


def _sail(sheet: Picture, take: Take, horizon: int, x: float, dark: Colour) -> None:
    """A small boat beside the path of light."""
    tall = take.unit * take.form.uniform(0.09, 0.15)
    side = take.form.choice((-1, 1))
    left = x + side * take.unit * take.form.uniform(0.08, 0.22)
    foot = horizon + tall * 0.22
    hull = [(-0.34, -0.06), (0.36, -0.09), (0.24, 0.06), (-0.22, 0.06)]
    main = [(0.0, -1.0), (0.02, -0.12), (0.32, -0.15), (0.2, -0.45)]
    jib = [(-0.03, -0.92), (-0.03, -0.13), (-0.32, -0.12)]
    for points in (hull, main, jib):
        shape(sheet, [(left + side * u * tall, foot + v * tall) for u, v in points], dark)
    mask, corner = outline(
        sheet.size,
        [
            (left + side * u * tall * 0.9, foot + 0.08 * tall - v * tall * 0.55)
            for u, v in main + jib
        ],
    )
    sheet.paste(dark, corner, mask.point([round(i * 0.28) for i in range(256)]))


def _headland(sheet: Picture, take: Take, horizon: int, x: float, dark: Colour) -> None:
    """A rock with a lighthouse on the side that the light leaves free."""
    width, unit = sheet.width, take.unit
    is_left = x > width / 2
    reach = min(0.42 * width, 0.6 * unit)
    tall = unit * take.form.uniform(0.1, 0.16)
    line = profile(take.form, 120, 3, 6)
    rock = [(0.0, horizon + unit * 0.05)]
    for i, rise in enumerate(line):
        t = i / 119
        rock.append(
            (t * reach, horizon - tall * math.cos(t * math.pi / 2) ** 0.8 - rise * tall * 0.12)
        )
    rock += [(reach, horizon + unit * 0.004), (reach * 0.6, horizon + unit * 0.03)]
    at = reach * 0.42
    top = horizon - tall * 0.72
    tower = [
        (-0.16, 0.1),
        (-0.1, -0.9),
        (-0.15, -0.9),
        (-0.15, -0.96),
        (-0.09, -0.96),
        (-0.09, -1.12),
        (0.0, -1.25),
        (0.09, -1.12),
        (0.09, -0.96),
        (0.15, -0.96),
        (0.15, -0.9),
        (0.1, -0.9),
        (0.16, 0.1),
    ]
    house = [(at + u * tall * 0.75, top + v * tall * 1.25) for u, v in tower]
    for points in (rock, house):
        shape(sheet, [(u if is_left else width - u, v) for u, v in points], dark)
    lamp = at if is_left else width - at
    glow(sheet, (lamp, top - tall * 1.3), unit * 0.09, (255, 236, 190), 0.9, 2.6)


def _islands(sheet: Picture, take: Take, horizon: int, x: float, dark: Colour) -> None:
    """Two or three far islands."""
    for number in range(3):
        middle = (
            x + sheet.width * (0.22 + 0.24 * number + take.form.uniform(0, 0.1))
        ) % sheet.width
        wide, tall = (
            take.unit * take.form.uniform(0.12, 0.3),
            take.unit * take.form.uniform(0.03, 0.075),
        )
        line = profile(take.form, 90, 3, 6)
        edge = [
            (
                middle + wide * (i / 44.5 - 1),
                horizon + 1 - tall * math.sin(i / 89 * math.pi) ** 0.7 * (0.75 + 0.4 * rise),
            )
            for i, rise in enumerate(line)
        ]
        shape(sheet, edge, mix(dark, (120, 120, 140), 0.12 * number))


def paper(take: Take) -> Picture:
    """Sheets of coloured paper, each throwing its shadow on the one behind."""
    *sheets, sun = take.pick(PAPER)
    width, height = take.size
    sheet = fade(take.size, (0, sheets[0]), (1, mix(sheets[0], sheets[1], 0.5)))
    at = width * take.form.uniform(0.25, 0.75), height * take.form.uniform(0.16, 0.3)
    _shadowed(sheet, at, take.unit * take.form.uniform(0.09, 0.14), sun)
    waves = width / take.unit * take.form.uniform(1.3, 2.4)
    start, end = take.form.uniform(0.3, 0.4), 0.9
    for number, colour in enumerate(sheets[1:]):
        base = height * (start + (end - start) * number / (len(sheets) - 2))
        swing = take.unit * take.form.uniform(0.06, 0.1)
        phase, second = take.form.uniform(0, 7), take.form.uniform(0, 7)
        count = max(80, min(1200, width // 3))
        turns = [2 * math.pi * waves * i / (count - 1) for i in range(count)]
        edge = [
            base + swing * (math.sin(t + phase) + 0.35 * math.sin(2.3 * t + second)) for t in turns
        ]
        _sheet(sheet, edge, colour, take.unit)
    _fibres(sheet, take.form)
    return sheet


def _sheet(sheet: Picture, edge: list[float], colour: Colour, unit: int) -> None:
    width, height = sheet.size
    top = head(edge)
    if top >= height - 2:
        return
    size = small(sheet.size, 700)
    scale = size[0] / width
    lift = unit * 0.012 * scale
    shadow = Image.new("L", size)
    pace = size[0] / (len(edge) - 1)
    points = [(i * pace, y * scale - lift) for i, y in enumerate(edge)]
    ImageDraw.Draw(shadow).polygon([(-9, size[1]), *points, (size[0] + 9, size[1])], fill=255)
    veil(sheet, blurred(shadow, max(1.0, unit * 0.014 * scale)), (20, 8, 24), 0.42)
    rim = mix(colour, (255, 255, 255), 0.28)
    below(
        sheet,
        [y - unit * 0.0022 for y in edge],
        Image.new("RGB", (width, height - head(edge) + 9), rim),
    )
    filling = fade((width, height - top + 2), (0, colour), (1, mix(colour, (12, 6, 24), 0.16)))
    below(sheet, edge, filling)


def _shadowed(sheet: Picture, at: tuple[float, float], radius: float, colour: Colour) -> None:
    glow(
        sheet, (at[0] + radius * 0.06, at[1] + radius * 0.1), radius * 1.22, (40, 16, 30), 0.85, 0.8
    )
    disc(sheet, at, radius, colour)


def _fibres(sheet: Picture, rng: Random) -> None:
    size = small(sheet.size, 1200)
    field = noise(rng, size, (size[0] // 4, size[1] // 4), 2)
    veil(sheet, curved(field, smooth(0.5, 1)), (255, 255, 255), 0.07)
    veil(sheet, curved(field, smooth(0.5, 0.0)), (0, 0, 0), 0.07)
