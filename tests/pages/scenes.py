"""Jobs in every state, with real pictures in the archive."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Pillow

from studio.accounts.models import User
from studio.jobs.models import Image, Job, Submission
from studio.jobs.models.picture import THUMBNAIL_WIDTHS
from studio.jobs.states import Status
from studio.jobs.storage import archive_name, thumbnail_name
from studio.vault.models import ProviderKey
from tests.conftest import make_job


@cache
def drawn(width: int, height: int, hue: int) -> bytes:
    """A PNG with a soft gradient."""
    ramp = Pillow.linear_gradient("L").resize((width, height))
    flat = Pillow.new("L", (width, height), 150)
    picture = Pillow.merge("HSV", (Pillow.new("L", (width, height), hue), flat, ramp)).convert(
        "RGB"
    )
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def add_picture(job: Job, *, number: int = 1, size: tuple[int, int] = (768, 512)) -> Image:
    """A kept picture of the job's first submission."""
    data = drawn(*size, hue=(40 * job.pk + 25 * number) % 256)
    sha256 = hashlib.sha256(data).hexdigest()
    if not default_storage.exists(archive_name(sha256, "png")):
        default_storage.save(archive_name(sha256, "png"), ContentFile(data))
        for width in THUMBNAIL_WIDTHS:
            small = BytesIO()
            Pillow.open(BytesIO(data)).resize((width, width * size[1] // size[0])).save(
                small, "WEBP"
            )
            default_storage.save(thumbnail_name(sha256, width), ContentFile(small.getvalue()))
    return Image.objects.create(
        job=job,
        submission=job.submissions.get(),
        number=number,
        url=f"https://pictures.example/{job.pk}/{number}.png",
        expires_at=timezone.now() + timedelta(hours=22),
        state="kept",
        path=archive_name(sha256, "png"),
        sha256=sha256,
        media_type="image/png",
        size=len(data),
        width=size[0],
        height=size[1],
        kept_at=timezone.now(),
        is_saved=True,
    )


def scene(owner: User, key: ProviderKey, status: Status, *, error: str = "", **fields: Any) -> Job:
    """A job and its submission in a state, a minute after it was placed."""
    job = make_job(owner, key, **fields)
    now = timezone.now()
    is_over = status in (Status.SUCCEEDED, Status.FAILED, Status.BLOCKED, Status.CANCELLED)
    Submission.objects.filter(job=job).update(
        status=status,
        error_code=error,
        accepted_at=now - timedelta(seconds=40),
        finished_at=now if is_over else None,
        progress=60 if status == Status.RUNNING else None,
        cost=Decimal("0.05279") if status == Status.SUCCEEDED else None,
        cost_currency="USD" if status == Status.SUCCEEDED else "",
    )
    Job.objects.filter(pk=job.pk).update(
        status=status,
        created_at=now - timedelta(minutes=1),
        finished_at=now if is_over else None,
    )
    job.refresh_from_db()
    job.note("placed", by=owner.name)
    if status != Status.QUEUED:
        job.note("sent", job.submissions.get(), key=key.last_four)
    return job


def every_state(owner: User, key: ProviderKey) -> dict[str, Job]:
    """One job per state, some of them with pictures."""
    long = (
        "Seven mountain ridges fading into haze, seen from a night train at first light, four moods"
    )
    jobs = {
        "cancelled": scene(owner, key, Status.CANCELLED, ratio="9:16", count=2),
        "blocked": scene(owner, key, Status.BLOCKED, error="blocked", ratio="3:2"),
        "unknown": scene(
            owner, key, Status.UNKNOWN, ratio="1:1", prompt="Paper-cut tide in nine layers"
        ),
        "failed": scene(owner, key, Status.FAILED, error="busy", ratio="2:1"),
        "one": scene(owner, key, Status.SUCCEEDED, ratio="16:9"),
        "four": scene(
            owner, key, Status.SUCCEEDED, ratio="3:2", resolution="2k", count=4, prompt=long
        ),
        "saving": scene(owner, key, Status.SAVING, ratio="4:5", count=4),
        "submitting": scene(owner, key, Status.SUBMITTING, ratio="1:1"),
        "queued": scene(owner, key, Status.QUEUED, ratio="16:9"),
        "running": scene(owner, key, Status.RUNNING, ratio="3:2", count=4, prompt=long),
    }
    add_picture(jobs["one"], size=(1600, 900))
    for number in range(1, 5):
        add_picture(jobs["four"], number=number)
        kept = add_picture(jobs["saving"], number=number, size=(512, 640))
    Image.objects.filter(pk=kept.pk).update(state="pending", is_saved=False)
    return jobs
