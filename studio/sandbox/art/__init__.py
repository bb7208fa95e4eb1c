"""Pictures that nobody took: drawn from a number, the same number always giving the same picture.

The number is made from a prompt and carries no word of it; its remainder names the kind of scene,
so that “a cat on a window sill” shows a cat.
"""

from __future__ import annotations

import hashlib
import io
import re
from random import Random

from PIL import Image

from studio.sandbox.art.bloom import bloom
from studio.sandbox.art.cat import cat
from studio.sandbox.art.ink import ink
from studio.sandbox.art.land import dunes, ridges
from studio.sandbox.art.paint import grain, vignette
from studio.sandbox.art.sea import paper, sea
from studio.sandbox.art.sky import aurora, city
from studio.sandbox.art.still import vase
from studio.sandbox.art.take import Scene, Take

SCENES: tuple[Scene, ...] = (ridges, dunes, sea, paper, aurora, city, ink, vase, bloom, cat)
# Smaller or slimmer pictures are painted larger and squeezed.
LEAST, SLIMMEST = 160, 6

# The first that a prompt speaks of is painted. Latin words stand alone, Chinese ones anywhere.
HINTS: tuple[tuple[Scene, str], ...] = (
    (cat, r"\b(cats?|kittens?|kitty)\b|猫|喵"),
    (bloom, r"\b(flowers?|dahlias?|roses?|blossoms?|petals?|bouquet|lotus)\b|花|莲|牡丹|玫瑰"),
    (vase, r"\b(vases?|bottles?|pots?|ceramics?|pottery|stoneware|product)\b|瓶|陶|瓷"),
    (
        aurora,
        r"\b(aurora|northern|stars?|starry|galaxy|space|astronaut|castle)\b|极光|星|太空|城堡",
    ),
    (ink, r"\b(ink|watercolou?r|smoke|fluid|abstract|marble)\b|墨|烟|抽象|流体"),
    (dunes, r"\b(dunes?|deserts?|sand|sahara)\b|沙"),
    (
        sea,
        r"\b(seas?|oceans?|lakes?|boats?|ships?|lighthouse|sunset|sunrise|beach)\b|海|湖|船|帆|灯塔|夕阳|日落",
    ),
    (
        ridges,
        r"\b(mountains?|hills?|ridges?|valley|mist|fog|landscape|forest)\b|山|峰|谷|雾|林|风景",
    ),
    (paper, r"\b(paper|origami|waves?|layers?|cut-?out|poster)\b|纸|波|浪|海报"),
    (sea, r"\b(moon|sun)\b|月|日"),
    (city, r"\b(city|street|rain|neon|lights?|bokeh|night|cyberpunk)\b|城|街|雨|霓虹|光|灯|夜"),
)


def seed_of(prompt: str, *, salt: str = "") -> int:
    """The number of a prompt (63 bits at most); `salt` is whatever else makes an order another."""
    digest = hashlib.sha256(f"{prompt}\0{salt}".encode(errors="surrogatepass")).digest()
    number = int.from_bytes(digest[:7], "big")
    hinted = _hinted(prompt)
    scene = SCENES.index(hinted) if hinted else number % len(SCENES)
    return number // len(SCENES) * len(SCENES) + scene


def _hinted(prompt: str) -> Scene | None:
    words = prompt[:4000].lower()
    return next((scene for scene, pattern in HINTS if re.search(pattern, words)), None)


def draw(seed: int, index: int, width: int, height: int) -> bytes:
    """Picture `index` of an order as PNG: the same composition in another mood."""
    lap, scene = divmod(seed, len(SCENES))
    take = Take(
        size=(max(width, height // SLIMMEST, LEAST), max(height, width // SLIMMEST, LEAST)),
        form=Random(seed),
        mood=Random(f"{seed}/{index}"),
        number=lap % 15 + index,
    )
    sheet = SCENES[scene](take)
    if sheet.size != (width, height):
        sheet = sheet.resize((width, height))
    vignette(sheet, 0.22)
    file = io.BytesIO()
    grain(sheet, take.mood).save(file, "PNG", compress_level=1)
    return file.getvalue()


def recoded(png: bytes, kind: str) -> bytes:
    """The same picture as jpeg or webp."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.save(file, kind, quality=90, method=0)
    return file.getvalue()
