"""Shards: each key has one pump, and whoever has news for it wakes that one."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ

from studio.jobs.models import Submission
from studio.jobs.shards import of_shard, shard_of, wake
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_submission_belongs_to_one_shard(bob, settings):
    settings.STUDIO_SHARDS = 3
    keys = [make_key(bob) for _ in range(7)]
    for key in keys:
        make_job(bob, key)

    found = [set(of_shard(Submission.objects.all(), shard)) for shard in range(3)]

    assert sum(map(len, found)) == len(set.union(*found)) == 7
    assert all(row.key_id % 3 == shard for shard in range(3) for row in found[shard])


def test_one_message_for_each_pump_that_is_concerned(settings):
    settings.STUDIO_SHARDS = 4

    wake([4, 8, 1, 5])

    assert [(row.func(), row.args()) for row in OrmQ.objects.order_by("pk")] == [
        ("studio.engine.tasks.pump", (0,)),
        ("studio.engine.tasks.pump", (1,)),
    ]


def test_one_pump_has_all_keys():
    assert {shard_of(key) for key in range(100)} == {0}
