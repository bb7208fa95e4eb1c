"""The parts of the supervisor, one by one. The real tree: tests/processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from studio.engine import drain, heartbeat, leases
from studio.engine.models import Heartbeat
from studio.engine.supervisor.child import how_it_ended
from studio.engine.supervisor.pulse import BEAT_EVERY, BEAT_LOST_AFTER, Pulse
from studio.engine.supervisor.watch import Watch, is_alive, relatives
from studio.queue import give_back, oldest_waiting
from tests.benchmarks._tree import ROOT, until
from tests.conftest import make_job


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    """A process with two children of its own."""
    parent = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60 & wait"], start_new_session=True)
    until(lambda: len(relatives(parent.pid)) == 2, within=5, what="two children")
    yield parent
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()


# Watching -----------------------------------------------------------------------------------------


def test_a_whole_cluster_gives_no_reason_to_complain(db, family, clock: Clock):
    watch = Watch(family.pid, clock)

    assert [watch.complaint(), watch.complaint()] == ["", ""]


def test_a_lost_process_is_a_reason_at_once(db, family, clock: Clock):
    watch = Watch(family.pid, clock)
    watch.complaint()
    lost = min(relatives(family.pid))

    os.kill(lost, signal.SIGKILL)
    until(lambda: not is_alive(lost), within=5, what="it is dead")

    assert watch.complaint() == f"lost its process {lost}"


@pytest.mark.promise(44)
def test_silence_is_a_reason_after_a_minute(db, family, clock: Clock):
    watch = Watch(family.pid, clock)
    clock.now += 59
    assert watch.complaint() == ""

    clock.now += 2

    assert watch.complaint() == "has shown no sign of life for 61 s"


def test_a_heartbeat_ends_the_silence_whatever_the_wall_clock_says(db, family, clock: Clock):
    watch = Watch(family.pid, clock)
    clock.now += 59
    Heartbeat.objects.create(name="workers", at=timezone.now() - timedelta(hours=1))

    watch.listen()

    clock.now += 59
    assert watch.complaint() == ""
    assert watch.has_begun


def test_a_pump_that_renews_its_lease_shows_a_sign_of_life(db):
    heartbeat.beat()
    begun = heartbeat.last_beat()

    leases.take(0)

    renewed = heartbeat.last_beat()
    assert begun is not None
    assert renewed is not None
    assert abs(renewed - timezone.now()) < timedelta(seconds=5)


def test_a_released_lease_is_no_sign_of_life(db):
    token = leases.take(0)
    heartbeat.beat()
    begun = Heartbeat.objects.get().at
    assert token

    leases.release(0, token)

    assert heartbeat.last_beat() == begun


# Asking -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_beats_are_asked_for_one_at_a_time(clock: Clock):
    pulse = Pulse(clock)

    for _ in range(3):
        pulse.ask_for_beat(None)
        clock.now += BEAT_EVERY + 1
    assert OrmQ.objects.count() == 1

    pulse.ask_for_beat(timezone.now())
    assert OrmQ.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_lost_beat_is_asked_for_again(clock: Clock):
    pulse = Pulse(clock)
    pulse.ask_for_beat(None)

    clock.now += BEAT_LOST_AFTER + 1
    pulse.ask_for_beat(None)

    assert OrmQ.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_pump_is_woken_when_work_waits_and_nobody_pumps(clock: Clock, bob):
    pulse = Pulse(clock)
    pulse.wake_pump()
    assert OrmQ.objects.count() == 0

    make_job(bob)
    clock.now += 4
    pulse.wake_pump()
    assert OrmQ.objects.get().func() == "studio.engine.tasks.pump"

    leases.take(0)
    clock.now += 60
    pulse.wake_pump()
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_waking_that_does_not_help_is_tried_more_rarely(clock: Clock, bob):
    pulse = Pulse(clock)
    make_job(bob)

    for _ in range(60):
        pulse.wake_pump()
        clock.now += 1

    assert 3 <= OrmQ.objects.count() <= 6


def test_what_a_dead_cluster_had_taken_is_given_back(db):
    later = timezone.now() + timedelta(hours=1)
    OrmQ.objects.create(key="darkroom", payload="", lock=later)
    assert oldest_waiting() is None

    give_back()

    assert oldest_waiting() is not None


# Ending -------------------------------------------------------------------------------------------


def test_the_drain_flag_comes_and_goes(settings, tmp_path: Path):
    settings.RUN_DIR = tmp_path
    assert not drain.is_draining()

    drain.begin()
    assert drain.is_draining()

    drain.end()
    drain.end()
    assert not drain.is_draining()


def test_an_end_is_told_in_words():
    assert how_it_ended(3) == "ended with status 3"
    assert how_it_ended(-signal.SIGKILL) == "was killed by SIGKILL"


NEVER_READY = """
import os, sys, django
django.setup()
from studio.engine.supervisor.child import Child
from studio.engine.supervisor.tree import Tree

class Broken(Child):
    is_ready = False

os.makedirs(os.path.join(os.environ["STUDIO_DATA_DIR"], "run"))
Tree([Broken("The web server", "broken", lambda: sys.exit(3))]).run()
"""


def test_a_part_that_never_comes_up_ends_the_start(tmp_path: Path):
    environment = {
        **os.environ,
        "STUDIO_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "studio.settings",
    }

    done = subprocess.run(
        [sys.executable, "-c", NEVER_READY],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr.count("The web server ended with status 3; started again in") == 4
    assert done.stderr.strip().endswith("The web server does not start; the lines above say why.")
