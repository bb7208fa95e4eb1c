"""Housekeeping takes what is over, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessFailureLog
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task
from django_q.scheduler import scheduler

from studio.accounts.models import Invitation
from studio.engine import calendar
from studio.engine.models import Heartbeat
from studio.queue import keep_schedules, queue_of
from studio.upkeep import sweeps

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def ago(period: timedelta) -> Any:
    return timezone.now() - period


def session(expires: timedelta) -> Session:
    return Session.objects.create(
        session_key=uuid4().hex, session_data="", expire_date=timezone.now() + expires
    )


def attempt(period: timedelta) -> AccessFailureLog:
    row = AccessFailureLog.objects.create(username="a", user_agent="", http_accept="", path_info="")
    AccessFailureLog.objects.filter(pk=row.pk).update(attempt_time=ago(period))
    return row


def invitation(alice: Any, **fields: Any) -> Invitation:
    return Invitation.objects.create(invited_by=alice, token_hash=uuid4().hex, **fields)


def task(period: timedelta, *, success: bool) -> Task:
    at = ago(period)
    facts = {"name": "x", "func": "x", "started": at, "stopped": at}
    return Task.objects.create(id=uuid4().hex, success=success, **facts)


Pair = tuple[Any, Any]
OVER: dict[str, Callable[[Any], Pair]] = {
    "sessions": lambda alice: (session(-HOUR), session(HOUR)),
    "tries": lambda alice: (attempt(2 * DAY), attempt(HOUR)),
    "expired invitations": lambda alice: (
        invitation(alice, expires_at=ago(31 * DAY)),
        invitation(alice, expires_at=ago(DAY)),
    ),
    "revoked invitations": lambda alice: (
        invitation(alice, revoked_at=ago(31 * DAY)),
        invitation(alice, revoked_at=ago(DAY)),
    ),
    "accepted invitations": lambda alice: (
        invitation(alice, expires_at=ago(31 * DAY)),
        invitation(alice, expires_at=ago(31 * DAY), accepted_at=ago(35 * DAY)),
    ),
    "signs of life": lambda alice: (
        Heartbeat.objects.create(name="old", at=ago(2 * DAY)),
        Heartbeat.objects.create(name="new", at=ago(HOUR)),
    ),
    "failures": lambda alice: (task(15 * DAY, success=False), task(13 * DAY, success=False)),
    "successes": lambda alice: (task(2 * DAY, success=True), task(HOUR, success=True)),
    "messages": lambda alice: (
        OrmQ.objects.create(key="darkroom", payload="", lock=ago(2 * DAY)),
        OrmQ.objects.create(key="darkroom", payload="", lock=ago(HOUR)),
    ),
}


@pytest.mark.parametrize("what", OVER)
def test_what_is_over_goes_and_what_is_not_stays(alice, what: str):
    over, kept = OVER[what](alice)

    sweeps.rows()

    assert not type(over).objects.filter(pk=over.pk).exists()
    assert type(kept).objects.filter(pk=kept.pk).exists()


def test_it_removes_in_batches_and_says_so(db, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "studio")
    at = ago(HOUR)
    Session.objects.bulk_create(
        Session(session_key=f"{number:032}", session_data="", expire_date=at)
        for number in range(sweeps.BATCH + 1)
    )

    sweeps.rows()

    assert Session.objects.count() == 0
    assert "removed 501 sessions" in caplog.text


def test_when_nothing_is_over_it_says_nothing(db, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "studio")

    sweeps.rows()
    sweeps.files()
    sweeps.count()

    assert "removed" not in caplog.text


# When ---------------------------------------------------------------------------------------------


def test_the_calendar_names_tasks_that_there_are(db):
    calendar.keep()

    assert set(Schedule.objects.values_list("func", "minutes")) == {
        (f"{sweeps.__name__}.{sweeps.count.__name__}", 1),
        (f"{sweeps.__name__}.{sweeps.rows.__name__}", 60),
        (f"{sweeps.__name__}.{sweeps.files.__name__}", 60),
    }


def test_a_second_start_leaves_the_schedules_as_they_are(db):
    calendar.keep()
    Schedule.objects.update(next_run=timezone.now() + timedelta(minutes=17))
    before = list(Schedule.objects.order_by("pk").values())

    calendar.keep()

    assert list(Schedule.objects.order_by("pk").values()) == before


def test_what_is_no_longer_planned_goes_and_what_is_planned_anew_changes(db):
    keep_schedules({"a.task": 5, "another.task": 5})

    keep_schedules({"a.task": 10})

    assert list(Schedule.objects.values_list("name", "minutes", "cluster")) == [
        ("a.task", 10, queue_of("default"))
    ]


@pytest.mark.django_db(transaction=True)
def test_two_clusters_that_look_at_once_run_it_once():
    keep_schedules({"studio.upkeep.sweeps.count": 1})
    Schedule.objects.update(next_run=ago(HOUR))
    both = Barrier(2)

    def look() -> None:
        both.wait(5)
        scheduler()
        connection.close()

    threads = [Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert OrmQ.objects.count() == 1
    assert Schedule.objects.get().next_run > timezone.now()
