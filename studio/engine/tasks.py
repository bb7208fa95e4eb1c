"""What django-q2 runs. Tasks take ids, may run twice, late or never, and the rows stay right.

Each begins with a sign of life: a long row of pictures must not look like a wedged cluster. None
connects to anybody while the studio is on hold; whoever lifts the hold asks again.
"""

from __future__ import annotations

import asyncio

from studio import logs
from studio.engine import (
    heartbeat,
    hold,
    leases,
    lookups,
    probing,
    referencing,
    saving,
    stumbles,
)
from studio.engine.board import ours
from studio.engine.drain import is_draining
from studio.engine.pump import Pump
from studio.jobs.models import WAITING, Image, Reference, Submission
from studio.jobs.shards import wake_shard
from studio.vault.models import ProviderKey


def pump(shard: int) -> None:
    """Pump for one slice, then ask for the next while there is work."""
    token = None if is_draining() or hold.is_on() else leases.take(shard)
    if token is None:
        return
    with logs.about(shard=shard):
        asyncio.run(Pump(shard, token).run())
    if leases.has_work(shard):
        wake_shard(shard)


def save_picture(image_id: int) -> None:
    """Fetch and archive one picture."""
    heartbeat.beat()
    if hold.is_on():
        return
    images = Image.objects.select_related(
        "job", "submission__job", "submission__key__owner"
    ).filter(pk=image_id, is_saved=False)
    for image in images:
        with logs.about(image=image.pk, submission=image.submission_id, job=image.job_id):
            _save(image)


def _save(image: Image) -> None:
    try:
        with ours().busy_with(f"image {image.pk}"):
            saving.save(image)
    except Exception as error:
        if stumbles.is_ours(error):
            stumbles.count_picture(image)
        raise


def fetch_reference(reference_id: int) -> None:
    """Fetch a reference that came as a URL."""
    heartbeat.beat()
    if hold.is_on():
        return
    for reference in Reference.objects.filter(pk=reference_id, state="fetching"):
        with (
            logs.about(reference=reference.pk),
            ours().busy_with(f"reference {reference.pk}"),
        ):
            referencing.fetch(reference)


def test_key(key_id: int) -> None:
    """Try a key with the provider's cheapest call."""
    heartbeat.beat()
    if hold.is_on():
        return
    for key in ProviderKey.objects.filter(pk=key_id, deleted_at=None):
        with logs.about(key=key.pk):
            probing.probe(key)


def look_up(submission_id: str) -> None:
    """Ask a provider about an order whose outcome is unknown; nothing is ordered."""
    heartbeat.beat()
    if hold.is_on():
        return
    rows = Submission.objects.select_related("job", "key__owner")
    for submission in rows.filter(pk=submission_id, sought_code=WAITING):
        with logs.about(submission=submission.pk, job=submission.job_id):
            lookups.look_up(submission)


def beat() -> None:
    """A sign of life of the workers."""
    heartbeat.beat()
