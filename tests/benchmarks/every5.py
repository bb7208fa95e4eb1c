"""The studio's settings, and every order asked after once in five seconds."""

from __future__ import annotations

from random import uniform
from typing import Any

from studio.engine import schedule
from studio.settings import *  # noqa: F403

EVERY = 5.0


def poll_delay(*_: Any, **__: Any) -> float:
    return EVERY * uniform(0.95, 1.05)


schedule.poll_delay = poll_delay
