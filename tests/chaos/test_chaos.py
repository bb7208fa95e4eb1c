"""Under fire, in short: `python -m tests.chaos` is the long run. README.md says what is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.report import report
from tests.chaos.run import Script, run

pytestmark = pytest.mark.processes

SEED = int(os.environ.get("STUDIO_TEST_SEED", "4"))
STEPS = (
    *("kill pump", "kill any", "kill supervisor", "restart"),
    *("lock 3", "stop_pump 17", "fill 3"),
)


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(5)
@pytest.mark.promise(43)
@pytest.mark.promise(44)
@pytest.mark.promise(45)
def test_under_fire_nothing_is_charged_twice_and_nothing_is_lost(tmp_path: Path):
    script = Script(seed=SEED, jobs=60, seconds=45, within=180, steps=STEPS)

    text, is_kept = report(run(script, tmp_path))

    print(text)
    assert is_kept, text
