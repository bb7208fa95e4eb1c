"""Keeping pictures: fetched once, checked, archived under their hash, with three thumbnails.

Everything here may run twice or late: names are content hashes and rows change by condition.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils import timezone

from studio.engine.board import beating
from studio.engine.errors import FetchError
from studio.engine.schedule import retry_delay
from studio.engine.wire import Fetched, Wire
from studio.jobs import pixels
from studio.jobs.errors import PictureError
from studio.jobs.models import Image, Submission
from studio.jobs.shards import of_shard
from studio.jobs.storage import archive_name, thumbnail_name
from studio.providers.contract import Done
from studio.queue import enqueue

log = logging.getLogger(__name__)

MAX_PICTURE = 100 * 1024 * 1024
FETCH_DEADLINE = 120.0
HINT_AGAIN = timedelta(seconds=150)
STALE = timedelta(hours=12)  # half of what housekeeping waits for
NO_ROOM = timedelta(seconds=10)
TRIES = 8
HOPELESS_TRIES = 3


def spool(submission_id: UUID, done: Done) -> dict[int, str]:
    """Put bytes that came with an answer on disk. Returns where, by the number of the picture."""
    names = {}
    for number, picture in enumerate(done.pictures, start=1):
        if picture.data:
            name = f"spool/{submission_id}-{number}"
            names[number] = default_storage.save(name, ContentFile(picture.data))
    return names


def hint_saving(submission: Submission) -> None:
    """Ask the workers to save each picture of a finished submission."""
    for image in submission.images.filter(state="pending"):
        _hint(image)


def hint_pending(shard: int, now: datetime) -> None:
    """Ask again for what is due and not yet saved: hints may get lost."""
    for image in unsaved(shard, now):
        _hint(image)


def unsaved(shard: int, now: datetime) -> Any:
    """Pictures that wait to be fetched, and that nobody was told of lately."""
    due = Image.objects.filter(state="pending", fetch_at__lte=now)
    return of_shard(due, shard, key="submission__key_id")


def _hint(image: Image) -> None:
    rows = Image.objects.filter(pk=image.pk, fetch_at=image.fetch_at)
    if rows.update(fetch_at=timezone.now() + HINT_AGAIN):
        enqueue("studio.engine.tasks.save_picture", image.pk, lane="media")


def save(image: Image) -> None:
    """Fetch, check and archive one picture; its submission ends with its last one."""
    try:
        with tempfile.TemporaryFile() as draft:
            facts = archive(draft, _take_in(image, draft))
    except (FetchError, PictureError) as error:
        _not_saved(image, error)
    except OSError as error:
        log.warning("image %s cannot be kept for now: %s", image.pk, error.strerror)
        image.wait_until(timezone.now() + NO_ROOM)
    else:
        image.keep(**facts)
        if image.spool:
            default_storage.delete(image.spool)


def _take_in(image: Image, draft: BinaryIO) -> str:
    """Write the picture into the draft, from the spool or from its address. Returns its SHA-256."""
    if image.spool and default_storage.exists(image.spool):
        digest = hashlib.sha256()
        with default_storage.open(image.spool) as spooled:
            for piece in spooled.chunks():
                digest.update(piece)
                draft.write(piece)
        return digest.hexdigest()
    return asyncio.run(_fetch(image.url, image.submission.key.url, draft)).sha256


async def _fetch(url: str, base_url: str, draft: BinaryIO) -> Fetched:
    async with beating(), Wire() as wire:
        return await wire.fetch(
            url, max_bytes=MAX_PICTURE, deadline=FETCH_DEADLINE, into=draft, base_url=base_url
        )


def _not_saved(image: Image, error: FetchError | PictureError) -> None:
    """Later again, and less often; given up in the end, with the address kept on the row."""
    log.warning("image %s could not be saved: %s", image.pk, error.code)
    if isinstance(error, PictureError) and image.spool and image.url:
        image.leave_spool()
        return
    is_hopeless = isinstance(error, PictureError) or error.is_final
    if image.tries + 1 >= (HOPELESS_TRIES if is_hopeless else TRIES):
        image.lose(error.code)
        return
    image.retry_at(timezone.now() + timedelta(seconds=retry_delay(image.tries + 1)))


def archive(draft: BinaryIO, sha256: str) -> dict[str, str | int]:
    """Put a verified picture and its thumbnails into the archive. Returns the facts of its row."""
    draft.seek(0)
    facts = pixels.inspect(draft)
    thumbnails = dict(pixels.thumbnails(draft))
    for width, data in thumbnails.items():
        _store(thumbnail_name(sha256, width), ContentFile(data))
    path = archive_name(sha256, facts.extension)
    _store(path, File(draft))
    return {
        "path": path,
        "sha256": sha256,
        "media_type": facts.media_type,
        "size": draft.seek(0, 2),
        "width": facts.width,
        "height": facts.height,
        "placeholder": pixels.average_colour(BytesIO(thumbnails[min(thumbnails)])),
    }


def _store(name: str, content: File) -> None:  # type: ignore[type-arg]
    """Equal names hold equal bytes: what is there already stays, unless it is old.

    Then it may be a leftover that housekeeping is about to remove: written anew, it is young.
    """
    if not default_storage.exists(name) or is_old(name):
        default_storage.save(name, content)


def is_old(name: str) -> bool:
    return timezone.now() - default_storage.get_modified_time(name) > STALE
