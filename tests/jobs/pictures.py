"""Pictures made in code: good ones, odd ones and hostile ones."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GPS = 0x8825


def photo(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Light from the left, dark to the right, with some noise."""
    shade = Image.linear_gradient("L").rotate(-90).resize((width, height))
    noise = Image.effect_noise((width, height), 20)
    return Image.merge("RGB", (shade, noise, shade.point(lambda value: value // 2))).convert(mode)


def written(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def chunk(name: bytes, data: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + crc


def png_end() -> bytes:
    return chunk(b"IEND", b"")


def png_data(data: bytes) -> bytes:
    return chunk(b"IDAT", zlib.compress(data)) + png_end()


def png_head(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return SIGNATURE + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    )


def png_bomb(width: int = 65_500, height: int = 65_500) -> bytes:
    """A few kilobytes that say they are four thousand megapixels."""
    return png_head(width, height) + png_data(bytes(1_000_000))


def text_bomb() -> bytes:
    """A small picture with a comment of 80 MB."""
    packed = zlib.compress(bytes(80_000_000), 9)
    good = written(photo())
    return good[:33] + chunk(b"zTXt", b"Comment\x00\x00" + packed) + good[33:]


def webp_bomb() -> bytes:
    canvas = struct.pack("<I", 65_499)[:3] * 2
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", 4 + len(extended)) + b"WEBP" + extended


def jpeg_bomb() -> bytes:
    good = written(photo(), "JPEG")
    at = good.index(b"\xff\xc0") + 5
    return good[:at] + struct.pack(">HH", 65_500, 65_500) + good[at + 4 :]


def sixteen_bits(colour: int, *, clear: bool = False) -> bytes:
    """A PNG of 4 × 4 with sixteen bits for a channel: half of full light."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    row = b"\x00" + struct.pack(">H", 0x8000) * channels * 4
    extra = chunk(b"tRNS", struct.pack(">H", 0x8000) * channels) if clear else b""
    return png_head(4, 4, 16, colour) + extra + png_data(row * 4)


def with_gps(kind: str, orientation: int = 1) -> bytes:
    """A picture that tells where and when it was taken, and by whom."""
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x9286] = orientation, "Canary Artist", "canary comment"
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    options: dict[str, Any] = {"exif": exif}
    if kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Author", "canary author")
    if kind == "JPEG":
        options["comment"] = b"canary comment"
    if kind in ("WEBP", "JPEG"):
        options["xmp"] = b"<x:xmpmeta>canary</x:xmpmeta>"
    return written(photo(), kind, **options)


def animated(kind: str) -> bytes:
    frames = [photo(), photo().rotate(180)]
    return written(frames[0], kind, save_all=True, append_images=frames[1:])


def _fits() -> bytes:
    cards = [
        f"{name:8}={value:>21}" for name, value in (("SIMPLE", "T"), ("BITPIX", 8), ("NAXIS", 0))
    ]
    return "".join(card.ljust(80) for card in [*cards, "END"]).ljust(2880).encode()


NOT_PICTURES = {
    "nothing": b"",
    "one byte": b"\x89",
    "text": b"a picture of a cat",
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>',
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n",
    "pdf": b"%PDF-1.7\n",
    "fits": _fits(),
    "gif": written(photo(), "GIF"),
    "tiff": written(photo(), "TIFF"),
    "bmp": written(photo(), "BMP"),
    "ico": written(photo(32, 32), "ICO"),
    "ppm": written(photo(), "PPM"),
    "avif": written(photo(), "AVIF"),
    "jpeg 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40),
    "zip": b"PK\x03\x04" + bytes(40),
    "html before a png": b"<script>alert(1)</script>" + written(photo()),
    "gif header before a png": b"GIF89a" + written(photo()),
    "fits before a jpeg": _fits() + written(photo(), "JPEG"),
    "eps in a riff": b"RIFF\x40\x00\x00\x00WEBP%!PS-Adobe-3.0" + bytes(50),
    "a wave file": b"RIFF\x40\x00\x00\x00WAVEfmt " + bytes(50),
}

BROKEN = {
    "png magic, then html": SIGNATURE + b"<script>alert(1)</script>",
    "jpeg magic, then svg": b"\xff\xd8\xff\xe0" + b"<svg onload=alert(1)>" * 9,
    "png, half": written(photo())[:700],
    "png, without end": written(photo(200, 200))[:-4000],
    "jpeg, half": written(photo(200, 200), "JPEG")[:2000],
    "webp, half": written(photo(200, 200), "WEBP")[:2000],
    "png, a flipped byte": written(photo())[:500] + b"\x00\x01" + written(photo())[502:],
    "png, too little data": png_head(400, 400) + png_data(b"\x00" * 99),
    "png, nothing in it": png_head(4, 4) + png_end(),
    "png, no pixels": png_head(0, 0) + png_end(),
    "png, bad depth": png_head(4, 4, 7, 9) + png_end(),
    "png, comment bomb": text_bomb(),
    "png, endless chunk": SIGNATURE + struct.pack(">I", 0x7FFFFFFF) + b"IHDR" + bytes(40),
    "jpeg, only a start": b"\xff\xd8\xff\xd9",
}

TOO_LARGE = {
    "png, 65,500²": png_bomb(),
    "png, 2³¹-1": png_bomb(0x7FFFFFFF, 0x7FFFFFFF),
    "png, just over": png_bomb(6001, 6000),
    "jpeg, 65,500²": jpeg_bomb(),
    "webp, 65,500²": webp_bomb(),
}


def scan_bomb(times: int = 20_000) -> bytes:
    """A JPEG of 500 kB whose last scan comes thousands of times: each is as long as the picture."""
    good = written(Image.new("RGB", (1600, 1600), "#804020"), "JPEG", progressive=True)
    return good[:-2] + good[good.rindex(b"\xff\xda") : -2] * times + good[-2:]


def frame_bomb() -> bytes:
    """An animated PNG that says it has two thousand million frames, and ends after none."""
    good = written(photo())
    frames = chunk(b"acTL", struct.pack(">II", 0x7FFFFFFF, 0))
    return good[:33] + frames + good[33:-60]


def profile_bomb() -> bytes:
    """A colour profile of 80 MB, packed small."""
    packed = zlib.compress(bytes(80_000_000), 9)
    good = written(photo())
    return good[:33] + chunk(b"iCCP", b"sRGB\x00\x00" + packed) + good[33:-60]


# Small files that would hold a worker for long.
SLOW = {
    "jpeg, 20,000 scans": scan_bomb(),
    "png, 2³¹ frames": frame_bomb(),
    "png, profile bomb": profile_bomb(),
    "png, 100,000 chunks": written(photo())[:33] + chunk(b"prVt", b"") * 100_000,
}
