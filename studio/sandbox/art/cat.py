"""A cat on a window sill, looking out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw

from studio.sandbox.art.colour import Colour, mix, palette
from studio.sandbox.art.paint import (
    BICUBIC,
    Picture,
    Point,
    blurred,
    curved,
    disc,
    fade,
    glow,
    noise,
    rounded,
    small,
    smooth,
    veil,
)
from studio.sandbox.art.take import Take

# sky above, sky below, frame, fur, stripes, moon or sun
ROOMS = (
    palette("14224e 3f5c9c 0d1533 e58a34 9c4a16 fdeec0"),
    palette("6a3a6e ffb37c 2a1530 e8964a 9a4a20 fff0c4"),
    palette("123c40 6fb0a4 0a2124 8f9399 4c5058 f6f7e4"),
    palette("38265c c88fae 170f2b 3a3644 191722 ffe6d6"),
    palette("20304a 93a4b8 111a28 e9e0d2 b49a7e fff8ea"),
)
# Right half from the foot to the crown, as seen from behind; the cat is 1 high.
BODY = (
    (0.0, 0.0),
    (0.2, -0.004),
    (0.315, 0.012),
    (0.345, 0.09),
    (0.33, 0.2),
    (0.275, 0.34),
    (0.21, 0.48),
    (0.168, 0.585),
    (0.165, 0.635),
    (0.212, 0.69),
    (0.232, 0.755),
    (0.208, 0.83),
    (0.12, 0.887),
    (0.0, 0.905),
)
EAR = ((0.222, 0.79), (0.222, 0.89), (0.196, 0.985), (0.135, 0.945), (0.07, 0.89))
TAIL = ((0.2, 0.05), (0.36, 0.045), (0.5, 0.05), (0.585, 0.1), (0.585, 0.185), (0.53, 0.225))
STRIPES = (0.12, 0.21, 0.3, 0.39, 0.48, 0.57)


def cat(take: Take) -> Picture:
    """The window, what shines in, and the cat against it."""
    above, low, frame, fur, stripe, light = take.pick(ROOMS)
    width, height = take.size
    sill = height * 0.86
    sheet = fade(take.size, (0, above), (sill / height, low), (1, low))
    tall = min(height * 0.6, width * 0.66)
    side = take.form.choice((-1, 1))
    middle = width / 2 - side * take.unit * take.form.uniform(0.06, 0.16)
    room = tall * 0.68  # the tail lies on the side away from the light
    middle = max(middle, room) if side > 0 else min(middle, width - room)
    at = middle + side * tall * 0.42, sill - tall * take.form.uniform(1.0, 1.12)
    _outside(sheet, take, at, (above, low, light))
    _window(sheet, take, sill, frame)
    glow(sheet, at, take.unit * 0.6, light, 0.12, 1.6)
    _sitting(sheet, take, (middle, sill + tall * 0.035), tall, side, (fur, stripe, light, frame))
    return sheet


def _outside(sheet: Picture, take: Take, at: Point, colours: tuple[Colour, Colour, Colour]) -> None:
    above, low, light = colours
    pen = ImageDraw.Draw(sheet)
    for _ in range(60):
        x, y = take.form.uniform(0, sheet.width), take.form.uniform(0, sheet.height * 0.6)
        size = take.unit / 900 * take.form.choice((0.6, 0.8, 1.4))
        pen.ellipse((x - size, y - size, x + size, y + size), fill=mix(above, light, 0.6))
    field = noise(take.form, small(sheet.size, 420), (2, 5), 5, 0.55)
    veil(sheet, curved(field, smooth(0.5, 1)), mix(low, light, 0.3), 0.5)
    radius = take.unit * take.form.uniform(0.1, 0.14)
    glow(sheet, at, radius * 4.5, light, 0.5, 2.2)
    disc(sheet, at, radius, light)
    craters = noise(take.form, (160, 160), (4, 4), 3)
    mask = Image.new("L", (160, 160))
    ImageDraw.Draw(mask).ellipse((2, 2, 157, 157), fill=255)
    spots = ImageChops.multiply(curved(craters, smooth(0.5, 0.9)), mask)
    box = round(radius * 2), round(radius * 2)
    soft = spots.resize(box, BICUBIC).point([round(i * 0.16) for i in range(256)])
    sheet.paste(mix(light, low, 0.8), (round(at[0] - radius), round(at[1] - radius)), soft)


def _window(sheet: Picture, take: Take, sill: float, frame: Colour) -> None:
    """Bars, a frame around, and the sill with the light on its edge."""
    width, height = sheet.size
    pen = ImageDraw.Draw(sheet)
    thick = max(2, round(take.unit * 0.016))
    edge = round(take.unit * 0.055)
    bars = max(1, round(width / take.unit * 1.4))
    for number in range(1, bars + 1):
        x = round(width * number / (bars + 1)) if bars > 1 else round(width * 0.5)
        pen.rectangle((x - thick, 0, x + thick, sill), fill=frame)
    y = round(sill * 0.42)
    pen.rectangle((0, y - thick, width, y + thick), fill=frame)
    for box in ((0, 0, edge, height), (width - edge, 0, width, height), (0, 0, width, edge)):
        pen.rectangle(box, fill=frame)
    ground = fade(
        (width, height - round(sill)),
        (0, mix(frame, (120, 140, 190), 0.3)),
        (0.1, frame),
        (1, mix(frame, (0, 0, 0), 0.35)),
    )
    sheet.paste(ground, (0, round(sill)))


def _sitting(
    sheet: Picture,
    take: Take,
    at: Point,
    tall: float,
    side: int,
    colours: tuple[Colour, Colour, Colour, Colour],
) -> None:
    box = round(tall * 1.5), round(tall * 1.2)
    factor = 2 if tall < 1400 else 1
    mask = _silhouette((box[0] * factor, box[1] * factor), tall * factor, -side).reduce(factor)
    corner = round(at[0] - box[0] / 2), round(at[1] - tall * 1.1)
    foot = round(tall)
    shade = blurred(mask.crop((0, foot, *box)), tall * 0.02).point([i // 2 for i in range(256)])
    sheet.paste((0, 0, 8), (corner[0], corner[1] + foot + round(tall * 0.025)), shade)
    sheet.paste(_coat(take, mask, tall, side, colours), corner, mask)


def _coat(
    take: Take,
    mask: Picture,
    tall: float,
    side: int,
    colours: tuple[Colour, Colour, Colour, Colour],
) -> Picture:
    """Fur, stripes, a rim of light towards the moon and shade away from it."""
    fur, stripe, light, frame = colours
    box = mask.size
    coat = fade(box, (0.1, mix(fur, light, 0.2)), (0.5, fur), (1, mix(fur, frame, 0.5)))
    tufts = noise(take.form, small(box, 520), (46, 20), 3, 0.6)
    veil(coat, curved(tufts, smooth(0.5, 0.95)), stripe, 0.25)
    veil(coat, _stripes(box, tall), stripe, 0.6)
    shift = round(tall * 0.014)
    inner = ImageChops.offset(mask, -side * shift, round(shift * 0.7))
    rim = blurred(ImageChops.subtract(mask, inner), max(0.6, tall * 0.003))
    veil(coat, rim, mix(light, fur, 0.25), 0.85)
    far = ImageChops.subtract(mask, ImageChops.offset(mask, side * round(tall * 0.1), 0))
    veil(coat, blurred(far, tall * 0.05), frame, 0.35)
    return coat


def _silhouette(size: tuple[int, int], tall: float, side: int) -> Picture:
    """Body, ears and the tail to one side."""
    mask = Image.new("L", size)
    pen = ImageDraw.Draw(mask)

    def put(points: Sequence[Point]) -> list[Point]:
        return [(size[0] / 2 + u * tall, tall * 1.1 - v * tall) for u, v in points]

    half = rounded(BODY)
    pen.polygon(put([*half, *((-u, v) for u, v in reversed(half))]), fill=255)
    for turn in (-1, 1):
        pen.polygon(put([(turn * u, v) for u, v in rounded(EAR)]), fill=255)
    for i, (u, v) in enumerate(tail := rounded(TAIL)):
        radius = tall * (0.047 - 0.02 * i / len(tail))
        ((x, y),) = put([(side * u, v)])
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return mask


def _stripes(box: tuple[int, int], tall: float) -> Picture:
    """Bands across the back and the head."""
    mask = Image.new("L", box)
    pen = ImageDraw.Draw(mask)
    middle, foot = box[0] / 2, tall * 1.1
    for place, turn in itertools.product(STRIPES, (-1, 1)):
        band = [
            (middle + turn * u * tall, foot - (place + 0.09 * math.sin(6 * (u - 0.05))) * tall)
            for u in (0.05 + 0.025 * i for i in range(13))
        ]
        pen.line(band, fill=230, width=max(1, round(tall * 0.026)))
    for off in (-0.07, 0.0, 0.07):
        pen.line(
            (
                middle + off * tall,
                foot - 0.9 * tall,
                middle + off * 0.8 * tall,
                foot - 0.8 * tall,
            ),
            fill=230,
            width=max(1, round(tall * 0.02)),
        )
    return blurred(mask, max(0.8, tall * 0.008))
