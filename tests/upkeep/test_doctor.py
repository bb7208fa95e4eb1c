"""The doctor finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from studio.accounts.models import User
from studio.engine import heartbeat, hold
from studio.engine.disk import free_mb
from studio.engine.models import Heartbeat, Reason
from studio.jobs.models import Image, Submission
from studio.upkeep.checks import CHECKS
from studio.vault import masterkeys
from studio.vault.models import ProviderKey
from tests.conftest import make_job
from tests.upkeep.conftest import CANARY


def examine(*words: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit status, and what each check said."""
    out = StringIO()
    status = 0
    try:
        call_command("doctor", "--json", *words, stdout=out)
    except SystemExit as end:
        status = int(str(end.code))
    return status, json.loads(out.getvalue())


@pytest.fixture
def well(db: None, settings: Settings, tmp_path: Path) -> None:
    """A studio without a fault."""
    heartbeat.beat()
    settings.STUDIO_MIN_FREE_MB = 1
    settings.STUDIO_DATA_DIR = tmp_path
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["localhost"]


def test_a_healthy_studio_has_only_good_lines(well: None, filled: dict[str, Submission]):
    status, found = examine()

    assert {name: one for name, one in found.items() if one["level"] != "ok"} == {
        "pumps": found["pumps"]  # work waits, and in a test nobody pumps
    }
    assert (status, list(found)) == (0, list(CHECKS))
    assert found["provider keys"]["says"] == "2 secrets sealed, and each opens."
    assert found["files"]["says"] == "1 file looked at: all there and unchanged."


def test_it_prints_a_line_for_each_check(well: None):
    out = StringIO()

    call_command("doctor", stdout=out)

    lines = out.getvalue().splitlines()
    assert len(lines) == len(CHECKS)
    assert lines[0].startswith("ok    database")


@pytest.mark.promise(29)
def test_it_tells_no_secret(well: None, filled: dict[str, Submission]):
    told = json.dumps(examine("--all")[1])

    assert CANARY not in told
    assert masterkeys.keys_file().read_text().strip() not in told


def silent(settings: Settings) -> None:
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=90))


def held(settings: Settings) -> None:
    hold.begin(Reason.RESTORED, by="manage.py", doubtful_until=timezone.now())


def full(settings: Settings) -> None:
    settings.STUDIO_MIN_FREE_MB = 10**9


def tight(settings: Settings) -> None:
    settings.STUDIO_MIN_FREE_MB = free_mb() * 2 // 3


def damaged(settings: Settings) -> None:
    path = Path(default_storage.path(Image.objects.get(state="kept").path))
    path.write_bytes(path.read_bytes() + b".")


def gone(settings: Settings) -> None:
    default_storage.delete(Image.objects.get(state="kept").path)


def no_archive(settings: Settings) -> None:
    folder = Path(default_storage.path("probe"))
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("in the way")


def no_master_key(settings: Settings) -> None:
    masterkeys.keys_file().unlink()


def other_row(settings: Settings) -> None:
    ProviderKey.objects.update(sealed=b"\x01" + bytes(60))


def paused(settings: Settings) -> None:
    ProviderKey.objects.update(is_paused=True, pause_code="no_money")


def readable(settings: Settings) -> None:
    masterkeys.keys_file().chmod(0o644)


def any_host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]


def in_the_open(settings: Settings) -> None:
    settings.STUDIO_PUBLIC_URL = "http://studio.example.com"


def no_proxy(settings: Settings) -> None:
    settings.STUDIO_PUBLIC_URL, settings.IS_HTTPS = "https://studio.example.com", True


def debug(settings: Settings) -> None:
    settings.DEBUG = True


def no_mail(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1


def dangling(settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_image SET submission_id = %s", ["0" * 32])


FAULTS: list[tuple[Callable[[Settings], None], str, str, str]] = [
    (silent, "workers", "fail", "no sign of life for 90 s"),
    (held, "hold", "warn", "3 orders wait"),
    (full, "disk", "fail", "nothing new is ordered"),
    (tight, "disk", "warn", "MB free; below"),
    (damaged, "files", "fail", "has changed"),
    (gone, "files", "fail", "is missing"),
    (no_archive, "archive", "fail", "cannot be written"),
    (no_master_key, "master keys", "fail", "is missing"),
    (no_master_key, "provider keys", "fail", "2 of 2 secrets do not open"),
    (other_row, "provider keys", "fail", "1 of 2 secrets do not open"),
    (paused, "paused keys", "warn", "1 × gptimage2plus (no_money)"),
    (readable, "secrets", "fail", "master.keys"),
    (any_host, "address", "warn", "every host name"),
    (in_the_open, "address", "warn", "not https"),
    (no_proxy, "proxies", "warn", "lock out all"),
    (debug, "debug", "fail", "STUDIO_DEBUG"),
    (no_mail, "mail", "fail", "does not take mail"),
]


@pytest.mark.parametrize(("break_it", "check", "level", "words"), FAULTS)
def test_a_fault_is_found_and_the_way_out_is_told(
    well: None,
    filled: dict[str, Submission],
    settings: Settings,
    break_it: Callable[[Settings], None],
    check: str,
    level: str,
    words: str,
):
    break_it(settings)

    status, found = examine()

    assert (found[check]["level"], words in found[check]["says"]) == (level, True), found[check]
    assert found[check]["todo"]
    assert status == int("fail" in {one["level"] for one in found.values()})


def test_every_file_is_looked_at_when_asked_for(well: None, filled: dict[str, Submission]):
    assert examine("--all")[1]["files"]["says"].startswith("5 files looked at")


@pytest.mark.django_db(transaction=True)
def test_a_row_that_names_nothing_is_found(settings: Settings, bob: User):
    job = make_job(bob)
    Image.objects.create(job=job, submission=job.submissions.get(), number=1)
    with connection.constraint_checks_disabled():
        dangling(settings)

        found = examine()[1]

    assert found["references"]["level"] == "fail"
    assert "jobs_image" in found["references"]["says"]
    Image.objects.all().delete()


def test_a_database_that_does_not_answer_is_told_by_every_check_that_needs_it(well: None):
    def refuse(*args: object) -> None:
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(refuse):
        status, found = examine()

    assert status == 1
    assert found["database"]["says"] == (
        "The database does not answer: OperationalError: the server is gone"
    )
    assert found["debug"]["level"] == "ok"


def test_it_leaves_nothing_behind(well: None, filled: dict[str, Submission], tmp_path: Path):
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())

    examine("--all")

    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before
