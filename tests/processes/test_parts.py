"""The tree in parts – web and workers apart, a cluster per lane – and what breaks its parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.benchmarks._ledger import Ledger, Post
from tests.benchmarks._orders import Desk
from tests.benchmarks._tree import ROOT, Tree, free_port, until

pytestmark = pytest.mark.processes

ENDED_WITHIN = 60


def states(tree: Tree) -> list[str]:
    return [state for (state,) in tree.ask("SELECT status FROM jobs_job ORDER BY id")]


def clusters(tree: Tree) -> dict[str, psutil.Process]:
    """The clusters by the names that they give themselves."""
    return {one.name(): one for one in tree.processes()[0].children()}


@pytest.fixture
def web(folder: Path) -> Iterator[Tree]:
    with Tree(folder, "--web-only") as tree:
        yield tree


@pytest.fixture
def workers(web: Tree) -> Iterator[Tree]:
    with Tree(
        web.folder, "--workers-only", STUDIO_BIND=f"127.0.0.1:{web.port}", STUDIO_LOG_FORMAT="json"
    ) as tree:
        yield tree


@pytest.mark.promise(44)
def test_web_and_workers_run_apart_and_neither_takes_the_other_down(web: Tree, workers: Tree):
    assert web.lines == [f"Darkroom is ready at {web.url}"]
    assert workers.lines == ["Darkroom's workers are ready"]
    assert {"darkroom-web"} == set(clusters(web))
    assert {"darkroom-tasks"} == set(clusters(workers))

    client = web.open_studio()
    web.place(client, "a vase [fast]")
    until(lambda: states(web) == ["succeeded"], within=ENDED_WITHIN, what="the picture")

    family = workers.processes()
    workers.find("supervisor").kill()
    assert workers.stop() == -signal.SIGKILL
    until(lambda: not any(one.is_running() for one in family), within=5, what="all gone")
    web.place(client, "another vase [fast]")
    assert web.health()[0] in (200, 503)

    workers.start()
    until(lambda: states(web) == ["succeeded"] * 2, within=ENDED_WITHIN, what="both pictures")


@pytest.mark.promise(43)
@pytest.mark.promise(44)
def test_a_cluster_per_lane_is_watched_by_itself(folder: Path):
    with Tree(folder, STUDIO_LANES="split", STUDIO_WORKERS="2") as tree:
        names = ["darkroom-engine", "darkroom-media", "darkroom-defaul"]
        assert {*names, "darkroom-web"} == set(clusters(tree))
        before = clusters(tree)
        hurt = before["darkroom-media"]
        hurt.children()[0].children()[0].kill()

        until(lambda: not hurt.is_running(), within=30, what="it is gone")
        tree.place(tree.open_studio(), "a vase [fast]")
        until(lambda: states(tree) == ["succeeded"], within=ENDED_WITHIN, what="the picture")

        after = clusters(tree)
        assert [after[name].pid == before[name].pid for name in names] == [True, False, True]
        assert "The cluster of the media lane lost its process" in tree.log.read_text()
        assert tree.stop() == 0


@pytest.mark.promise(44)
def test_a_picture_that_kills_its_worker_is_given_up_and_all_others_go_on(folder: Path):
    with Tree(folder, DJANGO_SETTINGS_MODULE="tests.processes.poison") as tree:
        client = tree.open_studio()
        (folder / "poison").touch()
        tree.place(client, "a poisonous vase [fast]")
        until(lambda: states(tree) == ["failed"], within=120, what="it is given up")
        (folder / "poison").unlink()
        tree.place(client, "a vase [fast]")
        until(lambda: states(tree) == ["failed", "succeeded"], within=120, what="the next one")

        [(state, code, url)] = tree.ask(
            "SELECT state, error_code, url FROM jobs_image ORDER BY id LIMIT 1"
        )
        assert (state, code, bool(url)) == ("lost", "stumbled", True)
        log = tree.log.read_text()
        assert log.count("which was busy with image 1, and is replaced") == 3


@pytest.mark.promise(43)
def test_an_order_that_is_out_comes_in_before_the_end(folder: Path):
    is_out, may_answer = threading.Event(), threading.Event()

    def hold_back(post: Post) -> bool:
        is_out.set()
        return may_answer.wait(30)

    with Ledger() as ledger, ledger.studio(folder) as tree:
        ledger.on_post = hold_back
        desk = Desk(tree)
        desk.place("a vase that takes its time")
        assert is_out.wait(30)

        threading.Timer(3, may_answer.set).start()
        assert tree.stop() == 0

        statuses = tree.ask("SELECT status, sent_at IS NOT NULL FROM jobs_submission")
        assert statuses == [("running", 1)]
        desk.client.close()


HANGING = """
import django
django.setup()
from studio.engine.supervisor.preflight import prepare
from studio.engine.supervisor.tree import Tree
from studio.engine.supervisor.web import WebServer

prepare(web=True, lanes=[])
Tree([WebServer(silent_for=3)], ready="ready").run()
"""


@pytest.mark.promise(44)
def test_a_web_server_that_hangs_is_replaced(tmp_path: Path):
    port = free_port()
    environment = {
        **os.environ,
        "STUDIO_DATA_DIR": str(tmp_path),
        "STUDIO_BIND": f"127.0.0.1:{port}",
        "STUDIO_LOG_FORMAT": "json",
        "DJANGO_SETTINGS_MODULE": "studio.settings",
    }
    tree = subprocess.Popen(
        [sys.executable, "-c", HANGING],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tree.stdout
    try:
        assert tree.stdout.readline() == "ready\n"
        web = psutil.Process(tree.pid).children()[0]
        web.children()[0].send_signal(signal.SIGSTOP)

        until(lambda: not web.is_running(), within=20, what="it is gone")
        until(lambda: answers(port), within=20, what="it answers again")
    finally:
        tree.terminate()
        _, log = tree.communicate(timeout=30)  # closes what it reads from
    assert "has answered nothing for 3 s and is replaced" in log
    assert not [line for line in log.splitlines() if not line.startswith("{")]


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez", timeout=1).status_code == 204
    except httpx.TransportError:
        return False
