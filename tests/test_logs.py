"""What stands in the log, and what never does."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.test import RequestFactory

from studio import logs
from studio.vault.redaction import forms

SECRET = "sk+canary/78=Zq:0123456789&abcdefgh"
SUBMISSION = UUID("6f1d0d6e-9b1c-4a52-8f0e-0f1f6a2f3b4c")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a logger named `room` writes; its format is chosen by `use`."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log = logging.getLogger("room")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    yield stream
    log.removeHandler(handler)


def use(formatter: logging.Formatter) -> logging.Logger:
    log = logging.getLogger("room")
    log.handlers[0].setFormatter(formatter)
    return log


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail_with(text: str) -> None:
    raise RuntimeError(text)


# As JSON ------------------------------------------------------------------------------------------


def test_each_line_is_one_object(written: io.StringIO) -> None:
    log = use(logs.JsonLine())

    log.info("the vase\nis %s", "blue", extra={"submission": SUBMISSION, "job": 7, "tries": 2})

    [line] = objects(written)
    assert line.pop("time").endswith("Z")
    assert line.pop("pid") > 0
    assert line == {
        "level": "INFO",
        "logger": "room",
        "message": "the vase\nis blue",
        "process": "darkroom",
        "submission": str(SUBMISSION),
        "job": "7",
        "tries": 2,
    }


def test_the_time_is_utc_whatever_the_time_zone(written: io.StringIO) -> None:
    log = use(logs.JsonLine())
    record = log.makeRecord("room", logging.INFO, "", 0, "now", (), None)
    record.created = 1_700_000_000.25

    log.handle(record)

    assert objects(written)[0]["time"] == "2023-11-14T22:13:20.250Z"


def test_a_trace_is_a_field(written: io.StringIO) -> None:
    log = use(logs.JsonLine())

    try:
        fail_with("torn")
    except RuntimeError:
        log.exception("the vase fell")

    [line] = objects(written)
    assert line["message"] == "the vase fell"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("RuntimeError: torn")


def test_what_is_worked_on_stands_in_every_line(written: io.StringIO) -> None:
    log = use(logs.JsonLine())

    with logs.about(submission=SUBMISSION), logs.about(job=7):
        log.info("inside")
    log.info("outside")

    inside, outside = objects(written)
    assert (inside["submission"], inside["job"]) == (str(SUBMISSION), "7")
    assert "submission" not in outside


def test_a_request_is_not_written_out(written: io.StringIO) -> None:
    log = use(logs.JsonLine())

    log.warning("Not Found", extra={"request": RequestFactory().get("/x?secret=y"), "params": "p"})

    assert {"request", "params"}.isdisjoint(objects(written)[0])


# As text ------------------------------------------------------------------------------------------


def test_a_line_of_text_ends_with_its_ids(written: io.StringIO) -> None:
    log = use(logs.TextLine())

    with logs.about(submission=SUBMISSION):
        log.info("polled", extra={"job": 7})

    assert written.getvalue().endswith(f" INFO room: polled submission={SUBMISSION} job=7\n")


# Secrets ------------------------------------------------------------------------------------------


@pytest.mark.promise(29)
@pytest.mark.parametrize("formatter", [logs.JsonLine, logs.TextLine])
def test_a_secret_that_was_used_is_in_no_line(written: io.StringIO, formatter: Any) -> None:
    log = use(formatter())
    logs.keep_out(forms(SECRET))

    for form in forms(SECRET):
        log.debug("header %s", form, extra={"header": form, "job": form})
        try:
            fail_with(f"cannot send {form}")
        except RuntimeError:
            log.exception("stumbled")

    text = written.getvalue()
    assert text.count(logs.MASK) >= 2 * len(forms(SECRET))
    assert [form for form in forms(SECRET) if form in text] == []
    assert SECRET[:20] not in text


@pytest.mark.promise(29)
@pytest.mark.parametrize(
    "text",
    [
        f"GET https://bucket.example.com/a.png?X-Amz-Signature={quote(SECRET)}&x=1",
        "Authorization: Bearer {secret}",
        "{{'Authorization': 'Bearer {secret}'}}",
        "{{'x-api-key': '{secret}'}}",
        "postgresql://darkroom:{secret}@db/studio",
        "Not Found: /join/{secret}",
    ],
)
def test_what_gives_itself_away_is_masked(text: str) -> None:
    secret = "zQ8_unheardOf-0123456789abcdefghijklmnopqrstuvw"

    said = logs.scrub(text.replace("{{", "{").replace("}}", "}").replace("{secret}", secret))

    assert secret not in said
    assert quote(SECRET) not in said
    assert logs.MASK in said


def test_hashes_and_numbers_of_rows_are_no_secrets() -> None:
    text = f"ab/cd/{'abcd' * 16}.png of {SUBMISSION} at http://127.0.0.1:8000/jobs/{SUBMISSION}"

    assert logs.scrub(text) == text


def test_only_so_many_secrets_are_remembered_and_the_latest_stay() -> None:
    for number in range(logs.MOST_SECRETS + 1):
        logs.keep_out((f"secret-number-{number:04d}",))

    assert logs.scrub("secret-number-0256") == logs.MASK
    assert logs.scrub("secret-number-0000") == "secret-number-0000"


def test_a_word_is_no_secret_for_being_part_of_a_short_one() -> None:
    logs.keep_out(("vase",))

    assert logs.scrub("a blue vase") == "a blue vase"


# What others say ----------------------------------------------------------------------------------


def test_what_is_printed_as_an_error_becomes_a_record(caplog: pytest.LogCaptureFixture) -> None:
    stream = logs.ErrorLines(io.StringIO())
    print("a warning", file=stream)
    print("Traceback (most recent call last):\n  File x\nKeyError: 'y'", file=stream)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "a warning"),
        ("ERROR", "KeyError: 'y'"),
    ]
    assert caplog.records[1].exc_text == (
        "Traceback (most recent call last):\n  File x\nKeyError: 'y'"
    )


def test_a_log_that_cannot_be_written_does_not_run_in_circles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("gone")

    outer = io.StringIO()
    monkeypatch.setattr(sys, "stderr", logs.ErrorLines(outer))
    handler = logging.StreamHandler(Closed())
    logging.getLogger("stderr").addHandler(handler)

    print("a warning", file=sys.stderr)

    logging.getLogger("stderr").removeHandler(handler)
    assert "OSError: gone" in outer.getvalue()


def test_an_error_is_told_in_a_line_without_secrets() -> None:
    heard: list[str] = []
    logs.keep_out((SECRET,))
    logs.tell_errors_to(heard.append)
    log = logging.Logger("room")
    log.addHandler(logs.LastWords())

    log.warning("no error")
    log.error("torn\n by %s", SECRET)
    try:
        fail_with("fallen")
    except RuntimeError:
        log.exception("stumbled")

    assert heard == [f"torn by {logs.MASK}", "RuntimeError: fallen"]


def test_the_log_is_written_to_the_true_standard_error_however_often_it_is_set_up() -> None:
    again = (
        "import logging, logging.config, django; django.setup();"
        "from django.conf import settings; from studio import logs; logs.take_over_stderr();"
        "logging.config.dictConfig(settings.LOGGING); logging.getLogger('studio').error('once');"
        "logging.getLogger('django.request').error('twice')"
    )
    environment = {**os.environ, "STUDIO_LOG_FORMAT": "json"}
    environment["DJANGO_SETTINGS_MODULE"] = "studio.settings"

    done = subprocess.run(
        [sys.executable, "-c", again], env=environment, capture_output=True, text=True, check=True
    )

    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(one["logger"], one["message"]) for one in said] == [
        ("studio", "once"),
        ("django.request", "twice"),
    ]


@pytest.mark.parametrize("path", logs.PROBES)
def test_what_django_says_of_a_probe_is_dropped(path: str) -> None:
    record = logging.makeLogRecord({"request": RequestFactory().get(path)})
    other = logging.makeLogRecord({"request": RequestFactory().get("/jobs/")})

    assert not logs.Probes().filter(record)
    assert logs.Probes().filter(other)
    assert logs.Probes().filter(logging.makeLogRecord({}))


@pytest.mark.parametrize("name", ["django.db.backends", "httpx", "botocore.auth", "aiohttp.client"])
def test_at_debug_only_our_own_rooms_say_more(name: str) -> None:
    before = logging.getLogger("studio").level
    try:
        logging.config.dictConfig(
            {**logs.configuration("DEBUG", "JSON"), "root": {"level": "INFO"}}
        )

        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
        assert logging.getLogger("studio.engine.pump").isEnabledFor(logging.DEBUG)
    finally:
        logging.getLogger("studio").setLevel(before)
