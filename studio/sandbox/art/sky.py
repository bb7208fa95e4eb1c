"""Aurora over a lake; lights of a city in the rain."""

from __future__ import annotations

import itertools
import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from studio.sandbox.art.colour import Colour, mix, palette
from studio.sandbox.art.paint import (
    BICUBIC,
    BILINEAR,
    Picture,
    Pixels,
    below,
    curved,
    fade,
    head,
    noise,
    profile,
    small,
    smooth,
    steps,
    veil,
)
from studio.sandbox.art.take import Take

# night above, night below, foot of the light, its middle, its top, land
NORTH = (
    palette("050a1e 10314a 7dffb8 35d0a0 8a4fd0 03070f"),
    palette("070616 1d2a52 9af5ff 3aa6e0 c04fb0 04050d"),
    palette("0a0718 34224f ffb3d0 d0569a 5a4fd8 06040d"),
    palette("04100f 0f3a3a d8ff9a 5fd06a 1f8f9a 020a0a"),
)
# night above, night below, then lights
CITY = (
    palette("060912 141c30 ffb25e ff7a4a ffd9a0 7fb4ff 4f7dff"),
    palette("0d0714 2a1430 ff5fa2 ff9a6b c77dff 6fd3ff ffe0b5"),
    palette("04100f 0f2a2c 5fe0c0 ffd27a 9ff0e0 ff8f6b 3fa0b5"),
    palette("0b0c10 24262e fff0d0 ffce8a c9d6e8 ff6b5a 9fb0c8"),
)


def aurora(take: Take) -> Picture:
    """Curtains of light, stars, dark hills, and all of it once more in the water."""
    above, low, *lights, land = take.pick(NORTH)
    width, height = take.size
    shore = round(height * take.form.uniform(0.66, 0.76))
    tiny = small((width, shore), 760)
    sky = fade(tiny, (0, above), (0.5, mix(above, low, 0.45)), (1, mix(low, lights[1], 0.12)))
    for number in range(3):
        sky = ImageChops.screen(sky, _curtain(take, tiny, lights, number))
    sheet = Image.new("RGB", take.size, land)
    sheet.paste(sky.resize((width, shore), BICUBIC), (0, 0))
    _stars(sheet, take, shore)
    _hills(sheet, take, shore, (mix(land, low, 0.55), mix(land, low, 0.2)))
    _mirror(sheet, take, shore, land)
    return sheet


