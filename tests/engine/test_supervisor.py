"""The parts of the supervisor, one by one. The real tree: tests/processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from studio.engine import drain, heartbeat, leases
from studio.engine.board import Board, Branch, Business, beating, join, ours
from studio.engine.models import Heartbeat
from studio.engine.supervisor.child import how_it_ended
from studio.engine.supervisor.pulse import (
    BEAT_EVERY,
    BEAT_LOST_AFTER,
    BEAT_WENT_ELSEWHERE,
    Pulse,
)
from studio.engine.supervisor.watch import Complaint, Watch, is_alive, relatives
from studio.queue import give_back, oldest_waiting, queue_of
from tests.benchmarks._tree import ROOT, until
from tests.conftest import make_job


class Clock:
    """Seconds that pass when told to."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class BusyBoard(Board):
    """Says what it was told of each process."""

    def __init__(self, business: dict[int, Business]) -> None:
        super().__init__()
        self.business = business

    def business_of(self, pid: int) -> Business | None:
        return self.business.get(pid)


@pytest.fixture(autouse=True)
def no_branch() -> Iterator[None]:
    """Whatever a test joins, the next one finds this process on its own."""
    before = (Branch.board, Branch.name)
    yield
    join(*before)
    ours().clear()


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


@pytest.fixture
def board() -> Board:
    return Board()


# Watching -----------------------------------------------------------------------------------------


def test_a_whole_cluster_gives_no_reason_to_complain(family, board: Board, clock: Clock):
    watch = Watch(family.pid, board, clock)

    assert [watch.complaint(), watch.complaint()] == [None, None]


def test_a_lost_process_is_a_reason_at_once(family, board: Board, clock: Clock):
    watch = Watch(family.pid, board, clock)
    watch.complaint()
    lost = min(relatives(family.pid))

    os.kill(lost, signal.SIGKILL)
    until(lambda: not is_alive(lost), within=5, what="it is dead")

    assert watch.complaint() == Complaint(f"lost its process {lost}", frozenset())


BUSY = """
import os, sys
from studio.engine.board import Board
board = Board()
if (child := os.fork()) == 0:
    with board.busy_with("image 17"):
        os.kill(os.getpid(), 9)
os.waitpid(child, 0)
print(board.business_of(child).what, board.business_of(os.getpid()))
"""


