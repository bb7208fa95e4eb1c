"""What can be wrong with a picture, or with an order.

PictureError
├── TooHeavy             more bytes than are taken
├── NotAPicture          no PNG, JPEG or WebP
├── TooLarge             more pixels than are opened
├── Animated             more than one frame
└── Broken               it says it is one, and cannot be read to its end

FormUsed                 the form has placed another order before
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PictureError(Exception):
    """`message` is one sentence for the person."""

    code: ClassVar[str] = "picture_error"
    message: ClassVar[str | Promise] = _("This picture cannot be used.")


class TooHeavy(PictureError):
    """Refused while it comes in."""

    code = "picture_too_heavy"
    message = _("This file is too large. A picture to work from may have 20 MB.")


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


class FormUsed(Exception):
    """Sent once more with something changed: a second order, or a mistake? The person says."""

    message = _(
        "This form has placed an order already. Press Develop again to place this one as well."
    )
