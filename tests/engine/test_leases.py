"""Who pumps: one at a time, and never somebody who is dead."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from studio.engine import leases
from studio.engine.models import Lease
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db


def test_one_pump_at_a_time():
    token = leases.take(0)

    assert token
    assert leases.take(0) is None
    assert leases.renew(0, token)


def test_a_lease_that_ran_out_is_for_the_next():
    dead = uuid4()
    Lease.objects.create(shard=0, token=dead, until=timezone.now() - timedelta(seconds=1))

    assert leases.take(0)
    assert not leases.renew(0, dead)


def test_what_a_dead_cluster_held_is_free_at_once():
    dead = leases.take(0)

    leases.give_back(timedelta(seconds=-1))

    assert not leases.renew(0, dead)
    assert leases.take(0)


def test_what_was_taken_since_the_start_stays():
    token = leases.take(0)

    leases.give_back(timedelta(seconds=1))

    assert leases.renew(0, token)


def test_other_machines_on_the_same_database_keep_their_leases(settings, tmp_path):
    token = leases.take(0)

    settings.RUN_DIR = tmp_path / "run"
    leases.give_back(timedelta(seconds=-1))

    assert leases.renew(0, token)


def test_pumps_of_two_shards_run_side_by_side(settings):
    settings.STUDIO_SHARDS = 2

    assert leases.take(0)
    assert leases.take(1)


def test_nobody_pumps_by_another_number_of_shards_than_those_who_do(settings):
    leases.take(0)

    settings.STUDIO_SHARDS = 2
    refused = leases.take(1)
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))

    assert refused is None
    assert leases.take(1)


def test_only_shards_with_work_and_without_a_pump_are_woken(bob, settings):
    settings.STUDIO_SHARDS = 3
    for key in (make_key(bob, pk=3), make_key(bob, pk=4)):
        make_job(bob, key)

    before = leases.shards_without_pump()
    leases.take(1)

    assert (before, leases.shards_without_pump()) == ([0, 1], [0])