def test_what_a_dead_process_was_busy_with_can_still_be_read():
    done = subprocess.run([sys.executable, "-c", BUSY], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.split() == ["image", "17", "None"]


def test_a_lost_process_is_named_with_its_business(family, board: Board, clock: Clock):
    lost = min(relatives(family.pid))
    watch = Watch(family.pid, BusyBoard({lost: Business("image 17", 0.0)}), clock)
    watch.complaint()

    os.kill(lost, signal.SIGKILL)
    until(lambda: not is_alive(lost), within=5, what="it is dead")

    found = watch.complaint()
    assert found
    assert found.fault == f"lost its process {lost}, which was busy with image 17,"
    assert found.suspects == {"image 17"}


@pytest.mark.promise(44)
def test_silence_is_a_reason_after_a_minute(family, board: Board, clock: Clock):
    watch = Watch(family.pid, board, clock)
    clock.now += 59
    assert watch.complaint() is None

    clock.now += 2

    assert watch.complaint() == Complaint("has shown no sign of life for 61 s", frozenset())


def test_who_is_silent_is_suspected_of_what_it_has_long_been_busy_with(family, clock: Clock):
    old, new = sorted(relatives(family.pid))
    business = {old: Business("submission x", clock.now), new: Business("image 9", clock.now + 60)}
    watch = Watch(family.pid, BusyBoard(business), clock)
    watch.complaint()

    clock.now += 61

    found = watch.complaint()
    assert found
    assert found.suspects == {"submission x"}


def test_a_sign_of_life_ends_the_silence_whatever_the_wall_clock_says(db, family, board: Board):
    clock = Clock(monotonic())
    watch = Watch(family.pid, board, clock)
    assert not watch.has_begun
    clock.now += 59

    join(board, "workers")
    heartbeat.beat()

    assert watch.has_begun
    assert watch.complaint() is None


def test_a_pump_that_renews_its_lease_shows_a_sign_of_life(db):
    heartbeat.beat()
    begun = heartbeat.last_beat()
    ours().clear()

    token = leases.take(0)
    assert token
    leases.renew(0, token)

    renewed = heartbeat.last_beat()
    assert begun is not None
    assert renewed is not None
    assert abs(renewed - timezone.now()) < timedelta(seconds=5)
    assert ours().beaten_at > 0


def test_a_released_lease_is_no_sign_of_life(db):
    token = leases.take(0)
    heartbeat.beat()
    begun = Heartbeat.objects.get().at
    assert token

    leases.release(0, token)

    assert heartbeat.last_beat() == begun


def test_each_lane_shows_life_under_its_own_name(db, board: Board, settings):
    settings.STUDIO_LANES = "SPLIT"
    assert heartbeat.names() == ["engine", "media", "default"]
    join(board, heartbeat.name_of("media"))

    heartbeat.beat()
    leases.take(0)

    assert heartbeat.last_beat("media") == Heartbeat.objects.get(name="media").at
    assert heartbeat.last_beat("engine") is not None
    assert heartbeat.last_beat("default") is None


def test_whoever_waits_for_something_slow_goes_on_showing_life(board: Board):
    join(board, "workers")

    async def wait() -> None:
        async with beating():
            await asyncio.sleep(0)

    asyncio.run(wait())

    assert board.beaten_at > 0


# Asking -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_beats_are_asked_for_one_at_a_time(clock: Clock):
    pulse = Pulse(clock=clock)

    for _ in range(3):
        pulse.ask_for_beat(0.0)
        clock.now += BEAT_EVERY + 1
    assert OrmQ.objects.count() == 1

    pulse.ask_for_beat(clock.now)
    assert OrmQ.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_lost_beat_is_asked_for_again(clock: Clock):
    pulse = Pulse(clock=clock)
    pulse.ask_for_beat(0.0)

    clock.now += BEAT_LOST_AFTER + 1
    pulse.ask_for_beat(0.0)

    assert OrmQ.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_beat_that_another_machine_took_is_asked_for_again_soon(clock: Clock):
    pulse = Pulse(clock=clock)
    pulse.ask_for_beat(0.0)

    Heartbeat.objects.create(name="workers", at=timezone.now())
    clock.now += BEAT_WENT_ELSEWHERE
    pulse.ask_for_beat(0.0)

    assert OrmQ.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_lane_is_asked_through_its_own_queue(clock: Clock, settings):
    settings.STUDIO_LANES = "SPLIT"

    Pulse("media", clock).ask_for_beat(0.0)

    assert OrmQ.objects.get().key == queue_of("media")


@pytest.mark.django_db(transaction=True)
def test_the_pump_is_woken_when_work_waits_and_nobody_pumps(clock: Clock, bob):
    pulse = Pulse(clock=clock)
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
    pulse = Pulse(clock=clock)
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


def test_a_dead_clusters_lane_is_given_back_and_no_other(db, settings):
    settings.STUDIO_LANES = "SPLIT"
    later = timezone.now() + timedelta(hours=1)
    for lane in ("media", "engine"):
        OrmQ.objects.create(key=queue_of(lane), payload="", lock=later)

    give_back("media")

    assert OrmQ.objects.filter(lock=later).get().key == queue_of("engine")


# Ending -------------------------------------------------------------------------------------------


def test_the_drain_flag_comes_and_goes():
    assert not drain.is_draining()

    drain.begin()
    assert drain.is_draining()

    drain.end()
    drain.end()
    assert not drain.is_draining()


def test_the_last_words_are_those_of_just_now(board: Board):
    assert board.last_words(within=10) == ""

    board.note_words("RuntimeError: " + "é" * 500)

    assert board.last_words(within=10).startswith("RuntimeError: ééé")
    assert board.last_words(within=0) == ""
    board.clear()
    assert board.last_words(within=10) == ""


def test_an_end_is_told_in_words():
    assert how_it_ended(3) == "ended with status 3"
    assert how_it_ended(-signal.SIGKILL) == "was killed by SIGKILL"


NEVER_READY = """
import logging, os, sys, django
django.setup()
from studio.engine.supervisor.child import Child
from studio.engine.supervisor.tree import Tree

class Broken(Child):
    is_ready = False

os.makedirs(os.path.join(os.environ["STUDIO_DATA_DIR"], "run"))
def break_down():
    logging.getLogger("studio").error("no such thing: %s", "a vase")
    sys.exit(3)

Tree([Broken("The web server", "broken", break_down)], ready="").run()
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
    assert done.stderr.count("s; its last error: no such thing: a vase") == 4
    assert done.stderr.strip().endswith("The web server does not start; the lines above say why.")
