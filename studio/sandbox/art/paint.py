"""Brushes. Soft things are painted small and enlarged; edges are cut at the final size.

Places are in pixels of the picture unless told otherwise; masks are mode L.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from studio.sandbox.art.colour import Colour, mix

BICUBIC = Image.Resampling.BICUBIC
BILINEAR = Image.Resampling.BILINEAR
NEAREST = Image.Resampling.NEAREST

Pixels = tuple[int, int]
Point = tuple[float, float]
Picture = Image.Image


def small(size: Pixels, side: int) -> Pixels:
    """The same shape with `side` as its longest side, never larger than it was."""
    share = min(1.0, side / max(size))
    return max(2, round(size[0] * share)), max(2, round(size[1] * share))


def fade(size: Pixels, *stops: tuple[float, Colour]) -> Picture:
    """Colours from top to bottom, each at its place (0–1, ascending)."""
    column = Image.new("RGB", (1, 256))
    column.putdata([_between(stops, step / 255) for step in range(256)])
    return column.resize((1, size[1]), BICUBIC).resize(size, NEAREST)


def _between(stops: Sequence[tuple[float, Colour]], place: float) -> Colour:
    """The colour at a place between stops."""
    after = next((i for i, (at, _) in enumerate(stops) if at >= place), len(stops) - 1)
    if after == 0 or stops[after][0] <= place:
        return stops[after][1]
    (low, one), (high, other) = stops[after - 1], stops[after]
    return mix(one, other, (place - low) / (high - low))


def steps(size: Pixels, *levels: int) -> Picture:
    """A mask that goes from level to level, top to bottom."""
    column = Image.new("L", (1, len(levels)))
    column.putdata(levels)
    return column.resize((1, size[1]), BILINEAR).resize(size, NEAREST)


def noise(rng: Random, size: Pixels, cells: Pixels, octaves: int = 4, gain: float = 0.5) -> Picture:
    """Clouds: `cells` are the blots of the coarsest octave, across and down. Stretched to 0–255."""
    weights = [gain**octave for octave in range(octaves)]
    total, field = 0.0, Image.new("L", size)
    for octave, weight in enumerate(weights):
        total += weight
        grid = min(cells[0] << octave, size[0]), min(cells[1] << octave, size[1])
        dots = Image.frombytes("L", grid, rng.randbytes(grid[0] * grid[1]))
        field = Image.blend(field, dots.resize(size, BICUBIC), weight / total)
    return ImageOps.autocontrast(field, cutoff=0.5)


def curved(mask: Picture, shape: Callable[[float], float]) -> Picture:
    """The mask with each level (0–1) sent through `shape`."""
    return mask.point([max(0, min(255, round(255 * shape(i / 255)))) for i in range(256)])


def smooth(low: float, high: float) -> Callable[[float], float]:
    """0 below `low`, 1 above `high`, soft between."""

    def shape(level: float) -> float:
        t = max(0.0, min(1.0, (level - low) / (high - low)))
        return t * t * (3 - 2 * t)

    return shape


def halo(power: float = 2.0) -> Picture:
    """A round light, 1 in the middle and 0 at the rim of its box."""
    # Pillow's gradient ends in the corners of its box, ours at the sides.
    return curved(
        Image.radial_gradient("L"), lambda level: max(0.0, 1 - level * math.sqrt(2)) ** power
    )


def glow(
    sheet: Picture, at: Point, radius: float, colour: Colour, strength: float, power: float = 2.0
) -> None:
    """Light up a round patch."""
    side = max(2, round(radius * 2))
    light = curved(halo(power), lambda level: level * strength).resize((side, side), BICUBIC)
    sheet.paste(colour, (round(at[0] - radius), round(at[1] - radius)), light)


def disc(sheet: Picture, at: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
    """A round patch with a clean edge."""
    side = max(2, math.ceil(radius * 2) + 2)
    factor = 4 if side < 400 else 2
    mask = Image.new("L", (side * factor, side * factor))
    low, high = factor, (side - 1) * factor
    ImageDraw.Draw(mask).ellipse((low, low, high, high), fill=round(255 * strength))
    corner = round(at[0] - side / 2), round(at[1] - side / 2)
    sheet.paste(colour, corner, mask.reduce(factor))


def veil(sheet: Picture, mask: Picture, colour: Colour | Picture, strength: float = 1.0) -> None:
    """Lay a colour or a picture over the sheet as far as a mask of any size lets it through."""
    if strength < 1:
        mask = mask.point([round(i * strength) for i in range(256)])
    if mask.size != sheet.size:
        mask = mask.resize(sheet.size, BICUBIC)
    sheet.paste(colour, (0, 0, *sheet.size), mask)


def outline(size: Pixels, points: Sequence[Point]) -> tuple[Picture, Pixels]:
    """A mask of the polygon with a clean edge, and its corner. Only its own box is painted."""
    left = max(0, math.floor(min(x for x, _ in points)) - 1)
    top = max(0, math.floor(min(y for _, y in points)) - 1)
    right = min(size[0], math.ceil(max(x for x, _ in points)) + 1)
    bottom = min(size[1], math.ceil(max(y for _, y in points)) + 1)
    box = max(1, right - left), max(1, bottom - top)
    factor = 3 if box[0] * box[1] < 1_000_000 else 2
    mask = Image.new("L", (box[0] * factor, box[1] * factor))
    moved = [((x - left) * factor, (y - top) * factor) for x, y in points]
    ImageDraw.Draw(mask).polygon(moved, fill=255)
    return mask.reduce(factor), (left, top)


def shape(sheet: Picture, points: Sequence[Point], colour: Colour) -> None:
    """A filled polygon with a clean edge."""
    mask, corner = outline(sheet.size, points)
    sheet.paste(colour, corner, mask)


def head(edge: Sequence[float]) -> int:
    """The row in which a line begins."""
    return max(0, math.floor(min(edge)) - 1)


def below(sheet: Picture, edge: Sequence[float], filling: Picture) -> None:
    """Everything under a line, `edge` being heights at equal distances from left to right.

    The filling begins at the line's `head` and reaches to the bottom of the sheet.
    """
    width, height = sheet.size
    top = min(head(edge), height - 1)
    foot = max(top + 1, min(height, math.ceil(max(edge)) + 1))
    distance = width / (len(edge) - 1)
    line = [(i * distance, y) for i, y in enumerate(edge)]
    mask, corner = outline((width, foot), [(-2.0, foot), *line, (width + 2.0, foot)])
    sheet.paste(filling.crop((0, 0, *mask.size)), corner, mask)
    if foot < height:
        sheet.paste(filling.crop((0, foot - top, width, height - top)), (0, foot))


def grain(sheet: Picture, rng: Random, strength: int = 5) -> Picture:
    """Film: hides the steps of soft fades."""
    side = 256
    dots = Image.frombytes("L", (side, side), rng.randbytes(side * side))
    dots = dots.point([128 + round((i / 255 - 0.5) * strength) for i in range(256)])
    row = Image.new("L", (sheet.width, side))
    for x in range(0, sheet.width, side):
        row.paste(dots, (x, 0))
    film = Image.new("L", sheet.size)
    for number, y in enumerate(range(0, sheet.height, side)):
        film.paste(ImageChops.offset(row, 97 * number, 0), (0, y))
    return ImageChops.add(sheet, Image.merge("RGB", (film,) * 3), 1, -128)


def blurred(mask: Picture, radius: float) -> Picture:
    """A blurred copy; large blurs are made small and enlarged."""
    shrink = max(1, int(radius / 3))
    if shrink == 1:
        return mask.filter(ImageFilter.GaussianBlur(radius))
    size = max(1, mask.width // shrink), max(1, mask.height // shrink)
    tiny = mask.resize(size, BILINEAR, reducing_gap=2.0)
    return tiny.filter(ImageFilter.GaussianBlur(radius / shrink)).resize(mask.size, BICUBIC)


def bent(picture: Picture, size: Pixels, shift: Callable[[float], float]) -> Picture:
    """A copy of `size` whose rows begin `shift(t)` pixels in, t being 0 at the top and 1 below."""
    bands = min(32, size[1])
    rows = [round(size[1] * band / bands) for band in range(bands + 1)]
    mesh = []
    for top, foot in itertools.pairwise(rows):
        one, two = shift(top / size[1]), shift(foot / size[1])
        corners = (one, top, two, foot, two + size[0], foot, one + size[0], top)
        mesh.append(((0, top, size[0], foot), corners))
    return picture.transform(size, Image.Transform.MESH, mesh, BILINEAR)


def vignette(sheet: Picture, strength: float = 0.35) -> None:
    """Darker corners."""
    mask = curved(Image.radial_gradient("L"), lambda level: strength * level**2.4)
    veil(sheet, mask, (4, 5, 12))


def profile(rng: Random, count: int, waves: float, octaves: int, gain: float = 0.5) -> list[float]:
    """A rolling line of `count` heights around 0, about -1 to 1; `waves` across at the coarsest."""
    line, total = [0.0] * count, 0.0
    for octave in range(octaves):
        cells = max(2, round(waves * 2**octave))
        dots = [rng.uniform(-1, 1) for _ in range(cells + 3)]
        weight = gain**octave
        total += weight
        for i in range(count):
            place = i / (count - 1) * cells
            left = int(place)
            t = place - left
            t = t * t * (3 - 2 * t)
            line[i] += weight * (dots[left] + (dots[left + 1] - dots[left]) * t)
    return [height / total * 1.4 for height in line]


def rounded(knots: Sequence[Point]) -> list[Point]:
    """A smooth line through the knots (Catmull-Rom)."""
    line = [knots[0], *knots, knots[-1]]
    points = []
    for a, b, c, d in zip(line, line[1:], line[2:], line[3:], strict=False):
        for step in range(12):
            t = step / 12
            points.append(
                (_through(a[0], b[0], c[0], d[0], t), _through(a[1], b[1], c[1], d[1], t))
            )
    return [*points, knots[-1]]


def _through(a: float, b: float, c: float, d: float, t: float) -> float:
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
