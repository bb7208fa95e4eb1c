"""One flower."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from studio.sandbox.art.colour import Colour, mix, palette
from studio.sandbox.art.paint import (
    BICUBIC,
    BILINEAR,
    Picture,
    blurred,
    fade,
    glow,
    outline,
    veil,
)
from studio.sandbox.art.take import Take

# wall above, wall below, outer petals, inner petals, heart, stalk
PETALS = (
    palette("f2eff8 d4cce4 d9738c f7cfd0 d9b23c 3f6a48"),
    palette("fbf1e2 ecd4b4 e0713a fbd08a 8a3a1c 4a6a3a"),
    palette("1c2033 0e101c 5f74d0 cdd8ff f2d27a 2a4a4a"),
    palette("eaf2f0 bcd4d0 f4f4ec ffffff e0b83c 3a6a50"),
    palette("2b1726 160a14 a02848 f08aa0 f5c860 2c4a38"),
)
MARGIN = 1.16  # room for the shadows around it


def bloom(take: Take) -> Picture:
    """One flower, petal upon petal."""
    above, low, outer, inner, heart, stalk = take.pick(PETALS)
    width, height = take.size
    sheet = fade(take.size, (0, above), (1, low))
    glow(
        sheet,
        (width * 0.3, height * 0.25),
        max(take.size) * 0.7,
        mix(above, (255, 255, 255), 0.5),
        0.5,
    )
    at = width * take.form.uniform(0.45, 0.55), height * take.form.uniform(0.42, 0.48)
    side = round(min(take.unit * 0.84, height * 0.8))
    flower = _flower(take.form, min(side, 600), (outer, inner, heart))
    _stalk(sheet, at, take.unit, stalk)
    side = round(side * MARGIN)
    flower = flower.resize((side, side), BICUBIC)
    shade = blurred(flower.getchannel("A"), side * 0.022).point(
        [round(i * 0.3) for i in range(256)]
    )
    corner = round(at[0] - side / 2), round(at[1] - side / 2)
    sheet.paste((20, 10, 30), (corner[0] + side // 80, corner[1] + side // 40), shade)
    sheet.paste(flower, corner, flower)
    return sheet


def _stalk(sheet: Picture, at: tuple[float, float], unit: int, colour: Colour) -> None:
    bend = unit * 0.05
    line = [
        (at[0] + bend * math.sin(t * 2.2), at[1] + t * (sheet.height - at[1] + 4))
        for t in (i / 30 for i in range(31))
    ]
    for wide, shade in ((0.012, mix(colour, (0, 0, 0), 0.35)), (0.006, colour)):
        points = [(x - unit * wide, y) for x, y in line] + [
            (x + unit * wide * 0.7, y) for x, y in reversed(line)
        ]
        mask, corner = outline(sheet.size, points)
        sheet.paste(shade, corner, mask)


def _flower(rng: Random, side: int, colours: tuple[Colour, Colour, Colour]) -> Picture:
    """Rings of petals in a box a little wider than `side`."""
    outer, inner, heart = colours
    box = round(side * MARGIN)
    flower = Image.new("RGBA", (box, box))
    rings = rng.randint(5, 6)
    count, narrow = rng.randint(12, 16), rng.uniform(0.3, 0.42)
    for ring in range(rings):
        t = ring / (rings - 1)
        long = side * (0.5 - 0.37 * t)
        petal = _petal(
            round(long),
            narrow + 0.16 * t,
            mix(outer, inner, t * 0.75),
            mix(outer, inner, 0.45 + 0.5 * t),
        )
        here = max(7, round(count * (1 - 0.35 * t)))
        for number in range(here):
            turn = 360 * (number + 0.5 * (ring % 2)) / here + rng.uniform(-4, 4)
            _placed(flower, petal, turn)
    glow(flower, (box / 2, box / 2), side * 0.085, heart, 1, 0.8)
    pen = ImageDraw.Draw(flower)
    for number in range(70):
        away, turn = side * 0.055 * math.sqrt(number / 70), number * 2.39996
        x, y = box / 2 + away * math.cos(turn), box / 2 + away * math.sin(turn)
        size = side * 0.0045
        pen.ellipse(
            (x - size, y - size, x + size, y + size),
            fill=mix(heart, (60, 20, 0), 0.15 + 0.5 * (number % 3) / 3),
        )
    return flower


def _petal(long: int, narrow: float, root: Colour, tip: Colour) -> Picture:
    """One petal pointing up in a box twice as long, with its own shadow around it."""
    wide = max(6, round(long * narrow * 2))
    box = wide + 24, long + 24
    points = []
    for i in range(41):
        t = i / 40
        points.append((wide / 2 * math.sin(math.pi * t**0.72) ** 0.85, t))
    line = [(12 + wide / 2 + x, 12 + long * (1 - t)) for x, t in points]
    line += [(12 + wide / 2 - x, 12 + long * (1 - t)) for x, t in reversed(points)]
    mask, corner = outline(box, line)
    whole = Image.new("L", box)
    whole.paste(mask, corner)
    fill = fade(
        box,
        (0, mix(tip, (255, 255, 255), 0.3)),
        (0.22, tip),
        (0.55, root),
        (0.85, mix(root, (40, 0, 20), 0.55)),
    )
    across = Image.new("L", (box[0], 1))
    across.putdata([round(110 * abs(2 * x / (box[0] - 1) - 1) ** 2.2) for x in range(box[0])])
    veil(fill, across.resize(box, BILINEAR), mix(root, (30, 0, 24), 0.55))
    soft = whole.filter(ImageFilter.GaussianBlur(max(1.5, long * 0.03))).point(
        [round(i * 0.42) for i in range(256)]
    )
    petal = Image.new("RGBA", box, (30, 4, 24, 0))
    petal.putalpha(soft)
    petal.paste(fill, (0, 0), whole)
    petal.putalpha(ImageChops.lighter(soft, whole))
    return petal


def _placed(flower: Picture, petal: Picture, turn: float) -> None:
    """Turned around the heart of the flower, where its root lies."""
    turned = petal.rotate(turn, BILINEAR, expand=True)
    away = petal.height / 2 - 12
    x = flower.width / 2 - away * math.sin(math.radians(turn)) - turned.width / 2
    y = flower.height / 2 - away * math.cos(math.radians(turn)) - turned.height / 2
    flower.alpha_composite(turned, (max(0, round(x)), max(0, round(y))))
