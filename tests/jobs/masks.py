"""Masks made in code, and a member's picture for them to lie on."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from studio.accounts.models import User
from studio.jobs.models import Reference
from studio.jobs.references import add_file, add_mask
from tests.jobs.pictures import photo, written

BOX = (10, 10, 30, 20)  # what is redrawn


def mask(
    size: tuple[int, int] = (60, 40), kind: str = "PNG", *, clear: int = 0, **options: Any
) -> bytes:
    """A teal picture with a hole; with a higher `clear` the hole is not quite one."""
    sheet = Image.new("RGBA", size, (0, 128, 128, 255))
    sheet.paste((0, 128, 128, clear), BOX)
    return written(sheet, kind, **options)


def mask_file(data: bytes | None = None, name: str = "mask.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, mask() if data is None else data, "image/png")


def a_picture(owner: User, width: int = 60, height: int = 40) -> Reference:
    return add_file(owner, SimpleUploadedFile("a.png", written(photo(width, height))))


def a_mask(picture: Reference) -> Reference:
    return add_mask(picture, mask_file(mask((picture.width, picture.height))))
