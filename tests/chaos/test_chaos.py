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
    *("lock 3", "stop_pump 17"),
)


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(5)
@pytest.mark.promise(43)
@pytest.mark.promise(44)
@pytest.mark.promise(45)
@pytest.mark.parametrize("stack", ["sqlite", pytest.param("services", marks=pytest.mark.machines)])
def test_under_fire_nothing_is_charged_twice_and_nothing_is_lost(
    stack: str, tmp_path: Path, request: pytest.FixtureRequest
):
    services = request.getfixturevalue("services") if stack == "services" else None
    own = "cut" if services else "fill 3"
    script = Script(seed=SEED, jobs=60, seconds=38, within=180, steps=(*STEPS, own))

    text, is_kept = report(run(script, tmp_path, services))

    print(text)
    assert is_kept, text