def _curtain(take: Take, size: Pixels, lights: list[Colour], number: int) -> Picture:
    width, height = size
    foot, middle, top = lights
    tall = round(height * take.form.uniform(0.55, 0.8))
    streaks = noise(take.form, (width, 1), (max(6, width // 26), 1), 3, 0.6)
    folds = curved(noise(take.form, (width, 1), (4, 1), 2), smooth(0.1, 0.8))
    row = ImageChops.multiply(curved(streaks, lambda level: 0.3 + 0.7 * level), folds)
    fall = steps((width, tall), 0, 10, 40, 90, 150, 205, 250, 255, 0)
    mask = ImageChops.multiply(row.resize((width, tall)), fall)
    colours = fade(
        (width, tall), (0, top), (0.45, mix(top, middle, 0.6)), (0.75, middle), (1, foot)
    )
    light = Image.composite(colours, Image.new("RGB", (width, tall)), mask)
    low = height * (0.8 - 0.19 * number + take.mood.uniform(-0.05, 0.05))
    waves = profile(take.form, 65, 2.2, 3, 0.45)
    feet = [low + height * 0.13 * rise for rise in waves]
    hung = _hung(light, size, feet)
    return hung.point([round(i * (1, 0.75, 0.5)[number]) for i in range(256)] * 3)


def _hung(light: Picture, size: Pixels, feet: list[float]) -> Picture:
    """The light with its lower edge on a line."""
    mesh = []
    pace = size[0] / (len(feet) - 1)
    for i, (one, two) in enumerate(itertools.pairwise(feet)):
        left, right = round(i * pace), round((i + 1) * pace)
        up, down = light.height - one, light.height - two
        corners = (left, up, left, up + size[1], right, down + size[1], right, down)
        mesh.append(((left, 0, right, size[1]), corners))
    return light.transform(size, Image.Transform.MESH, mesh, BILINEAR)


def _stars(sheet: Picture, take: Take, shore: int) -> None:
    pen = ImageDraw.Draw(sheet)
    radius = max(0.5, take.unit / 1500)
    for _ in range(round(170 * max(sheet.size) / take.unit)):
        x, y = take.form.uniform(0, sheet.width), shore * take.form.random() ** 1.5
        size = radius * take.form.choice((0.6, 0.6, 0.8, 1.3))
        under = sheet.getpixel((min(sheet.width - 1, int(x)), int(y)))
        if isinstance(under, tuple):
            colour = mix(
                (under[0], under[1], under[2]), (235, 242, 255), take.form.uniform(0.25, 0.9)
            )
            pen.ellipse((x - size, y - size, x + size, y + size), fill=colour)


def _hills(sheet: Picture, take: Take, shore: int, colours: tuple[Colour, Colour]) -> None:
    width = sheet.width
    for number, colour in enumerate(colours):
        swing = take.unit * (0.075, 0.035)[number]
        line = profile(take.form, max(40, min(1400, width // 2)), width / take.unit * 2.2, 8, 0.5)
        edge = [min(shore - 1.0, shore - swing * (0.75 + rise)) for rise in line]
        below(sheet, edge, Image.new("RGB", (width, sheet.height - head(edge)), colour))


def _mirror(sheet: Picture, take: Take, shore: int, land: Colour) -> None:
    width, deep = sheet.width, sheet.height - shore
    tiny = small((width, deep), 640)
    source = sheet.crop((0, max(0, shore - round(deep * 1.7)), width, shore))
    water = ImageOps.flip(source.resize(tiny, BILINEAR, reducing_gap=2.0))
    water = water.filter(ImageFilter.BoxBlur((0, max(1, tiny[1] // 26))))
    swell = noise(take.form, tiny, (4, max(5, tiny[1] // 5)), 2)
    veil(water, curved(swell, smooth(0.5, 1)), land, 0.5)
    veil(water, steps(tiny, 30, 90, 150, 215), land)
    sheet.paste(water.resize((width, deep), BICUBIC), (0, shore))


def city(take: Take) -> Picture:
    """Lights out of focus along a wet street."""
    above, low, *lights = take.pick(CITY)
    size = small(take.size, 1280)
    unit = min(size)
    street = size[1] * take.form.uniform(0.6, 0.68)
    sheet = fade(size, (0, above), (0.55, low), (0.62, mix(low, lights[0], 0.16)), (1, above))
    lamps = Image.new("RGB", size)
    for number in range(150):
        depth = number / 150
        radius = unit * (0.012 + 0.058 * depth**1.7) * take.form.uniform(0.6, 1.25)
        spread = size[1] * (0.05 + 0.23 * depth)
        at = take.form.uniform(-0.05, 1.05) * size[0], street - abs(take.form.gauss(0, 1)) * spread
        _lamp(lamps, at, radius, take.form.choice(lights), (0.55 - 0.3 * depth))
    sheet = ImageChops.screen(sheet, lamps)
    sheet = ImageChops.screen(sheet, _wet(lamps, take, round(street)))
    sheet = ImageChops.screen(sheet, _rain(size, take))
    return sheet.resize(take.size, BICUBIC)


def _lamp(
    sheet: Picture, at: tuple[float, float], radius: float, colour: Colour, strength: float
) -> None:
    side = max(4, round(radius * 2))
    mask = Image.new("L", (side * 2, side * 2))
    pen = ImageDraw.Draw(mask)
    pen.ellipse((1, 1, side * 2 - 2, side * 2 - 2), fill=round(255 * strength))
    rim = max(1, side // 12)
    pen.ellipse(
        (1, 1, side * 2 - 2, side * 2 - 2), outline=round(min(1, strength * 1.35) * 255), width=rim
    )
    mask = mask.filter(ImageFilter.GaussianBlur(max(0.8, side / 34))).reduce(2)
    box = round(at[0] - side / 2), round(at[1] - side / 2)
    area = (*box, box[0] + side, box[1] + side)
    light = Image.composite(Image.new("RGB", mask.size, colour), Image.new("RGB", mask.size), mask)
    sheet.paste(ImageChops.screen(sheet.crop(area), light), box)


def _wet(lamps: Picture, take: Take, street: int) -> Picture:
    """The lamps drawn long on the ground."""
    width, height = lamps.size
    deep = height - street
    source = lamps.crop((0, max(0, street - round(deep * 0.8)), width, street))
    long = ImageOps.flip(source.resize((width, deep), BILINEAR))
    long = long.filter(ImageFilter.BoxBlur((2, max(2, deep // 7))))
    broken = noise(take.form, (width, deep), (9, max(8, deep // 9)), 2)
    mask = ImageChops.multiply(
        curved(broken, smooth(0.2, 0.85)), steps((width, deep), 255, 230, 120)
    )
    dark = Image.new("RGB", lamps.size)
    dark.paste(long.point([min(255, round(i * 1.25)) for i in range(256)] * 3), (0, street), mask)
    return dark


def _rain(size: Pixels, take: Take) -> Picture:
    mask = Image.new("L", size)
    pen = ImageDraw.Draw(mask)
    lean = take.mood.uniform(-0.25, 0.25)
    for _ in range(260):
        x, y = take.form.uniform(-0.1, 1.1) * size[0], take.form.uniform(-0.1, 1) * size[1]
        long = min(size) * take.form.uniform(0.02, 0.09)
        level = round(255 * take.form.uniform(0.05, 0.2))
        pen.line((x, y, x + lean * long, y + long * math.cos(lean)), fill=level, width=1)
    mask = mask.filter(ImageFilter.GaussianBlur(0.7))
    return Image.merge("RGB", (mask,) * 3)
