"""One program of the tree, in a session of its own so that it can be ended with all it started."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic

from django.conf import settings

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0


class Child:
    """Started again whenever it ends, later and later if it ends soon; until it is told to stop."""

    def __init__(self, name: str, module: str, *words: str) -> None:
        self.name = name
        self.command = [sys.executable, "-m", module, str(os.getpid()), *words]
        self.process: subprocess.Popen[bytes] | None = None
        self.crashes = 0
        self.started_at = 0.0
        self.start_at = 0.0
        self.kill_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Ours until it is buried, even when it has ended."""
        return self.process.pid if self.process else None

    @property
    def is_ready(self) -> bool:
        """Whether it does its work."""
        raise NotImplementedError

    def look_after(self) -> None:
        """Whatever it needs while it runs; called several times a second."""

    def start(self) -> None:
        """Its output goes to our log, that is to standard error."""
        self.kill_at = None
        self.started_at = monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            self.command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
        )

    def stop(self, *, within: float) -> None:
        """Ask it to end; what is left of it after so many seconds is killed."""
        if self.process:
            os.kill(self.process.pid, signal.SIGTERM)
            self.kill_at = monotonic() + within

    def hasten(self, *, within: float) -> None:
        """Once told to stop: leave it less time."""
        if self.kill_at:
            self.kill_at = min(self.kill_at, monotonic() + within)

    def kill(self) -> None:
        """End its whole session now."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def tend(self, *, restart: bool = True) -> None:
        """Kill it when its time is over, bury it when it has ended, start it when it is due."""
        now = monotonic()
        if self.process and self.kill_at and now >= self.kill_at:
            log.warning("%s did not end in time and is killed", self.name)
            self.kill()
            self.kill_at = now + FIRST_PAUSE
        if self.process and has_ended(self.process.pid):
            self._bury(self.process)
        if restart and not self.process and now >= self.start_at:
            self.start()

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        self.kill()
        status = process.wait()
        self.process = None
        if self.kill_at:  # as it was told to
            self.crashes, self.start_at = 0, 0.0
            return
        if monotonic() - self.started_at > STEADY_AFTER:
            self.crashes = 0
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.crashes) if self.crashes else 0.0
        self.crashes += 1
        self.start_at = monotonic() + pause
        log.error("%s %s; started again in %.1f s", self.name, how_it_ended(status), pause)


def has_ended(pid: int) -> bool:
    """Without burying it: its number, which is also its group's, stays taken."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def how_it_ended(status: int) -> str:
    """`Popen.returncode` in words."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was killed by {signal.Signals(-status).name}"
