"""Ink in water."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageChops

from studio.sandbox.art.colour import mix, palette
from studio.sandbox.art.paint import (
    BICUBIC,
    BILINEAR,
    Picture,
    Pixels,
    curved,
    halo,
    noise,
    small,
    smooth,
    veil,
)
from studio.sandbox.art.take import Take

# paper, thin ink, ink, thick ink, second ink
INKS = (
    palette("f6f1e6 a9b8dc 2f4a9c 101a48 b0394a"),
    palette("faf3ea f3c2a8 d9583c 6e1522 e0a040"),
    palette("f1f3ee a5d0c6 1f7d7a 083438 d98a4a"),
    palette("f6f0f2 d9b5d9 7a3c8c 2a1040 2f6fb0"),
    palette("f3f1ec b9bcc0 4a4f58 0c0e12 b03a2e"),
    palette("0d1018 23406e 5fa8e0 e8f4ff ffb060"),
)


def ink(take: Take) -> Picture:
    """Clouds of ink, unfolding on wet paper."""
    paper, thin, full, thick, second = take.pick(INKS)
    size = small(take.size, 820)
    sheet = Image.new("RGB", size, paper)
    drops = [_drop(take.form, size) for _ in range(3)]
    other = _plume(take.form, size, drops[:1])
    veil(sheet, curved(other, smooth(0.2, 0.8)), mix(second, paper, 0.2), 0.8)
    cloud = _plume(take.form, size, drops[1:])
    for low, high, colour in ((0.12, 0.4, thin), (0.28, 0.62, full), (0.5, 0.95, thick)):
        veil(sheet, curved(cloud, smooth(low, high)), colour, 0.9)
    _tooth(sheet, take.form)
    return sheet.resize(take.size, BICUBIC)


def _drop(rng: Random, size: Pixels) -> tuple[float, float, float]:
    """Where a drop fell in, and how far it spreads: mostly near the lines of thirds."""
    third = rng.choice((0.3, 0.5, 0.7)) * size[0], rng.choice((0.3, 0.6, 0.72)) * size[1]
    return *third, min(size) * rng.uniform(0.42, 0.62) * (max(size) / min(size)) ** 0.4


def _plume(rng: Random, size: Pixels, drops: list[tuple[float, float, float]]) -> Picture:
    """Cloudy drops, stirred three times, each time finer."""
    ink_there = Image.new("L", size)
    for x, y, radius in drops:
        box = round(x - radius), round(y - radius)
        blot = halo(0.75).resize((round(radius * 2), round(radius * 2)), BICUBIC)
        ink_there.paste(255, box, blot)
    across, down = (max(1, round(side / min(size))) for side in size)
    cloud = noise(rng, size, (across * 3, down * 3), 6, 0.58)
    cloud = ImageChops.multiply(curved(cloud, smooth(0.12, 0.75)), ink_there)
    for cells, pull in ((2, 0.24), (4, 0.13), (9, 0.05)):
        cloud = _stirred(rng, cloud, (across * cells, down * cells), pull * min(size))
    return cloud


def _stirred(rng: Random, cloud: Picture, cells: Pixels, pull: float) -> Picture:
    """The cloud seen through water that moved: each knot of a net is pulled somewhere else."""
    net = 30
    across = noise(rng, (net + 1, net + 1), cells, 2).tobytes()
    down = noise(rng, (net + 1, net + 1), cells, 2).tobytes()
    width, height = cloud.size
    xs = [round(width * i / net) for i in range(net + 1)]
    ys = [round(height * i / net) for i in range(net + 1)]

    def source(i: int, j: int) -> tuple[float, float]:
        at = j * (net + 1) + i
        x, y = xs[i] + (across[at] / 127.5 - 1) * pull, ys[j] + (down[at] / 127.5 - 1) * pull
        return max(0.0, min(width - 1.0, x)), max(0.0, min(height - 1.0, y))

    mesh = [
        (
            (xs[i], ys[j], xs[i + 1], ys[j + 1]),
            (*source(i, j), *source(i, j + 1), *source(i + 1, j + 1), *source(i + 1, j)),
        )
        for i in range(net)
        for j in range(net)
    ]
    return cloud.transform(cloud.size, Image.Transform.MESH, mesh, BILINEAR)


def _tooth(sheet: Picture, rng: Random) -> None:
    field = noise(rng, sheet.size, (sheet.width // 3, sheet.height // 3), 2)
    veil(sheet, curved(field, smooth(0.5, 1)), (255, 255, 255), 0.06)
    veil(sheet, curved(field, smooth(0.5, 0.0)), (30, 20, 10), 0.06)
