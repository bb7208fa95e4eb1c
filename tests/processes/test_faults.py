"""Whatever is killed: no orphans, and the studio is well again (promises 43 and 44)."""

from __future__ import annotations

import signal
import time

import psutil
import pytest

from tests.benchmarks._tree import Tree, until

pytestmark = pytest.mark.processes

WELL_AGAIN_WITHIN = 60
GONE_WITHIN = 30


def strays(before: list[psutil.Process], tree: Tree) -> list[psutil.Process]:
    """Of the processes from before, those that live on outside of the tree."""
    family = {process.pid for process in tree.processes()} if tree.is_running else set()
    return [one for one in before if is_alive(one) and one.pid not in family]


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.promise(44)
@pytest.mark.parametrize(
    "kind",
    [
        "web",
        "web worker",
        "cluster",
        "sentinel",
        "first worker",
        "last worker",
        "monitor",
        "pusher",
    ],
)
def test_work_goes_on_after_a_kill(kind: str, tree: Tree):
    before = tree.processes()
    killed_at = time.time()

    tree.find(kind).kill()

    until(lambda: tree.is_well_since(killed_at), within=WELL_AGAIN_WITHIN, what=f"{kind} replaced")
    until(lambda: not strays(before, tree), within=5, what="no process outside of the tree")
    until(lambda: len(tree.processes()) == len(before), within=5, what="the tree is whole")


@pytest.mark.promise(44)
def test_a_killed_supervisor_takes_everything_with_it(tree: Tree):
    before = tree.processes()

    tree.find("supervisor").kill()

    until(lambda: not any(map(is_alive, before)), within=5, what="all gone")
    assert tree.stop() == -signal.SIGKILL
    tree.start()
    assert tree.health()[0] == 200


@pytest.mark.promise(43)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_in_time(number: signal.Signals, tree: Tree):
    before = tree.processes()
    began_at = time.monotonic()

    status = tree.stop(by=number)

    assert status == 0
    assert time.monotonic() - began_at < GONE_WITHIN
    assert not any(map(is_alive, before))


@pytest.mark.promise(43)
def test_what_ignores_the_signal_is_killed_and_a_second_signal_hurries(tree: Tree):
    before = tree.processes()
    tree.find("first worker").suspend()  # it will never take its leave
    ended = tree.log.read_text().count("tree: ending")
    began_at = time.monotonic()

    tree.find("supervisor").send_signal(signal.SIGINT)
    until(lambda: tree.log.read_text().count("tree: ending") > ended, within=5, what="the end")
    status = tree.stop(by=signal.SIGINT)

    assert status == 0
    assert time.monotonic() - began_at < 10
    assert not any(map(is_alive, before))
