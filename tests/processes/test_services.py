"""What holds on SQLite, in a folder, holds on PostgreSQL and in a bucket: the same tests, there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import Services

ROOT = Path(__file__).resolve().parent.parent.parent

# What touches the database in a way of its own, or the archive.
CORE = """
tests/engine/test_leases.py tests/engine/test_life.py tests/engine/test_saving.py
tests/engine/test_writer.py tests/jobs/test_actions.py tests/jobs/test_at_once.py
tests/jobs/test_submission.py tests/test_queue.py tests/upkeep/test_counting.py
tests/upkeep/test_sweeps.py tests/vault/test_rotation.py
tests/engine/test_pump.py::test_an_order_travels_from_the_queue_to_the_archive
tests/engine/test_pump.py::test_a_dead_claim_goes_back_when_nothing_was_sent_and_is_unknown_when_it_was
tests/engine/test_pump.py::test_our_own_claims_are_left_alone
tests/engine/test_pump.py::test_a_lease_that_ran_out_can_be_taken_and_not_renewed
"""
# The server is thrown away with the database, whoever is still connected.
OPTIONS = ["-q", "-p", "no:cacheprovider", "--reuse-db", "-W", "default", "-k", "not ten_thousand"]


@pytest.mark.processes
@pytest.mark.machines
@pytest.mark.promise(1)
def test_the_engine_keeps_its_word_on_postgresql_and_in_a_bucket(services: Services):
    shared = {"DATABASE_URL": services.database_url(), "STUDIO_STORAGE_URL": services.storage_url()}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, *CORE.split()],
        cwd=ROOT,
        env={**os.environ, **shared},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "100%" in done.stdout
