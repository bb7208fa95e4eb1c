"""The log: one line for each event, as text or as JSON, with ids as fields and without secrets.

Whatever is written passes here last: secrets that this process has seen are taken out wherever
they stand, in messages, fields and traces. What was being worked on when a line was written stands
in its fields: `with about(submission=…)`.
"""

from __future__ import annotations

import io
import logging
import re
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TextIO

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

MASK = "…"
MOST_SECRETS = 256
SHORTEST_SECRET = 8  # what is shorter stands in half of all words
PROBES = ("/healthz", "/livez", "/metrics")
IDS = ("job", "submission", "image", "reference", "key", "shard", "lane")
# Attributes that others hang on records: requests, and what databases were asked.
UNSAID = ("request", "params", "sql", "server_time", "alias")
# Addresses and headers of calls may stand in what these say.
QUIET: tuple[str, ...] = ("httpx", "httpcore", "aiohttp", "asyncio", "urllib3", "redis", "PIL")
QUIET += ("boto3", "botocore", "s3transfer", "django-q")

# What gives itself away, whoever made it: signed parts of addresses, passwords in them, headers,
# and links that let somebody in.
TELLTALES = re.compile(
    r"(?i)((?:[?&](?:x-amz-[a-z-]+|sig|signature|token|key|secret|password)=)"
    r"|(?:\b(?:bearer|basic)\s+)"
    r"|(?:\b(?:authorization|cookie|x-api-key|api[_-]?key)['\"]?\s*[:=]\s*['\"]?))"
    r"(?!bearer|basic)[^&\s'\"<>]{6,}"
)
PASSWORDS = re.compile(r"(://[^/\s:@]*:)[^@/\s]+(?=@)")
LINKS = re.compile(r"(?<=/)(?![0-9a-f]{64}\b)[A-Za-z0-9_.=-]{40,}")

_about: ContextVar[MappingProxyType[str, str]] = ContextVar("about")
_secrets: OrderedDict[tuple[str, ...], None] = OrderedDict()
_process = ["darkroom"]
_hearers: list[Callable[[str], None]] = []


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Every line that is written meanwhile says what it is about."""
    before = _about.get(MappingProxyType({}))
    token = _about.set(MappingProxyType({**before, **{k: str(v) for k, v in ids.items()}}))
    try:
        yield
    finally:
        _about.reset(token)


def name_process(name: str) -> None:
    """What the lines of this process, and of those forked from it, say it is."""
    _process[0] = name


def keep_out(forms: tuple[str, ...]) -> None:
    """Never write any of these: a secret that is about to be used, in all its encodings."""
    forms = tuple(form for form in forms if len(form) >= SHORTEST_SECRET)
    _secrets[forms] = None
    _secrets.move_to_end(forms)
    while len(_secrets) > MOST_SECRETS:
        _secrets.popitem(last=False)


def scrub(text: str) -> str:
    """The text without secrets."""
    for forms in list(_secrets):
        for form in forms:
            if form in text:
                text = text.replace(form, MASK)
    text = TELLTALES.sub(rf"\1{MASK}", text)
    return LINKS.sub(MASK, PASSWORDS.sub(rf"\1{MASK}", text))


def ids_of(record: logging.LogRecord) -> dict[str, str]:
    """What a record is about: as its logger said, else as the surroundings do."""
    own = {name: str(getattr(record, name)) for name in IDS if hasattr(record, name)}
    return {**_about.get(MappingProxyType({})), **own}


class TextLine(logging.Formatter):
    """For people: time, level, logger, message, ids."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        ids = "".join(f" {name}={value}" for name, value in ids_of(record).items())
        return super().formatMessage(record) + ids

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class JsonLine(JsonFormatter):
    """For machines: one object for each line. The trace of an error is a field."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={
                "levelname": "level",
                "name": "logger",
                "exc_info": "exception",
                "stack_info": "stack",
            },
            reserved_attrs=[*RESERVED_ATTRS, *UNSAID],
            json_ensure_ascii=False,
        )

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        at = datetime.fromtimestamp(record.created, tz=UTC)
        log_data["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        super().add_fields(log_data, record, message_dict)
        log_data.update(process=_process[0], pid=record.process, **ids_of(record))

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: _sayable(value) for name, value in log_data.items()}


def _sayable(value: object) -> object:
    is_plain = value is None or isinstance(value, bool | int | float)
    return value if is_plain else scrub(str(value))


class Probes(logging.Filter):
    """Drops what Django says of each answer of a probe: the probe itself says it once."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return path not in PROBES


class LastWords(logging.Handler):
    """Hands each error, in a line, to whoever asked for it: should this process die of it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        words = f"{type(error).__name__}: {error}" if error else record.getMessage()
        for hear in _hearers:
            hear(scrub(" ".join(words.split())))


def tell_errors_to(hear: Callable[[str], None]) -> None:
    """From here on, in this process and those forked from it."""
    _hearers[:] = [hear]


class ErrorLines(io.TextIOBase):
    """Standard error for code that does not log: lines become records, a trace becomes one."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.log = logging.getLogger("stderr")
        self.rest = ""
        self.trace: list[str] = []
        self.busy = threading.local()

    def fileno(self) -> int:
        return self.stream.fileno()

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        self.stream.flush()

    def write(self, text: str) -> int:
        if getattr(self.busy, "is_writing", False):  # the log itself has something to complain of
            return self.stream.write(scrub(text))
        self.busy.is_writing = True
        try:
            *lines, self.rest = (self.rest + text).split("\n")
            for line in lines:
                self._take(line)
        finally:
            self.busy.is_writing = False
        return len(text)

    def _take(self, line: str) -> None:
        if line.startswith("Traceback (most recent call last)"):
            self.trace = [line]
        elif self.trace and line.startswith(" "):
            self.trace.append(line)
        elif self.trace:
            self._tell(logging.ERROR, line, "\n".join([*self.trace, line]))
            self.trace = []
        elif line.strip():
            self._tell(logging.WARNING, line.rstrip())

    def _tell(self, level: int, message: str, trace: str | None = None) -> None:
        record = self.log.makeRecord("stderr", level, "", 0, message, (), None)
        record.exc_text = trace
        self.log.handle(record)


def take_over_stderr() -> None:
    """From here on what this process prints as an error goes the way of the log."""
    if not isinstance(sys.stderr, ErrorLines):
        sys.stderr = ErrorLines(sys.stderr)


def configuration(level: str, style: str) -> dict[str, Any]:
    """Django's LOGGING. style: TEXT or JSON.

    Only our own rooms ever say more than INFO: what others say at DEBUG may hold secrets.
    """
    others = "INFO" if level == "DEBUG" else level
    formatter = JsonLine if style == "JSON" else TextLine
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{formatter.__name__}"}},
        "filters": {"probes": {"()": f"{__name__}.{Probes.__name__}"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.__stderr__",  # whatever stands in its place by then
            },
            "last words": {"()": f"{__name__}.{LastWords.__name__}"},
        },
        "root": {"handlers": ["console", "last words"], "level": others},
        "loggers": {
            "studio": {"level": level},
            "django": {"handlers": [], "level": others, "propagate": True},
            "django.request": {"filters": ["probes"]},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            **{name: {"level": "WARNING"} for name in QUIET},
        },
    }
