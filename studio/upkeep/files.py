"""The files that rows name. They are named by their content and never change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage

from studio.jobs.models import Image, Reference
from studio.jobs.models.picture import THUMBNAIL_WIDTHS
from studio.jobs.storage import thumbnail_name

SAFE = re.compile(r"(?!\.)[\w.-]{1,100}(/(?!\.)[\w.-]{1,100})*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Named:
    """A file of the archive. size: as its row says, in bytes; 0 where no row does.

    is_spare: it can be made again, so it may be missing. same_as: an image whose archived
    original has the same bytes, for a file that goes when that one comes.
    """

    name: str
    size: int = 0
    sha256: str = ""
    is_spare: bool = False
    same_as: int | None = None


def named() -> Iterator[Named]:
    """Every file that some row needs, once."""
    yield from _spooled()
    yield from _pictures()


def _spooled() -> Iterator[Named]:
    """First, because these are the only ones that disappear: when their picture is archived."""
    waiting = Image.objects.filter(state="pending").exclude(spool="")
    for pk, spool in waiting.values_list("pk", "spool").iterator():
        yield Named(name=spool, same_as=pk)


def _pictures() -> Iterator[Named]:
    facts = ("path", "sha256", "size")
    kept = Image.objects.filter(state="kept").order_by().values_list(*facts)
    used = Reference.objects.filter(state="ready").order_by().values_list(*facts)
    for path, sha256, size in kept.union(used).iterator():
        yield Named(name=path, size=size, sha256=sha256)
        for width in THUMBNAIL_WIDTHS:
            yield Named(name=thumbnail_name(sha256, width), is_spare=True)


def present(file: Named) -> str:
    """Under which name its bytes can be had now; empty when they cannot."""
    if default_storage.exists(file.name):
        return file.name
    if file.same_as is None:
        return ""
    rows = Image.objects.filter(pk=file.same_as, state="kept").values_list("path", flat=True)
    archived = rows.first()
    return archived if archived and default_storage.exists(archived) else ""


def is_safe(name: str) -> bool:
    """Whether it can be the name of a file in the archive: it leads nowhere else."""
    return bool(SAFE.fullmatch(name))
