"""What must be right before anything is started. What is not is one clear line to the operator."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from studio import queue
from studio.engine import calendar
from studio.queue import LANES, Lane
from studio.vault.checks import verify_master_keys

log = logging.getLogger(__name__)

SERVICES_COME_WITHIN = 20.0
LOOK_AGAIN_EVERY = 0.5
MIGRATING = 0x6461726B  # the number of our advisory lock


class CannotStart(ImproperlyConfigured):
    """One line that names what is wrong and the setting that would change it."""


def prepare(*, web: bool = True, lanes: Sequence[Lane] = LANES) -> list[int]:
    """Bring what these parts need up to date. Keep what is returned: the locks."""
    os.umask(0o077)  # the database and the pictures are nobody else's on this machine
    check_data_folder()
    if web:
        check_port()
    locks = [*(lock_web() if web else []), *(lock_workers(lanes) if lanes else [])]
    wait_for_database()
    with alone():
        migrate()
        verify_master_keys()
        if lanes:
            calendar.keep()
        if web:
            collect_static()
    check_queue()
    check_archive()
    check_system()
    connection.close()
    return locks


@contextmanager
def alone() -> Iterator[None]:
    """One tree at a time prepares, on this data folder and on all machines with this database."""
    lock = open_lock("prepare")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with alone_among_machines():
            yield
    finally:
        os.close(lock)


def check_data_folder() -> None:
    folder = settings.STUDIO_DATA_DIR
    try:
        settings.RUN_DIR.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written: {error.strerror}. "
            "Choose another with STUDIO_DATA_DIR."
        ) from error


def address() -> tuple[str, int]:
    """STUDIO_BIND with its name resolved to an address of this machine."""
    host, port = settings.STUDIO_BIND
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise CannotStart(f"STUDIO_BIND: {host} is not an address: {error.strerror}.") from error
    return str(found[0][4][0]), port


def check_port() -> None:
    host, port = address()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used: {error.strerror}. "
                "Choose another with STUDIO_BIND."
            ) from error


def lock_web() -> list[int]:
    """There may be several; but none while a backup is put back."""
    return [lock_for_us("web", shared=True)] if connection.vendor == "sqlite" else []


def lock_workers(lanes: Sequence[Lane]) -> list[int]:
    """Descriptors: held as long as they are open; gone with the process, however it ends.

    With SQLite everything is on one machine, where each lane has one cluster. Elsewhere there may
    be as many as one likes.
    """
    if connection.vendor != "sqlite":
        return []
    if settings.STUDIO_LANES != "SPLIT":
        return [lock_for_us("studio")]
    return [lock_for_us("studio", shared=True), *(lock_for_us(f"lane-{lane}") for lane in lanes)]


def lock_for_us(name: str, *, shared: bool = False) -> int:
    lock = open_lock(name)
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise CannotStart(
            f"Another Darkroom is running on {settings.STUDIO_DATA_DIR}. "
            "Stop it first, or choose another folder with STUDIO_DATA_DIR."
        ) from error
    return lock


def open_lock(name: str) -> int:
    return os.open(Path(settings.RUN_DIR, f"{name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)


def wait_for_database() -> None:
    """A server may be starting at the same time as we are; a file is there, or is no database."""
    until = monotonic() + (0 if connection.vendor == "sqlite" else SERVICES_COME_WITHIN)
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            if monotonic() > until:
                raise CannotStart(f"The database cannot be used: {in_a_line(error)}") from error
            log.info("waiting for the database")
            sleep(LOOK_AGAIN_EVERY)
        else:
            return


@contextmanager
def alone_among_machines() -> Iterator[None]:
    """Of several that start at once, one after the other."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
    try:
        yield
    finally:
        connection.close()  # and with it the lock


def in_a_line(error: BaseException) -> str:
    """What a server says, of which the first line is enough."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def check_queue() -> None:
    try:
        queue.check()
    except queue.QueueError as error:
        said = in_a_line(error.__cause__ or error)
        raise CannotStart(f"REDIS_URL: the server cannot be used: {said}") from error


def check_archive() -> None:
    """With a connection that no child will share."""
    try:
        storages.create_storage(settings.STORAGES["default"]).check()  # type: ignore[attr-defined]
    except OSError as error:
        raise CannotStart(f"STUDIO_STORAGE_URL: nothing can be kept there: {error}.") from error


def migrate() -> None:
    """Only when there is something to migrate."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, InterfaceError) as error:
        raise CannotStart(f"The database cannot be used: {in_a_line(error)}") from error


def collect_static() -> None:
    """Only when a file has changed since the last time."""
    stamp = Path(settings.RUN_DIR, "static.stamp")
    state = sha256("\n".join(sorted(static_sources())).encode()).hexdigest()
    manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
    if manifest.exists() and stamp.exists() and stamp.read_text() == state:
        return
    try:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(state)
    except OSError as error:
        raise CannotStart(f"Static files cannot be collected: {error}.") from error


def static_sources() -> Iterator[str]:
    """Every static file with its size and time."""
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = os.stat(storage.path(path))
            yield f"{path} {facts.st_size} {facts.st_mtime_ns}"


def check_system() -> None:
    """Django's own checks; the first that is serious stops the start."""
    for message in run_checks():
        if message.is_serious() and not message.is_silenced():
            raise CannotStart(f"{message.msg} ({message.id})")
