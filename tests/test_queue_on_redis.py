"""The same hints in Redis, and a Redis that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from studio import queue
from studio.services import broker
from tests.services import Services, free_port

pytestmark = pytest.mark.django_db(transaction=True)

TASK = "studio.engine.tasks.beat"


def use(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """django-q2 reads its settings once, when it is imported."""
    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(Conf, "REDIS", broker(url)["redis"])
    queue._broker.cache_clear()


@pytest.fixture
def server(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    url = services.redis_url()
    use(url, monkeypatch)
    with redis.Redis.from_url(url) as client:
        yield client
    queue._broker.cache_clear()


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use(f"redis://:hunter2@127.0.0.1:{free_port()}", monkeypatch)
    yield
    queue._broker.cache_clear()


def test_each_lane_has_its_list(server: redis.Redis, settings):
    settings.STUDIO_LANES = "SPLIT"

    queue.enqueue(TASK, lane="media")
    queue.enqueue(TASK, lane="engine")
    queue.enqueue(TASK, lane="media")

    assert server.llen("django_q:darkroom-media:q") == 2
    assert server.llen("django_q:darkroom-engine:q") == 1
    assert not OrmQ.objects.exists()


@pytest.mark.usefixtures("server")
def test_the_first_in_the_list_has_waited_longest():
    assert queue.oldest_waiting() is None

    queue.enqueue(TASK)
    since = queue.oldest_waiting()
    queue.enqueue(TASK)

    assert since
    assert timezone.now() - since < timedelta(seconds=30)
    assert queue.oldest_waiting() == since


def test_what_nobody_can_read_is_no_alarm(server: redis.Redis):
    server.rpush("django_q:darkroom:q", b"signed by somebody else")

    assert queue.oldest_waiting() is None


@pytest.mark.usefixtures("server")
def test_nothing_is_given_back_by_a_server_that_hands_out_for_good():
    queue.check()
    queue.give_back()


@pytest.mark.usefixtures("no_server")
def test_an_order_is_placed_though_nobody_can_be_told(caplog: pytest.LogCaptureFixture):
    queue.enqueue(TASK)

    [record] = caplog.records
    assert record.getMessage().startswith(f"no worker could be told of {TASK}")
    assert "hunter2" not in caplog.text


@pytest.mark.usefixtures("no_server")
def test_whoever_asks_learns_that_it_is_gone():
    with pytest.raises(queue.QueueError):
        queue.check()
    with pytest.raises(queue.QueueError):
        queue.oldest_waiting()
