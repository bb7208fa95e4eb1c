"""What the studio itself fails over: an order or a picture that breaks whoever handles it.

An error that nobody foresaw, or a worker that dies or hangs over one thing, is counted on that
thing's row. The third time ends it, visibly: better one order lost than all of them held up. What
is wrong with the surroundings – database, disk, archive – is nobody's fault and not counted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from studio.engine.schedule import retry_delay
from studio.jobs.models import Image, Reference, Submission
from studio.jobs.models.reference import NOT_FETCHED
from studio.jobs.orders import model_of
from studio.jobs.states import Status

log = logging.getLogger(__name__)

MOST = 3
PAUSES = (timedelta(seconds=10), timedelta(seconds=60))  # before the second and the third try
SURROUNDINGS = (OperationalError, InterfaceError, OSError)


def is_ours(error: Exception) -> bool:
    """Whether the thing at hand is to be suspected, not what is around it."""
    return isinstance(error, FileNotFoundError) or not isinstance(error, SURROUNDINGS)


def blame(thing: str) -> None:
    """Count against what a process was busy with when it died or hung: “submission 6f1d…”."""
    kind, _, pk = thing.partition(" ")
    COUNTED[kind](pk)


def note(submission: Submission, error: Exception) -> None:
    """An unforeseen error over a submission: count it, and let what was not sent wait."""
    if is_ours(error):
        count(submission)
    if submission.status == Status.SUBMITTING:
        sort_out(submission, wait=timedelta(seconds=retry_delay(submission.tries)))


def count(submission: Submission) -> None:
    """Once more. The third time ends it; before that it is left alone for a while."""
    times = submission.note_stumble()
    log.error("it stumbled over a submission, %d of %d times", times, MOST, extra=ids(submission))
    if times >= MOST:
        give_up(submission)
    elif submission.status == Status.RUNNING:
        later = timezone.now() + PAUSES[times - 1]
        submission.note_poll(poll_at=later)


def sort_out(submission: Submission, *, wait: timedelta | None = None) -> None:
    """A claim that died: never sent, or protected by an idempotency key → again; else unknown."""
    if submission.stumbles >= MOST:
        give_up(submission)
    elif submission.sent_at is None or model_of(submission.job).is_idempotent:
        wait = PAUSES[submission.stumbles - 1] if submission.stumbles else wait
        not_before = timezone.now() + wait if wait else None
        submission.put_back(submission.claim, reason="interrupted", not_before=not_before)
    else:
        submission.lose_track("interrupted")


def give_up(submission: Submission) -> None:
    """End it by what it may have cost: nothing, something, or nobody knows."""
    if submission.status == Status.RUNNING:
        submission.fail("stumbled_late")
    elif submission.sent_at is None and not submission.body_hash:
        submission.fail("stumbled")
    else:
        submission.lose_track("stumbled_sending")


def count_picture(image: Image) -> None:
    """Once more. The third time it is lost, with its address kept."""
    times = image.note_stumble()
    log.error("it stumbled over an image, %d of %d times", times, MOST, extra={"image": image.pk})
    if times >= MOST:
        image.lose("stumbled")
        image.close()
    else:
        image.retry_at(timezone.now() + PAUSES[times - 1])


def ids(submission: Submission) -> dict[str, object]:
    """For the log."""
    return {"submission": submission.pk, "job": submission.job_id}


def _count_submission(pk: str) -> None:
    for submission in Submission.objects.select_related("job").filter(pk=pk):
        count(submission)


def _count_picture(pk: str) -> None:
    pending = Image.objects.select_related("job", "submission__job").filter(is_saved=False)
    for image in pending.filter(pk=pk):
        count_picture(image)


def _fail_reference(pk: str) -> None:
    """Whoever waits for it can drop it again."""
    for reference in Reference.objects.filter(pk=pk):
        reference.fail(NOT_FETCHED)


COUNTED: dict[str, Callable[[str], None]] = {
    "submission": _count_submission,
    "image": _count_picture,
    "reference": _fail_reference,
}
