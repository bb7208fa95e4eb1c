"""What providers call: who is believed, what it changes, and how little it takes to answer."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django_q.models import OrmQ

from studio.engine import hints
from studio.engine.claims import hear
from studio.engine.hooks import MAX_BODY
from studio.jobs.models import Decision, Job, Submission
from studio.vault.models import ProviderKey, WebhookSecret
from tests.conftest import make_job, make_key
from tests.engine.hooking import PUBLIC, SIGNING, event, plus_key, running, signed

pytestmark = pytest.mark.django_db(transaction=True)

TICKET = {"generation_id": "gen_1"}
TASK = {"task_id": "task_1"}
TOLD = json.dumps({"code": 200, "data": {"taskId": "task_1", "status": "completed"}}).encode()


@pytest.fixture(autouse=True)
def _public(settings):
    settings.STUDIO_PUBLIC_URL = PUBLIC


@pytest.fixture
def key(bob) -> ProviderKey:
    return plus_key(bob)


@pytest.fixture
def row(key) -> Submission:
    return running(key, TICKET)


@pytest.fixture
def called(bob) -> Submission:
    """An order that is told of by a call to its own address."""
    return running(make_key(bob, provider="apimodels"), TASK, model="gpt-image-2-all")


def post(path: str, body: bytes, headers: dict[str, str] | None = None) -> HttpResponse:
    client = Client(enforce_csrf_checks=True)
    return client.post(path, body, content_type="application/json", headers=headers or {})


def deliver(key: ProviderKey, body: bytes, headers: dict[str, str] | None = None) -> int:
    path = f"/hooks/gptimage2plus/{key.uid}"
    return post(path, body, signed(body) if headers is None else headers).status_code


def address(submission: Submission) -> str:
    url = hints.callback_url(submission)
    assert url.startswith(f"{PUBLIC}/hooks/apimodels/")
    return url.removeprefix(PUBLIC)


def facts() -> list[Any]:
    """All that a webhook could change."""
    return [
        *Submission.objects.order_by("pk").values(),
        *Job.objects.values(),
        OrmQ.objects.count(),
    ]


def is_poked(submission: Submission) -> bool:
    return Submission.objects.poked().filter(pk=submission.pk).exists()


# Signed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["generation.succeeded", "generation.failed"])
def test_a_signed_webhook_asks_for_a_poll_and_changes_nothing_else(key, row, kind):
    other = running(key, {"generation_id": "gen_2"})
    before = Submission.objects.values().get(pk=row.pk)

    status = deliver(key, event("gen_1", kind))

    after = Submission.objects.values().get(pk=row.pk)
    changed = {name for name in after if after[name] != before[name]}
    assert (status, changed) == (204, {"poked_at", "poked_by"})
    assert (is_poked(row), is_poked(other)) == (True, False)
    assert OrmQ.objects.get().func() == "studio.engine.tasks.pump"


@pytest.mark.promise(18)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Gptimg-Signature": ""},
        {"X-Gptimg-Signature": "0" * 64},
        {"X-Gptimg-Signature": "é"},
        signed(event("gen_1"), "whsec_another"),
        signed(event("gen_1"), ""),
        signed(event("gen_2")),
    ],
    ids=["unsigned", "empty", "zeros", "not ASCII", "forged", "empty secret", "another body"],
)
def test_a_webhook_that_is_not_signed_with_the_secret_changes_nothing(key, row, headers):
    before = facts()

    assert deliver(key, event("gen_1"), headers) == 401
    assert facts() == before


@pytest.mark.promise(18)
def test_one_changed_byte_changes_nothing(key, row):
    body, before = event("gen_1"), facts()

    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        assert deliver(key, bytes(changed), signed(body)) == 401

    assert facts() == before


@pytest.mark.promise(18)
@pytest.mark.parametrize("secret", ["", " ", SIGNING])
def test_without_a_stored_secret_nothing_is_believed(key, row, secret):
    WebhookSecret.objects.all().delete()
    before, body = facts(), event("gen_1")

    assert deliver(key, body, signed(body, secret)) == 404
    assert facts() == before


@pytest.mark.promise(18)
def test_a_key_speaks_for_its_own_orders_only(bob, charlie, key, row):
    other = plus_key(charlie)
    WebhookSecret.objects.keep(other, "whsec_of_charlie")
    before, body = facts(), event("gen_1")

    answers = [deliver(other, body, signed(body, "whsec_of_charlie")), deliver(other, body)]

    assert answers == [204, 401]
    assert facts() == before


@pytest.mark.promise(18)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"data": {"generationId": 7}}'])
def test_a_signed_webhook_about_nothing_changes_nothing(key, row, body):
    before = facts()

    assert deliver(key, body) == 204
    assert facts() == before


def test_what_has_ended_or_is_not_ours_is_let_be(key, row):
    row.cancel(by="Bob")
    before = facts()

    assert [deliver(key, event(name)) for name in ("gen_1", "gen_9")] == [204, 204]
    assert facts() == before


def test_a_deleted_key_believes_nothing(key, row):
    key.delete_softly()

    assert deliver(key, event("gen_1")) == 404


def test_a_secret_that_cannot_be_opened_is_our_fault(key, row):
    WebhookSecret.objects.update(sealed=b"\x01broken")
    before = facts()

    assert deliver(key, event("gen_1")) == 503
    assert facts() == before


# To an address that nobody can guess ------------------------------------------------------------


@pytest.mark.parametrize("body", [TOLD, b'{"taskId": "task_1"}', b"", b"<html>"])
def test_a_call_to_the_address_of_an_order_asks_for_a_poll(called, body):
    assert post(address(called), body).status_code == 204
    assert is_poked(called)


@pytest.mark.promise(18)
def test_the_address_is_not_to_be_guessed(called, bob):
    other = running(make_key(bob, provider="apimodels"), TASK, model="gpt-image-2-all")
    path, before = address(called), facts()
    name, signature = path.rsplit("/", 1)[1].split(".")

    guesses = [
        f"{name}.{'A' * len(signature)}",
        f"{name}.{address(other).rsplit('.', 1)[1]}",
        f"{name}.",
        f"{name}.{signature[:-1]}",
        str(called.pk),
        str(uuid4()),
        "x",
        *(
            f"{name}.{signature[:n]}{'_' if signature[n] == '-' else '-'}{signature[n + 1 :]}"
            for n in range(len(signature) - 1)
        ),
    ]

    assert len(signature) * 6 >= 128
    assert {post(f"/hooks/apimodels/{guess}", TOLD).status_code for guess in guesses} == {404}
    assert post(path.replace("apimodels", "gptimage2plus"), TOLD).status_code == 404
    assert facts() == before


@pytest.mark.promise(18)
def test_a_call_about_another_task_changes_nothing(called):
    before = facts()

    assert post(address(called), TOLD.replace(b"task_1", b"task_2")).status_code == 204
    assert facts() == before


def test_a_call_finds_an_order_whose_answer_was_lost(bob):
    key = make_key(bob, provider="apimodels")
    row = make_job(bob, key, model="gpt-image-2-all").submissions.get()
    claim = uuid4()
    row.take(claim)
    row.mark_sent(claim, "a" * 64)
    row.lose_track("answer_lost")

    assert post(address(row), b"{}").status_code == 204
    lost = Submission.objects.get(pk=row.pk).status
    assert post(address(row), TOLD).status_code == 204

    found = Submission.objects.get(pk=row.pk)
    assert (lost, found.status, found.ticket) == ("unknown", "running", TASK)
    assert Job.objects.get(pk=row.job_id).status == "running"
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize("decision", [Decision.CHARGED, Decision.NOT_CHARGED])
def test_a_call_is_heard_after_a_person_has_decided_and_its_pictures_count(bob, decision):
    key = make_key(bob, provider="apimodels")
    row = make_job(bob, key, model="gpt-image-2-all").submissions.get()
    Submission.objects.filter(pk=row.pk).update(status="unknown")
    row.decide(decision, by=bob)
    ended = Submission.objects.get(pk=row.pk).status

    for _ in range(2):
        assert post(address(row), TOLD).status_code == 204

    found = Submission.objects.get(pk=row.pk)
    assert (ended, found.status, found.ticket, found.decision) == (
        "failed",
        "running",
        TASK,
        decision,
    )
    assert list(row.job.events.values_list("kind", flat=True)) == [decision, "answered_late"]


def test_an_order_just_going_out_waits_for_its_own_answer(bob):
    row = make_job(bob, make_key(bob, provider="apimodels")).submissions.get()
    row.take(uuid4())
    before = facts()

    assert post(address(row), TOLD).status_code == 204
    assert facts() == before


# Both -------------------------------------------------------------------------------------------


@pytest.mark.promise(19)
def test_a_thousand_replays_under_new_delivery_ids_are_one_hint(key, row):
    body = event("gen_1")
    deliver(key, body)
    heard_once = hear(0, [row.pk])
    before = facts()

    answers = {deliver(key, body) for _ in range(1000)}

    assert (heard_once, answers) == ([row.pk], {204})
    assert facts() == before
    assert hear(0, [row.pk]) == []


@pytest.mark.promise(19)
def test_many_sayings_wait_for_the_engine_as_one(called):
    for number in range(50):
        post(address(called), json.dumps({"taskId": "task_1", "n": number}).encode())

    assert OrmQ.objects.count() == 1
    assert hear(0, [called.pk]) == [called.pk]
    assert not is_poked(called)


def test_a_hint_waits_for_a_life_that_can_hear_it(called):
    post(address(called), TOLD)

    assert hear(0, []) == []
    assert is_poked(called)


@pytest.mark.promise(20)
def test_an_answer_takes_three_queries_and_no_worker(key, row, called, django_assert_num_queries):
    body, path = event("gen_1"), address(called)

    with django_assert_num_queries(3):  # the secret, the row, the message
        assert deliver(key, body) == 204
    with django_assert_num_queries(2):  # the secret; the row says that it knows
        assert deliver(key, body) == 204
    with django_assert_num_queries(2):  # the row, the message
        assert post(path, TOLD).status_code == 204
    with django_assert_num_queries(0):
        assert post(f"{path}x", TOLD).status_code == 404


def test_a_body_has_a_limit(key, row):
    fits = event("gen_1").ljust(MAX_BODY)

    assert deliver(key, fits + b" ") == 413
    assert not is_poked(row)
    assert deliver(key, fits) == 204
    assert is_poked(row)


def test_without_a_public_address_there_are_no_webhooks(key, row, called, settings):
    path = address(called)
    settings.STUDIO_PUBLIC_URL = ""

    assert deliver(key, event("gen_1")) == 404
    assert post(path, TOLD).status_code == 404
    assert hints.callback_url(called) == ""


@pytest.mark.parametrize("provider", ["apimart", "chatgpt2api", "aigptimage", "gptimage2plus"])
def test_only_who_calls_back_is_given_an_address(bob, provider):
    row = make_job(bob, make_key(bob, provider=provider)).submissions.get()

    assert hints.callback_url(row) == ""


@pytest.mark.parametrize("provider", ["apimart", "apimodels", "nobody"])
def test_who_does_not_sign_has_no_address_for_it(key, row, provider):
    body = event("gen_1")

    assert post(f"/hooks/{provider}/{key.uid}", body, signed(body)).status_code == 404
