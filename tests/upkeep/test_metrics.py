"""/metrics: what it says, to whom, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from studio.accounts.models import User
from studio.engine import hold, tally
from studio.engine.models import Heartbeat, Reason
from studio.jobs.models import Submission
from studio.jobs.models.job import Kind
from tests.conftest import make_job, make_key, signed_in

URL = "/metrics"
TOKEN = "a-token-that-nobody-guesses"


def values(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Sample → values of its labels → value, as Prometheus reads them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in parse(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def ask(client: Client) -> dict[str, dict[tuple[str, ...], float]]:
    response = client.get(URL)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return values(response.content.decode())


# Who ----------------------------------------------------------------------------------------------


@pytest.mark.promise(34)
def test_an_admin_may_look_and_a_member_may_not(as_alice: Client, as_bob: Client):
    assert as_alice.get(URL).status_code == 200
    assert as_bob.get(URL).status_code == 401
    assert as_alice.post(URL).status_code == 405


@pytest.mark.promise(34)
def test_a_stranger_and_a_disabled_admin_may_not(alice: User):
    client = signed_in(alice)
    User.objects.filter(pk=alice.pk).update(is_disabled=True)

    for one in (client, Client()):
        response = one.get(URL)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        assert b"darkroom_" not in response.content


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {TOKEN} ", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer é", 401),
        ("Bearer ", 401),
        ("", 401),
    ],
)
def test_the_token_opens_it(db, settings, header: str, status: int):
    settings.STUDIO_METRICS_TOKEN = TOKEN

    assert Client().get(URL, headers={"Authorization": header}).status_code == status


def test_without_the_setting_no_token_is_right(db):
    assert Client().get(URL, headers={"Authorization": "Bearer "}).status_code == 401


# What ---------------------------------------------------------------------------------------------


def test_submissions_by_state_and_provider_and_how_old_the_oldest_is(as_alice: Client, bob):
    key = make_key(bob)
    for _ in range(2):
        make_job(bob, key)
    make_job(bob, make_key(bob, provider="apimodels"))
    Submission.objects.update(created_at=timezone.now() - timedelta(seconds=90))
    Submission.objects.filter(job__provider="apimodels").update(status="unknown")
    make_job(bob, key).submissions.update(status="succeeded")

    found = ask(as_alice)

    assert found["darkroom_submissions"] == {
        ("apimart", "queued"): 2,
        ("apimodels", "unknown"): 1,
    }
    assert 90 <= found["darkroom_submissions_age_seconds"]["apimart", "queued"] < 100


def test_what_happened_since_the_beginning(as_alice: Client, bob):
    job = make_job(bob)
    job.note(Kind.PLACED)
    job.note(Kind.PROVIDER_DONE, seconds=12.5, pictures=1)
    job.note(Kind.ARCHIVED, pictures=1, bytes=2048)
    job.note(Kind.FAILED, reason="bad_order")

    found = ask(as_alice)

    assert found["darkroom_orders_total"] == {("apimart",): 1}
    assert found["darkroom_submissions_ended_total"] == {
        ("apimart", "succeeded"): 1,
        ("apimart", "failed"): 1,
    }
    assert found["darkroom_errors_total"] == {("bad_order", "apimart"): 1}
    assert found["darkroom_pictures_saved_total"] == {("apimart",): 1}
    assert found["darkroom_saved_bytes_total"] == {("apimart",): 2048}
    buckets = found["darkroom_submission_seconds_bucket"]
    assert (buckets["10.0", "apimart"], buckets["20.0", "apimart"]) == (0, 1)
    assert buckets["+Inf", "apimart"] == 1
    assert found["darkroom_submission_seconds_sum"]["apimart",] == 12.5
    assert found["darkroom_submission_seconds_count"]["apimart",] == 1


def test_pumps_queues_keys_and_the_machine(as_alice: Client, bob, settings):
    report = {"seconds": 4.0, "in_flight": 7, "calls_out": 2, "polls": 30, "sent": 5}
    lags = {"lag_p50": 0.01, "lag_p95": 0.2, "lag_max": None}
    tally.write(0, polls_per_second=7.5, **report, **lags)
    Heartbeat.objects.create(name="workers", at=timezone.now() - timedelta(seconds=30))
    OrmQ.objects.create(key="darkroom", payload="", lock=timezone.now() - timedelta(seconds=40))
    make_key(bob, is_paused=True)
    make_key(bob)
    hold.begin(Reason.PAUSED, by="alice")

    found = ask(as_alice)

    assert found["darkroom_pump_in_flight"] == {("0",): 7}
    assert found["darkroom_pump_polls_total"] == {("0",): 30}
    assert found["darkroom_poll_lag_seconds"] == {
        ("0.5", "0"): 0.01,
        ("0.95", "0"): 0.2,
        ("1", "0"): 0.0,
    }
    assert 30 <= found["darkroom_heartbeat_age_seconds"]["workers",] < 40
    assert 40 <= found["darkroom_queue_age_seconds"]["all",] < 50
    assert found["darkroom_keys"] == {("apimart", "paused"): 1, ("apimart", "ready"): 1}
    assert found["darkroom_on_hold"] == {(): 1}
    assert found["darkroom_disk_free_bytes"][()] > 0
    assert found["darkroom_disk_least_bytes"] == {(): settings.STUDIO_MIN_FREE_MB * 2**20}
    assert list(found["darkroom_build_info"].values()) == [1]


def test_who_is_no_longer_expected_is_not_told_of(as_alice: Client):
    Heartbeat.objects.create(name="media", at=timezone.now())
    facts = {"seconds": 1.0, "polls": 0, "sent": 0, "polls_per_second": 0.0}
    tally.write(1, **facts, lag_p50=None, lag_p95=None, lag_max=None)

    found = ask(as_alice)

    assert "darkroom_heartbeat_age_seconds" not in found
    assert "darkroom_pump_in_flight" not in found


def test_each_lane_has_its_own_queue_when_they_are_split(as_alice: Client, settings):
    settings.STUDIO_LANES = "SPLIT"

    assert set(ask(as_alice)["darkroom_queue_age_seconds"]) == {
        ("engine",),
        ("media",),
        ("default",),
    }


def test_it_speaks_openmetrics_to_whoever_asks_for_it(as_alice: Client):
    response = as_alice.get(URL, headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert any(family.name == "darkroom_build" for family in parse_open(response.content.decode()))


# At what price ------------------------------------------------------------------------------------


def test_a_look_costs_ten_queries_however_much_there_is(
    db, settings, bob, django_assert_max_num_queries
):
    settings.STUDIO_METRICS_TOKEN = TOKEN
    for _ in range(5):
        make_job(bob).note(Kind.PLACED)

    with django_assert_max_num_queries(10):
        Client().get(URL, headers={"Authorization": f"Bearer {TOKEN}"})
