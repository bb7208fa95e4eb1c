"""/healthz tells whoever watches whether the studio works."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as project
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from studio.engine import health, heartbeat, leases
from studio.engine.models import Heartbeat
from studio.jobs.models import Submission
from tests.conftest import make_job

URL = "/healthz"


@pytest.fixture
def beating(db: None) -> None:
    """Workers that have just shown a sign of life."""
    heartbeat.beat()


def ask(client: Client) -> tuple[int, dict]:
    answer = client.get(URL)
    return answer.status_code, answer.json()


def age_all(seconds: int) -> None:
    Submission.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))


def test_all_is_well(client: Client, beating, settings):
    settings.STUDIO_MIN_FREE_MB = 1

    status, body = ask(client)

    assert reverse("healthz") == URL
    assert (status, body["status"], body["reasons"]) == (200, "ok", [])
    assert {check["status"] for check in body["checks"].values()} == {"ok"}
    assert list(body["checks"]) == ["database", "workers", "queue", "disk"]
    assert body["checks"]["workers"]["heartbeat_age_seconds"] <= 2
    assert body["checks"]["disk"]["least_mb"] == 1


def test_workers_that_never_started_are_a_reason(client: Client, db):
    status, body = ask(client)

    assert (status, body["status"]) == (503, "failing")
    assert body["reasons"] == ["The workers have not started yet."]


def test_silent_workers_are_a_reason(client: Client, db):
    Heartbeat.objects.create(name="workers", at=timezone.now() - timedelta(seconds=75))

    status, body = ask(client)

    assert status == 503
    assert body["checks"]["workers"] == {"status": "failing", "heartbeat_age_seconds": 75}
    assert body["reasons"] == ["The workers have shown no sign of life for 75 s."]


def test_a_heartbeat_from_the_future_is_just_now(client: Client, db):
    Heartbeat.objects.create(name="workers", at=timezone.now() + timedelta(hours=1))

    assert ask(client)[1]["checks"]["workers"]["heartbeat_age_seconds"] == 0


def test_messages_that_nobody_takes_are_a_reason(client: Client, beating):
    since = timezone.now() - timedelta(seconds=180)
    OrmQ.objects.create(key="darkroom", payload="", lock=since)

    status, body = ask(client)

    assert status == 503
    assert body["checks"]["queue"]["oldest_message_seconds"] == 180
    assert body["reasons"] == ["The workers are 180 s behind."]


def test_orders_that_nobody_looks_after_are_a_reason(client: Client, beating, bob):
    make_job(bob)
    age_all(180)

    status, body = ask(client)

    assert status == 503
    assert body["checks"]["queue"]["oldest_order_seconds"] == 180
    assert body["reasons"] == ["Orders have been waiting for 180 s."]


def test_orders_that_a_pump_looks_after_may_wait(client: Client, beating, bob):
    make_job(bob)
    age_all(180)
    leases.take(0)

    status, body = ask(client)

    assert (status, body["checks"]["queue"]["oldest_order_seconds"]) == (200, 180)


def test_too_little_disk_is_a_reason(client: Client, beating, settings):
    settings.STUDIO_MIN_FREE_MB = 10**9

    status, body = ask(client)

    assert status == 503
    assert body["checks"]["disk"]["status"] == "failing"
    assert "MB are free" in body["reasons"][0]


def test_a_data_folder_that_is_gone_is_a_reason(client: Client, beating, settings, tmp_path: Path):
    settings.STUDIO_DATA_DIR = tmp_path / "gone"

    status, body = ask(client)

    assert (status, body["reasons"]) == (503, ["The data folder cannot be read."])


def test_a_database_that_does_not_answer_is_a_reason(client: Client, beating):
    def refuse(*args: object) -> None:
        raise OperationalError("secret detail")

    with connection.execute_wrapper(refuse):
        status, body = ask(client)

    assert status == 503
    assert body["checks"]["database"] == {"status": "failing"}
    assert body["reasons"] == ["The database does not answer."]
    assert "secret detail" not in json.dumps(body)


def test_it_tells_no_paths_and_no_secrets(client: Client, beating):
    text = client.get(URL).content.decode()

    assert str(project.STUDIO_DATA_DIR) not in text
    assert project.SECRET_KEY not in text


def test_a_probe_every_second_is_no_news(client: Client, db, caplog: pytest.LogCaptureFixture):
    health._said.clear()
    caplog.set_level(logging.INFO, "studio")

    for _ in range(3):
        client.get(URL)
    heartbeat.beat()
    for _ in range(3):
        client.get(URL)

    said = [one.getMessage() for one in caplog.records if one.name == health.__name__]
    assert said == [
        "the studio is not well: The workers have not started yet.",
        "the studio is well again",
    ]


def test_that_it_answers_asks_nobody(client: Client):
    assert client.get("/livez").status_code == 204


def test_it_is_never_cached_and_reads_little(client, beating, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        answer = client.get(URL)

    assert "no-store" in answer["Cache-Control"]


def test_anybody_may_look_and_nobody_may_post(client: Client, as_bob: Client, beating):
    assert as_bob.get(URL).status_code == client.get(URL).status_code
    assert client.head(URL).status_code in (200, 503)
    assert client.post(URL).status_code == 405
