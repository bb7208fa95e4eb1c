"""What a pump says of itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.engine import tally
from studio.engine.models import PumpReport
from studio.engine.tally import Tally

pytestmark = pytest.mark.django_db


def test_lags_are_told_as_shares_of_the_period():
    counting = Tally()
    now = timezone.now()
    for hundredths in range(1, 101):
        counting.poll(now - timedelta(seconds=hundredths))
    counting.poll(now + timedelta(seconds=9))  # after a hint

    facts = counting.take()

    assert facts["polls"] == 101
    assert facts["lag_p50"] == pytest.approx(50, abs=1)
    assert facts["lag_p95"] == pytest.approx(95, abs=1)
    assert facts["lag_max"] == pytest.approx(100, abs=1)
    assert counting.take()["lag_p95"] is None


def test_a_report_replaces_the_last_and_its_counts_grow():
    counting = Tally()
    for in_flight in (3, 2):
        counting.poll(timezone.now())
        counting.sent = 2
        tally.write(1, in_flight=in_flight, calls_out=1, **counting.take())

    report = PumpReport.objects.get()
    assert (report.shard, report.in_flight, report.polls, report.sent) == (1, 2, 2, 4)
    assert abs(report.at - timezone.now()) < timedelta(seconds=5)
