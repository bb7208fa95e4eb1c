"""The studio's settings, with its sandbox said to be at SANDBOX_AT: a ledger or a pretend provider.

A sandbox key is asked after sooner than a real one, which keeps tests and benchmarks short.
"""

from __future__ import annotations

import os

from studio.settings import *  # noqa: F403

STUDIO_SANDBOX_URL = f"{os.environ['SANDBOX_AT']}/sandbox"
