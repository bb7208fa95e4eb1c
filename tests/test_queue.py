"""Which lane a hint goes to, and what a queue that does not answer does: nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from studio import queue

pytestmark = pytest.mark.django_db(transaction=True)

TASK = "studio.engine.tasks.beat"


def waiting() -> dict[str, int]:
    """How many messages stand in each queue."""
    keys = [message.key for message in OrmQ.objects.all()]
    return {key: keys.count(key) for key in keys}


def test_one_queue_serves_all_lanes():
    for lane in queue.LANES:
        queue.enqueue(TASK, lane=lane)

    assert waiting() == {"darkroom": 3}


def test_split_lanes_have_a_queue_each(settings):
    settings.STUDIO_LANES = "SPLIT"

    for lane in queue.LANES:
        queue.enqueue(TASK, lane=lane)
    queue.enqueue(TASK)

    assert waiting() == {"darkroom-engine": 1, "darkroom-media": 1, "darkroom": 2}


def test_a_hint_goes_out_with_the_commit():
    with transaction.atomic():
        queue.enqueue(TASK)
        assert waiting() == {}

    assert waiting() == {"darkroom": 1}


def test_the_oldest_message_of_all_lanes_is_found(settings):
    settings.STUDIO_LANES = "SPLIT"
    now = timezone.now()
    OrmQ.objects.create(key="darkroom", payload="", lock=now - timedelta(seconds=5))
    OrmQ.objects.create(key="darkroom-media", payload="", lock=now - timedelta(seconds=9))
    OrmQ.objects.create(key="darkroom-engine", payload="", lock=now + timedelta(seconds=99))

    assert queue.oldest_waiting() == now - timedelta(seconds=9)


def test_messages_of_a_queue_that_nobody_serves_count_for_nothing():
    OrmQ.objects.create(key="darkroom-media", payload="", lock=timezone.now())

    assert queue.oldest_waiting() is None
