"""Pictures to work from: uploaded, pasted, fetched by URL, or taken from our own archive."""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from studio.accounts.models import User
from studio.addresses import check_url
from studio.jobs import pixels
from studio.jobs.errors import TooHeavy
from studio.jobs.models import Image, Reference
from studio.jobs.storage import archive_name, thumbnail_name
from studio.jobs.uploads import MAX_FILE
from studio.queue import enqueue

THUMBNAIL = 384


def add_file(owner: User, file: UploadedFile[bytes]) -> Reference:
    """Keep an uploaded picture. Raises PictureError when it is none that we take."""
    if (file.size or 0) > MAX_FILE:
        raise TooHeavy
    return Reference.objects.create(owner=owner, state="ready", **_archived(*pixels.clean(file)))


def add_mask(picture: Reference, file: UploadedFile[bytes]) -> Reference:
    """Keep a mask that lies on a picture. Raises PictureError when it does not fit or is none."""
    if (file.size or 0) > MAX_FILE:
        raise TooHeavy
    data, facts = pixels.clean_mask(file, (picture.width, picture.height))
    return Reference.objects.create(
        owner=picture.owner, lies_on=picture, state="ready", **_archived(data, facts)
    )


def add_url(owner: User, url: str) -> Reference:
    """Have a worker fetch a picture. Raises ForbiddenAddress for what may not be fetched."""
    reference = Reference.objects.create(
        owner=owner, state="fetching", source_url=check_url(url.strip())
    )
    enqueue("studio.engine.tasks.fetch_reference", reference.pk, lane="media")
    return reference


def add_image(owner: User, image: Image) -> Reference:
    """Work from one of our own pictures: the archived file serves both."""
    return Reference.objects.create(
        owner=owner,
        state="ready",
        path=image.path,
        sha256=image.sha256,
        media_type=image.media_type,
        size=image.size,
        width=image.width,
        height=image.height,
    )


def fill(reference: Reference, file: pixels.Source) -> bool:
    """fetching → ready with what was fetched. Raises PictureError."""
    return reference.get_ready(**_archived(*pixels.clean(file)))


def _archived(data: bytes, facts: pixels.Facts) -> dict[str, str | int]:
    """Archive a clean picture with its thumbnail, and tell the facts of its row."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = archive_name(sha256, facts.extension)
    if not default_storage.exists(path):
        for width, thumbnail in pixels.thumbnails(ContentFile(data), widths=(THUMBNAIL,)):
            default_storage.save(thumbnail_name(sha256, width), ContentFile(thumbnail))
        default_storage.save(path, ContentFile(data))
    return {
        "path": path,
        "sha256": sha256,
        "media_type": facts.media_type,
        "size": len(data),
        "width": facts.width,
        "height": facts.height,
    }
