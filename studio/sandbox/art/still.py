"""Stoneware in the light of a window."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw

from studio.sandbox.art.colour import Colour, mix, palette
from studio.sandbox.art.paint import (
    BICUBIC,
    Picture,
    Pixels,
    blurred,
    curved,
    fade,
    glow,
    noise,
    outline,
    smooth,
    veil,
)
from studio.sandbox.art.take import Take

# wall, table, glaze, body
CLAY = (
    palette("e6ece6 b8c4ba 9fc4b2 7fa596"),
    palette("f3d9c6 d9a888 f2ead8 b0492c"),
    palette("c4cad6 8f99a8 2a3240 1c222c"),
    palette("efe6d4 cbb898 2a5878 d6bd94"),
    palette("dcd3e2 a898b4 e9e0ea 6e5480"),
    palette("2a2e38 1a1d24 d9a45a 40444e"),
)
# From lip to foot: height (0–1), radius (share of the height).
OUTLINES = (
    (
        (0, 0.1),
        (0.03, 0.11),
        (0.1, 0.085),
        (0.28, 0.085),
        (0.4, 0.16),
        (0.55, 0.32),
        (0.7, 0.37),
        (0.86, 0.3),
        (1, 0.2),
    ),
    (
        (0, 0.17),
        (0.05, 0.17),
        (0.16, 0.15),
        (0.3, 0.22),
        (0.46, 0.3),
        (0.62, 0.3),
        (0.82, 0.23),
        (1, 0.15),
    ),
    (
        (0, 0.1),
        (0.04, 0.1),
        (0.2, 0.09),
        (0.3, 0.14),
        (0.4, 0.2),
        (0.48, 0.17),
        (0.53, 0.17),
        (0.64, 0.27),
        (0.78, 0.31),
        (0.92, 0.25),
        (1, 0.2),
    ),
    (
        (0, 0.24),
        (0.04, 0.25),
        (0.12, 0.24),
        (0.3, 0.33),
        (0.5, 0.38),
        (0.72, 0.34),
        (0.9, 0.24),
        (1, 0.19),
    ),
)


def vase(take: Take) -> Picture:
    """One pot, thrown and glazed, on a table."""
    wall, table, glaze, body = take.pick(CLAY)
    width, height = take.size
    sheet = _room(take, wall, table)
    tall = min(height * 0.62, width * 0.95)
    foot = height * 0.86 if height > width * 0.7 else height * 0.9
    form = take.form.choice(OUTLINES)
    stretch = take.form.uniform(0.88, 1.12)
    rows = 90
    radii = [tall * stretch * _radius(form, i / rows) for i in range(rows + 1)]
    middle = width * take.form.uniform(0.42, 0.58)
    top = foot - tall
    _shadow(sheet, (middle, foot), radii[-1], tall)
    skin = _skin(take, (glaze, body))
    pot = _wrapped(skin, (math.ceil(max(radii)) * 2 + 4, math.ceil(tall)), radii)
    left = round(middle - pot.width / 2)
    side = [(middle + r, top + tall * i / rows) for i, r in enumerate(radii)]
    base = [
        (middle + radii[-1] * math.cos(a), foot + radii[-1] * 0.11 * math.sin(a))
        for a in (math.pi * i / 20 for i in range(21))
    ]
    mask, corner = outline(
        take.size, [*side, *base, *((2 * middle - x, y) for x, y in reversed(side))]
    )
    canvas = Image.new("RGB", mask.size, mix(body, (0, 0, 0), 0.5))
    canvas.paste(pot, (left - corner[0], round(top) - corner[1]))
    tail = round(top) + pot.height - corner[1]
    strip = pot.crop((0, pot.height - 2, pot.width, pot.height - 1))
    canvas.paste(strip.resize((pot.width, max(1, mask.height - tail))), (left - corner[0], tail))
    sheet.paste(canvas, corner, mask)
    _lip(sheet, (middle, top), radii[0], (glaze, body))
    return sheet


def _room(take: Take, wall: Colour, table: Colour) -> Picture:
    """A wall that runs down into a table, lit from the left."""
    width, height = take.size
    edge = take.form.uniform(0.72, 0.78)
    sheet = fade(
        take.size,
        (0, mix(wall, (255, 255, 255), 0.12)),
        (edge - 0.1, wall),
        (edge + 0.03, mix(wall, table, 0.7)),
        (1, table),
    )
    glow(sheet, (width * 0.22, height * 0.2), max(take.size) * 0.75, (255, 252, 244), 0.42, 1.8)
    dark = Image.linear_gradient("L").rotate(90)
    veil(sheet, curved(dark, lambda level: 0.24 * level**1.6), (24, 20, 32))
    return sheet


def _radius(form: tuple[tuple[float, float], ...], at: float) -> float:
    """The outline at a height, rounded between its knots."""
    after = next((i for i, (place, _) in enumerate(form) if place >= at), len(form) - 1)
    if after == 0:
        return form[0][1]
    points = [
        form[max(0, after - 2)],
        form[after - 1],
        form[after],
        form[min(len(form) - 1, after + 1)],
    ]
    (_, a), (low, b), (high, c), (_, d) = points
    t = (at - low) / (high - low)
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def _skin(take: Take, colours: tuple[Colour, Colour]) -> Picture:
    """The pot unrolled: glaze run over clay, with the light already on it. Width = what is seen."""
    glaze, body = colours
    size = 420, 640
    skin = Image.new("RGB", size, body)
    dip = take.form.uniform(0.3, 0.62)
    run = noise(take.form, (size[0], 1), (5, 1), 3, 0.5).resize(size)
    level = Image.linear_gradient("L").resize(size)
    both = ImageChops.add(
        level, run.point([round((i - 128) * 0.16) + 20 for i in range(256)]), 1, -20
    )
    veil(skin, curved(both, smooth(dip + 0.03, dip - 0.02)), glaze)
    speckle = noise(take.form, size, (110, 170), 2, 0.7)
    veil(skin, curved(speckle, smooth(0.72, 0.9)), mix(body, (20, 12, 10), 0.6), 0.28)
    cloud = noise(take.form, size, (4, 9), 4)
    veil(skin, curved(cloud, smooth(0.45, 1)), (255, 250, 240), 0.16)
    veil(skin, curved(cloud, smooth(0.5, 0)), (20, 14, 20), 0.16)
    return _lit(skin)


def _lit(skin: Picture) -> Picture:
    """Round it: bright to the left, dark to the right, a rim of light at the far edge."""
    width = skin.width
    shade, shine = Image.new("L", (width, 1)), Image.new("L", (width, 1))
    turns = [math.asin(max(-1, min(1, 2 * (x + 0.5) / width - 1))) for x in range(width)]
    light = [max(0.0, math.cos(turn + 0.62)) for turn in turns]
    rim = [0.16 * max(0.0, math.sin(turn)) ** 10 for turn in turns]
    shade.putdata(
        [round(255 * 0.86 * (1 - max(a**0.9, b))) for a, b in zip(light, rim, strict=True)]
    )
    shine.putdata([round(150 * math.exp(-(((turn + 0.72) / 0.13) ** 2))) for turn in turns])
    veil(skin, shade.resize(skin.size), (16, 12, 22), 0.86)
    height = curved(
        Image.linear_gradient("L").resize(skin.size), lambda t: math.exp(-(((t - 0.4) / 0.22) ** 2))
    )
    veil(skin, ImageChops.multiply(shine.resize(skin.size), height), (255, 255, 255), 0.7)
    veil(skin, curved(Image.linear_gradient("L"), lambda t: 0.42 * t**4), (16, 12, 22))
    return skin


def _wrapped(skin: Picture, size: Pixels, radii: list[float]) -> Picture:
    """The skin drawn in to the outline, row by row."""
    count = len(radii) - 1
    rows = [round(size[1] * i / count) for i in range(count + 1)]
    mesh = []
    for i in range(count):
        (a, b), (u, v) = (_span(skin, size, r) for r in radii[i : i + 2])
        top, foot = skin.height * i / count, skin.height * (i + 1) / count
        mesh.append(((0, rows[i], size[0], rows[i + 1]), (a, top, u, foot, v, foot, b, top)))
    return skin.transform(size, Image.Transform.MESH, mesh, BICUBIC)


def _span(skin: Picture, size: Pixels, radius: float) -> tuple[float, float]:
    """Where a row of the picture begins and ends on the skin."""
    half, reach = skin.width / 2, size[0] / 2 / max(1.0, radius)
    reach *= 1 - 1.5 / max(3.0, radius)
    return half - half * reach, half + half * reach


def _lip(
    sheet: Picture, at: tuple[float, float], radius: float, colours: tuple[Colour, Colour]
) -> None:
    glaze, body = colours
    for share, colour in (
        (1.0, mix(glaze, (255, 255, 255), 0.22)),
        (0.86, mix(body, (8, 5, 8), 0.82)),
    ):
        points = [
            (at[0] + radius * share * math.cos(a), at[1] + radius * 0.17 * share * math.sin(a))
            for a in (math.tau * i / 72 for i in range(72))
        ]
        mask, corner = outline(sheet.size, points)
        sheet.paste(colour, corner, mask)


def _shadow(sheet: Picture, at: tuple[float, float], radius: float, tall: float) -> None:
    """A long soft one to the right and a dark one where it stands."""
    box = round(radius * 4 + tall * 1.4), round(tall * 0.5)
    for share, strength, blur in ((1.0, 0.34, 0.05), (0.36, 0.6, 0.016)):
        mask = Image.new("L", (box[0] // 2, box[1] // 2))
        left, right = radius * 0.56, radius * 1.5 + tall * 0.28 * share
        high = mask.height * (0.5 - 0.15 * share), mask.height * (0.5 + 0.12 * share)
        ImageDraw.Draw(mask).ellipse((left, high[0], right, high[1]), fill=255)
        soft = blurred(mask, max(1.0, tall * blur / 2)).resize(box, BICUBIC)
        corner = round(at[0] - radius * 2), round(at[1] - box[1] * 0.48)
        sheet.paste((22, 14, 22), corner, soft.point([round(i * strength) for i in range(256)]))
