"""Everything that is done to pixels. Pictures come from strangers: limits first, then decoding.

A source is a path, or an open binary file, which is read from its beginning and left open.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

from django.core.files.base import File
from PIL import Image, UnidentifiedImageError

from studio.jobs.errors import (
    Animated,
    Broken,
    NotAPicture,
    NothingClear,
    PictureError,
    TooLarge,
    WrongSize,
)
from studio.jobs.models.picture import THUMBNAIL_WIDTHS

Source = Path | IO[bytes] | File  # type: ignore[type-arg]

# Each stays under 512 MB at its limit: a WebP takes 24 bytes for a pixel, a JPEG 8.
MAX_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000, "PNG": 36_000_000, "WEBP": 3840 * 3840}
MB = 1024 * 1024
# A JPEG may come in any number of scans, and each costs as much time as all the pixels: a small
# file could take hours. Encoders write ten.
MAX_SCANS = 32
SCANNED = ("JPEG", "MPO")
SCAN = b"\xff\xda"
# A phone's JPEG may carry a second picture for depth: MPO. The first one is meant.
KINDS = {
    "PNG": ("image/png", "png"),
    "JPEG": ("image/jpeg", "jpg"),
    "MPO": ("image/jpeg", "jpg"),
    "WEBP": ("image/webp", "webp"),
}
READABLE = ("PNG", "JPEG", "WEBP")
# What Pillow's readers raise on damage, besides its own: they do not wrap it.
DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(struct.error, zlib.error, OverflowError, MemoryError, ZeroDivisionError),
)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N", "I")
# Speed before the last per cent of size: these are made while somebody waits.
THUMBNAIL = {"format": "WEBP", "quality": 80, "method": 1}
CLEAN: dict[str, dict[str, Any]] = {
    "png": {"format": "PNG", "compress_level": 1},
    "jpg": {"format": "JPEG", "quality": 95},
    "webp": {"format": "WEBP", "quality": 95, "method": 2},
}
MAX_PROFILE = 64 * 1024

# Pillow warns from this figure on, and refuses at its double: before it decodes anything.
Image.MAX_IMAGE_PIXELS = max(MAX_PIXELS.values())
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a picture really is. Width and height as it is shown, in pixels."""

    media_type: str
    extension: str
    width: int
    height: int


class Decoded:
    """A picture whose pixels lie open: all that is asked of it costs no second decoding."""

    def __init__(self, image: Image.Image) -> None:
        self.facts = _facts(image)
        self._whole = _plain(_upright(image), "webp")
        self._sheets = {self._whole.width: self._whole}

    def thumbnail(self, width: int) -> bytes:
        """A WebP of this width, or of the picture's own; from a larger one that was made before."""
        larger = [sheet for made, sheet in self._sheets.items() if made >= 2 * width]
        sheet = _fitted(min(larger, key=lambda sheet: sheet.width, default=self._whole), width)
        self._sheets[width] = sheet
        return _written(sheet, THUMBNAIL)

    @property
    def colour(self) -> str:
        """The mean of all pixels on white, as "#rrggbb"."""
        smallest = min(self._sheets.values(), key=lambda sheet: sheet.width * sheet.height)
        mean = smallest.resize((1, 1), Image.Resampling.BOX)
        pixel = Image.new("RGBA", (1, 1), "white")
        pixel.alpha_composite(mean.convert("RGBA"))
        red, green, blue, _alpha = pixel.tobytes()
        return f"#{red:02x}{green:02x}{blue:02x}"


def decode(source: Source) -> Decoded:
    """Decode a picture, the first frame of a moving one. Raises PictureError."""
    with _opened(source) as image:
        image.load()
        return Decoded(image)


def inspect(source: Source) -> Facts:
    """What a picture is, of which every pixel can be read. Raises PictureError."""
    with _opened(source) as image:
        image.load()
        return _facts(image)


def clean(source: Source) -> tuple[bytes, Facts]:
    """The picture alone: upright, in eight bits and RGB, without any metadata, in its own format.

    Raises PictureError.
    """
    with _opened(source) as image:
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise Animated
        image.load()
        facts = _facts(image)
        options = CLEAN[facts.extension] | {"icc_profile": _profile(image)}
        picture = _plain(_upright(image), facts.extension)
        picture.info.clear()  # some writers take comments from there
        return _written(picture, options), facts


