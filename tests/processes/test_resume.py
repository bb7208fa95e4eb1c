"""Orders outlive every crash: each is sent once, and all of its pictures come."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
from PIL import Image

from tests.benchmarks._tree import Tree, until

pytestmark = pytest.mark.processes

ORDERS = 4
PICTURES = 2
DONE_WITHIN = 90


def count(tree: Tree, status: str) -> int:
    return tree.ask("SELECT count(*) FROM jobs_submission WHERE status = ?", status)[0][0]


@pytest.mark.promise(2)
@pytest.mark.promise(44)
def test_every_picture_comes_after_a_worker_and_then_everything_was_killed(own_tree: Tree):
    tree, client = own_tree, own_tree.open_studio()
    for number in range(ORDERS):
        tree.place(client, f"a red boat, number {number} [slow:8]", count=str(PICTURES))
    until(lambda: count(tree, "running") == ORDERS, within=30, what="all orders accepted")

    tree.find("first worker").kill()
    until(lambda: count(tree, "saving") + count(tree, "succeeded"), within=60, what="polled again")
    everything = tree.processes()
    for process in everything:
        process.kill()
    tree.stop()
    tree.start()
    until(lambda: count(tree, "succeeded") == ORDERS, within=DONE_WITHIN, what="all orders done")

    sent = tree.ask("SELECT submission_id, count(*) FROM jobs_event WHERE kind = 'sent' GROUP BY 1")
    assert [times for _, times in sent] == [1] * ORDERS
    kept = tree.ask("SELECT uid, sha256 FROM jobs_image WHERE state = 'kept'")
    assert len(kept) == ORDERS * PICTURES
    assert len({sha256 for _, sha256 in kept}) == ORDERS * PICTURES
    answer = client.get(f"/pictures/{UUID(kept[0][0])}")
    assert Image.open(io.BytesIO(answer.content)).format == "PNG"
