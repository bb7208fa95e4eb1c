"""What can be wrong with a picture, with an order, or with the id of one.

PictureError
├── TooHeavy             more bytes than are taken
├── NotAPicture          no PNG, JPEG or WebP
├── TooLarge             more pixels than are opened
├── Animated             more than one frame
├── Broken               it says it is one, and cannot be read to its end
├── WrongSize            a mask that is not as large as its picture
└── NothingClear         a mask that leaves everything as it is

FormUsed                 the form has placed another order before

TaskIdError
├── NoTaskId             nothing that could be the id of a task
└── TaskTaken            the pictures of this task belong to another order
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext
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


class WrongSize(PictureError):
    """Width and height of the mask, then of its picture."""

    code = "mask_wrong_size"
    message = _("A mask has exactly as many pixels as the picture that it lies on.")

    def __init__(self, mask: tuple[int, int], picture: tuple[int, int]) -> None:
        super().__init__(mask, picture)
        sizes = {"mask": mask, "picture": picture}
        self.figures = {name: f"{width} × {height}" for name, (width, height) in sizes.items()}


class NothingClear(PictureError):
    """What is clear is redrawn, and nothing is."""

    code = "mask_nothing_clear"
    message = _("This mask is nowhere transparent, so nothing would be redrawn. Paint something.")


class FormUsed(Exception):
    """Sent once more with something changed: a second order, or a mistake? The person says."""

    message = _(
        "This form has placed an order already. Press Develop again to place this one as well."
    )


class TaskIdError(Exception):
    """`message` is one sentence for the person."""

    message: str | Promise = _("This id cannot be looked up.")


class NoTaskId(TaskIdError):
    """Nothing at all, several words, a sentence."""

    message = _("Enter the id alone, as the provider's page shows it.")


class TaskTaken(TaskIdError):
    """One task, one order: what it costs is counted once."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        words = gettext("This id belongs to job %(number)s already. Look for another one.")
        self.message = words % {"number": number}
