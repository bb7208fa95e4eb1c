"""Pictures on cards: addresses, shapes and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.text import Truncator

from studio.jobs.models import Image
from studio.jobs.models.picture import THUMBNAIL_WIDTHS

RATIOS = [
    (int(w) / int(h), f"ar-{w}-{h}")
    for w, h in (
        ratio.split(":")
        for ratio in [
            "1:1",
            "3:2",
            "2:3",
            "4:3",
            "3:4",
            "5:4",
            "4:5",
            "16:9",
            "9:16",
            "2:1",
            "1:2",
            "3:1",
            "1:3",
            "21:9",
            "9:21",
        ]
    )
]


def nearest_ratio(width: int, height: int) -> str:
    """The class of the drawn ratio that is nearest to these pixels."""
    wanted = width / height if width and height else 1.0
    return min(RATIOS, key=lambda ratio: max(ratio[0] / wanted, wanted / ratio[0]))[1]


@dataclass(frozen=True, kw_only=True)
class Print:
    """A picture on a card, or the place where it will come."""

    uid: str
    thumb_url: str
    srcset: str
    full_url: str
    remote_url: str
    expires_at: datetime | None
    alt: str
    width: int
    height: int
    placeholder: str


def print_of(image: Image, prompt: str, *, place: int, total: int) -> Print:
    """What the page needs of an archived image. `place` counts from 1."""
    urls = {width: reverse("picture", args=[image.uid, width]) for width in THUMBNAIL_WIDTHS}
    words = Truncator(prompt).chars(80)
    return Print(
        uid=str(image.uid),
        thumb_url=urls[THUMBNAIL_WIDTHS[0]],
        srcset=", ".join(f"{url} {width}w" for width, url in urls.items()),
        full_url=reverse("original", args=[image.uid]),
        remote_url=image.url if image.is_url_alive else "",
        expires_at=image.expires_at,
        alt=f"{words} ({place}/{total})" if total > 1 else words,
        width=image.width,
        height=image.height,
        placeholder=image.placeholder,
    )
