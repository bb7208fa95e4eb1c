"""Files of the archive that no row names: what a crash in the wrong moment leaves behind.

A file goes only if its name is one that the studio makes, no row names it, and it has been lying
there for a day; all of that is asked once more just before. Whoever archives a picture whose file
is there already makes the file young again (`engine.saving`), so it cannot be taken away meanwhile.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial

from django.core.files.storage import default_storage
from django.utils import timezone

from studio.jobs.models import Image, Reference

log = logging.getLogger(__name__)

OLD = timedelta(days=1)
HOURS = 7 * 24  # in which every folder has its turn
PREFIX = re.compile(r"[0-9a-f]{2}")
ARCHIVED = re.compile(r"(?P<sha>[0-9a-f]{64})(?:\.(?:png|jpg|webp)|\.\d{1,5}\.webp)")
DRAFT = re.compile(r"\.draft-[\w-]+")
PASSING = ("spool", "probe")  # where files lie for a moment only


def turn_of(hour: int) -> list[str]:
    """The folders whose turn it is in this hour, counted since 1970: each once in HOURS."""
    return [f"{number:02x}" for number in range(256) if number % HOURS == hour % HOURS]


def sweep(prefixes: Iterable[str]) -> int:
    """Remove what nobody names under these folders, and from where files only pass. How many."""
    there = set(_folders(""))
    removed = sum(_sweep_folder(f"{prefix}/{sub}") for prefix, sub in _pairs(prefixes, there))
    return removed + sum(_sweep_passing(folder) for folder in PASSING if folder in there)


def _pairs(prefixes: Iterable[str], there: set[str]) -> Iterator[tuple[str, str]]:
    for prefix in prefixes:
        if prefix in there:
            yield from ((prefix, sub) for sub in _folders(prefix) if PREFIX.fullmatch(sub))


def _sweep_folder(folder: str) -> int:
    """One folder of the archive: a few dozen files, two queries."""
    names = _files(folder)
    found = {name: match["sha"] for name in names if (match := ARCHIVED.fullmatch(name))}
    named = shas_named(set(found.values()))
    removed = 0
    for name, sha in found.items():
        if sha not in named:
            removed += _remove(f"{folder}/{name}", partial(shas_named, {sha}))
    for name in filter(DRAFT.fullmatch, names):
        removed += _remove(f"{folder}/{name}", set)
    return removed


def _sweep_passing(folder: str) -> int:
    names = [f"{folder}/{name}" for name in _files(folder)]
    waiting = spools_named()
    return sum(_remove(name, partial(spools_named, name)) for name in names if name not in waiting)


def shas_named(shas: set[str]) -> set[str]:
    """Which of these hashes some row names."""
    images = Image.objects.filter(sha256__in=shas).order_by().values_list("sha256", flat=True)
    used = Reference.objects.filter(sha256__in=shas).order_by().values_list("sha256", flat=True)
    return {*images, *used} if shas else set()


def spools_named(name: str = "") -> set[str]:
    """Files that still wait to be archived: all of them, or this one."""
    waiting = Image.objects.filter(state="pending").exclude(spool="")
    rows = waiting.filter(spool=name) if name else waiting
    return set(rows.order_by().values_list("spool", flat=True))


def _remove(name: str, rows: Callable[[], set[str]]) -> bool:
    """rows: asks once more for those that name it."""
    try:
        age = timezone.now() - default_storage.get_modified_time(name)
        if age < OLD or rows():
            return False
        default_storage.delete(name)
    except OSError as error:  # whoever made it has taken it away, or the store has a bad moment
        log.info("%s was not removed: %s", name, error)
        return False
    log.info("removed %s, which no row named, %s old", name, age - age % timedelta(seconds=1))
    return True


def _folders(path: str) -> list[str]:
    return _listed(path)[0]


def _files(path: str) -> list[str]:
    return _listed(path)[1]


def _listed(path: str) -> tuple[list[str], list[str]]:
    """Folders and files; nothing where there is nothing."""
    try:
        folders, files = default_storage.listdir(path)
    except FileNotFoundError:
        return [], []
    return sorted(folders), sorted(files)
