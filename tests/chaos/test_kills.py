"""Killed on arrival: what was sent is on record, and is not bought again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.kills import PROVIDERS, kill

pytestmark = pytest.mark.processes

KILLS = 20


@pytest.mark.promise(1)
@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(5)
def test_whoever_is_killed_on_arrival_had_it_on_record_and_buys_it_once(tmp_path: Path):
    killed = kill(KILLS, tmp_path)

    assert killed.kills == KILLS
    assert len(killed.rows) == KILLS * len(PROVIDERS)
    assert len(killed.arrivals) > KILLS
    assert killed.unrecorded == []
    assert killed.charged_twice == []
    assert killed.sent_again == []
    assert killed.astray == []
