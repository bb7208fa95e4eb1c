"""The archive: can it be written, and are the pictures there that rows name."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from random import sample
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from studio.jobs.models import Image
from studio.upkeep import files
from studio.upkeep.checks.finding import Finding, Scope, counted, fail, ok
from studio.upkeep.files import Named

SAMPLE = 50
SHOWN = 3


def check_archive(scope: Scope) -> Finding:
    """A file is written, read and deleted again."""
    name, data = f"probe/{uuid4()}", uuid4().bytes
    todo = "See that the studio may write there and that there is room; with S3, its policy."
    try:
        default_storage.save(name, ContentFile(data))
        with default_storage.open(name) as file:
            is_same = file.read() == data
        default_storage.delete(name)
    except Exception as error:  # noqa: BLE001 - every storage has errors of its own
        return fail(f"The archive cannot be written: {type(error).__name__}: {error}", todo)
    if not is_same:
        return fail("The archive gives back other bytes than were written.", todo)
    return ok("The archive is written, read and cleared.")


def check_files(scope: Scope) -> Finding:
    """Of some kept pictures, with --all of every file that a row names: is it there, unchanged."""
    bad, count = [], 0
    for one in files.named() if scope.is_thorough else _some():
        count += 1
        if problem := _problem(one):
            bad.append(f"{one.name} {problem}")
    if not bad:
        return ok(f"{counted(count, 'file')} looked at: all there and unchanged.")
    shown = "; ".join(bad[:SHOWN])
    return fail(
        f"{len(bad)} of {counted(count, 'file')} are not as they should be: {shown}.",
        "Put them back from a backup: they lie in it under these names (docs/backup.md).",
    )


def _some() -> Iterator[Named]:
    """From all ages, without sorting a million rows."""
    kept = Image.objects.filter(state="kept").order_by("pk")
    first, last = kept.first(), kept.last()
    if first and last:
        numbers = range(first.pk, last.pk + 1)
        for number in sample(numbers, min(SAMPLE, len(numbers))):
            for image in kept.filter(pk__gte=number)[:1]:
                yield Named(name=image.path, size=image.size, sha256=image.sha256)


def _problem(one: Named) -> str:
    if not files.present(one):
        return "" if one.is_spare else "is missing"
    if not one.sha256:
        return ""
    digest = sha256()
    with default_storage.open(one.name) as file:
        for piece in file.chunks():
            digest.update(piece)
    return "" if digest.hexdigest() == one.sha256 else "has changed"
