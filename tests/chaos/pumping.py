"""A pump in a process that is forked anew for each command to pump, so that it can be killed.

Answers each line of its input with a number: `order <provider> <number>`, `pump`, `wait <pid>`.
Started by `Pumper`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from studio.accounts.models import User  # noqa: E402
from studio.engine import leases  # noqa: E402
from studio.engine.pump import Pump  # noqa: E402
from studio.engine.supervisor.lifeline import PR_SET_PDEATHSIG, prctl  # noqa: E402
from tests.chaos.wishes import CHOICES  # noqa: E402
from tests.conftest import make_job, make_key  # noqa: E402


def main() -> None:
    Path(os.environ["STUDIO_DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    owner = User.objects.create_user("bob@example.com", name="Bob Member")
    for line in sys.stdin:
        match line.split():
            case "order", provider, number:
                print(order(owner, provider, number), flush=True)
            case "pump", *_:
                print(fork(), flush=True)
            case "wait", pid:
                print(os.waitpid(int(pid), 0)[1], flush=True)


def order(owner: User, provider: str, number: str) -> int:
    """With a key of its own, so that none waits for another."""
    key = make_key(owner, provider=provider)
    key.set_secret(f"sandbox-{uuid4()}")
    choices = {"resolution": "", **CHOICES[provider]}
    prompt = f"{provider} {number}"
    return int(make_job(owner, key, prompt=prompt, form_token=uuid4(), **choices).pk)


def fork() -> int:
    """The lease of a killed pump is ended, as the supervisor does when it begins anew."""
    leases.give_back(timedelta())
    connections.close_all()
    if pid := os.fork():
        return pid
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(60))
    os._exit(0)


if __name__ == "__main__":
    main()
