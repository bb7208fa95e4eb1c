"""Killed or frozen on arrival: what was sent is on record, and is not bought again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.kills import PROVIDERS, Round, freeze_one, kill_one, strike


@pytest.mark.promise(1)
@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(5)
@pytest.mark.parametrize(("one", "times"), [(kill_one, 20), (freeze_one, 3)])
def test_whoever_is_struck_on_arrival_had_it_on_record_and_buys_it_once(
    one: Round, times: int, tmp_path: Path
):
    struck = strike(times, tmp_path, one)

    assert struck.times == times
    assert len(struck.rows) == times * len(PROVIDERS)
    assert len(struck.arrivals) > times
    assert struck.unrecorded == []
    assert struck.charged_twice == []
    assert struck.sent_again == []
    assert struck.astray == []
