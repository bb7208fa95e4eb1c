"""What can be wrong with a picture.

PictureError
├── NotAPicture          no PNG, JPEG or WebP
├── TooLarge             more pixels than are opened
├── Animated             more than one frame
└── Broken               it says it is one, and cannot be read to its end
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PictureError(Exception):
    """`message` is one sentence for the person."""

    code: ClassVar[str] = "picture_error"
    message: ClassVar[str | Promise] = _("This picture cannot be used.")


class NotAPicture(PictureError):
    """Whatever its name says."""

    code = "not_a_picture"
    message = _("This is not a picture that can be used. Choose a PNG, JPEG or WebP file.")


class TooLarge(PictureError):
    """Refused before it is decoded."""

    code = "picture_too_large"
    message = _(
        "This picture has too many pixels. A JPEG may have 50 megapixels, a PNG 36, a WebP 16."
    )


class Animated(PictureError):
    """Which frame would be meant?"""

    code = "picture_animated"
    message = _("This picture moves. Choose one that stands still.")


class Broken(PictureError):
    """Cut short, or damaged."""

    code = "picture_broken"
    message = _("This picture is damaged and cannot be read to its end.")
