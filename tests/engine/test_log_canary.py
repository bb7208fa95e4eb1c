"""A key that is sent stands in no line of the log, whatever goes wrong and whoever logs it."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from studio.engine.errors import AnswerLost, NeverSent
from studio.jobs.models import Job
from studio.logs import JsonLine, TextLine
from studio.providers.calls import Response
from tests.conftest import make_job, make_key
from tests.engine.crew import Step, live

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise(29)]

CANARY = "sk+canary/79=Zq:0123456789&abcdefgh"
FORMS = [
    CANARY,
    CANARY[:-4],
    quote(CANARY, safe=""),
    base64.b64encode(CANARY.encode()).decode()[:-2],
]


@pytest.fixture(params=[JsonLine, TextLine])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that everybody says at DEBUG, as it is written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "studio", "asyncio", "aiohttp")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def job(bob) -> Job:
    key = make_key(bob)
    key.set_secret(CANARY)
    return make_job(bob, key)


def says(status: int, words: str) -> Response:
    body = {"error": {"code": "x", "message": words, "type": words}}
    return Response(status=status, body=json.dumps(body).encode())


ENDS: dict[str, list[Step]] = {
    "refused": [says(400, f"no: {CANARY}")],
    "unreadable": [Response(status=200, body=f"<p>{CANARY}</p>".encode())],
    "lost": [AnswerLost()],
    "unforeseen": [KeyError(f"header Bearer {CANARY}")],
    "encoded": [ValueError(quote(CANARY, safe=""))],
    "never sent": [NeverSent()],
}


@pytest.mark.parametrize("end", ENDS)
def test_no_line_holds_the_key_that_was_sent(job: Job, log: io.StringIO, end: str):
    try:
        live(job, *ENDS[end])
    except (KeyError, ValueError):
        logging.getLogger("django-q").exception("Failed 'pump'")
    logging.getLogger("aiohttp.client").debug("sent %s", {"Authorization": f"Bearer {CANARY}"})

    text = log.getvalue()
    assert text.count("\n") >= 1
    assert [form for form in FORMS if form in text] == []