def clean_mask(source: Source, size: tuple[int, int]) -> tuple[bytes, Facts]:
    """A mask of this size as PNG: black, and as clear as the source. Nothing else of it is kept.

    Raises PictureError.
    """
    with _opened(source) as image:
        image.load()
        facts = _facts(image)
        if (facts.width, facts.height) != size:
            raise WrongSize((facts.width, facts.height), size)
        alpha = _plain(_upright(image), "png").convert("RGBA").getchannel("A")
        if alpha.getextrema()[0]:
            raise NothingClear
        mask = Image.new("RGBA", size)
        mask.putalpha(alpha)
        facts = replace(facts, media_type="image/png", extension="png")
        return _written(mask, CLEAN["png"]), facts


def thumbnails(
    source: Source, widths: Sequence[int] = THUMBNAIL_WIDTHS
) -> Iterator[tuple[int, bytes]]:
    """One WebP for each width, the largest first; never larger than the picture itself.

    Raises PictureError.
    """
    with _opened(source) as image:
        image.draft("RGB", (max(widths), max(widths)))
        image.load()
        sheet = _upright(image)
        for width in sorted(widths, reverse=True):
            sheet = _fitted(_plain(sheet, "webp"), width)
            yield width, _written(sheet, THUMBNAIL)


@contextmanager
def _opened(source: Source) -> Iterator[Image.Image]:
    """A picture of a known kind, within limits, not yet decoded."""
    with _file(source) as file:
        try:
            with Image.open(file, formats=READABLE) as image:
                if image.width * image.height > MAX_PIXELS[image.format or ""]:
                    raise TooLarge
                if image.format in SCANNED and _scans(file) > MAX_SCANS:
                    raise Broken
                yield image
        except PictureError:
            raise
        except BOMBS as error:
            raise TooLarge from error
        except UnidentifiedImageError as error:
            raise NotAPicture from error
        except DAMAGE as error:
            raise Broken from error


@contextmanager
def _file(source: Source) -> Iterator[IO[bytes]]:
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        source.seek(0)
        yield cast("IO[bytes]", source)


def _scans(file: IO[bytes]) -> int:
    """How often a scan begins: the mark stands nowhere else among the pixels."""
    place = file.tell()
    file.seek(0)
    count, end = 0, b""
    while piece := file.read(MB):
        count += (end + piece).count(SCAN)
        end = piece[-1:]
    file.seek(place)
    return count


def _facts(image: Image.Image) -> Facts:
    media_type, extension = KINDS[image.format or ""]
    width, height = image.size
    if _orientation(image) >= 5:
        width, height = height, width
    return Facts(media_type=media_type, extension=extension, width=width, height=height)


def _orientation(image: Image.Image) -> int:
    """1 to 8; 1, upright, where there is none or none that can be read."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except DAMAGE:
        return 1
    return value if value in TURNS else 1


def _upright(image: Image.Image) -> Image.Image:
    turn = TURNS.get(_orientation(image))
    return image.transpose(turn) if turn is not None else image


def _plain(image: Image.Image, extension: str) -> Image.Image:
    """In RGB, or RGBA where something is clear and the format can say so."""
    if image.mode in SIXTEEN_BITS:
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        image.info.pop("transparency", None)  # counted in sixteen bits
    is_clear = image.has_transparency_data and extension != "jpg"
    mode = "RGBA" if is_clear else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _fitted(image: Image.Image, width: int) -> Image.Image:
    """At most this wide and four times as high, in its own shape."""
    scale = min(1, width / image.width, width * 4 / image.height)
    if scale == 1:
        return image
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _profile(image: Image.Image) -> bytes | None:
    """The colour profile, where it still fits the pixels that are written."""
    profile = image.info.get("icc_profile")
    if image.mode not in ("RGB", "RGBA") or not isinstance(profile, bytes):
        return None
    return profile if len(profile) <= MAX_PROFILE else None


def _written(image: Image.Image, options: dict[str, Any]) -> bytes:
    file = BytesIO()
    image.save(file, **options)
    return file.getvalue()
