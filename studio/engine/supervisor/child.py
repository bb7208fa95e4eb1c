"""One branch of the tree: a process forked from the supervisor, in a session of its own.

Forked, not executed: everything imported is shared, a restart takes milliseconds, and it runs the
code that was started even if the files have changed since.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from time import monotonic

from django.db import connections

from studio import logs
from studio.engine import board
from studio.engine.supervisor.lifeline import be_named

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
WORDS_COUNT_FOR = 10.0  # an error of long ago is not why it ended


class Child:
    """Started again whenever it ends, later and later if it ends soon; until it is told to stop."""

    ends_last = False

    def __init__(self, name: str, process_name: str, work: Callable[[], None]) -> None:
        self.name = name
        self.process_name = process_name
        self.work = work
        self.board = board.Board()
        self.process: ForkProcess | None = None
        self.crashes = 0
        self.started_at = 0.0
        self.start_at = 0.0
        self.kill_at: float | None = None
        self.fault = ""

    @property
    def pid(self) -> int | None:
        """Ours until it is buried, even when it has ended."""
        return self.process.pid if self.process else None

    @property
    def is_ready(self) -> bool:
        """Whether it does its work."""
        raise NotImplementedError

    @property
    def branch(self) -> str:
        """The name under which its processes show signs of life."""
        return self.process_name

    def look_after(self) -> None:
        """Whatever it needs while it runs; called several times a second."""

    def start(self) -> None:
        """No connection crosses the fork, and no signal gets lost in it."""
        self.kill_at, self.fault = None, ""
        self.started_at = monotonic()
        self.board.clear()
        self.process = get_context("fork").Process(target=self._live)
        connections.close_all()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _live(self) -> None:
        """In the new process. Its output goes to our log, that is to standard error."""
        os.setsid()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        be_named(self.process_name)
        logs.name_process(self.process_name)
        logs.take_over_stderr()
        logs.tell_errors_to(self.board.note_words)
        board.join(self.board, self.branch)
        self.work()

    def stop(self, *, within: float) -> None:
        """Ask it to end; what is left of it after so many seconds is killed."""
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            self.kill_at = monotonic() + within

    def replace(self, fault: str, *, within: float) -> None:
        """Stop it because something is wrong with it, and start it again."""
        log.error("%s %s and is replaced%s", self.name, fault, self._last_words())
        self.fault = fault
        self.stop(within=within)

    def hasten(self, *, within: float) -> None:
        """Once told to stop: leave it less time."""
        if self.kill_at:
            self.kill_at = min(self.kill_at, monotonic() + within)

    def kill(self) -> None:
        """End it and its whole session now."""
        if self.pid:
            for end in (os.kill, os.killpg):
                with suppress(ProcessLookupError):
                    end(self.pid, signal.SIGKILL)

    def tend(self, *, restart: bool = True) -> None:
        """Kill it when its time is over, bury it when it has ended, start it when it is due."""
        now = monotonic()
        if self.process and self.kill_at and now >= self.kill_at:
            log.warning("%s did not end in time and is killed", self.name)
            self.kill()
            self.kill_at = now + FIRST_PAUSE
        if self.process and has_ended(self.process.pid or 0):
            self._bury(self.process)
        if restart and not self.process and now >= self.start_at:
            self.start()

    def _bury(self, process: ForkProcess) -> None:
        self.kill()
        process.join()
        self.process = None
        if self.kill_at and not self.fault:  # as it was told to
            self.crashes, self.start_at = 0, 0.0
            return
        if monotonic() - self.started_at > STEADY_AFTER:
            self.crashes = 0
        pause = FIRST_PAUSE * 2**self.crashes if self.crashes else 0.0
        pause = min(pause, LONGEST_PAUSE)
        self.crashes += 1
        self.start_at = monotonic() + pause
        how = self.fault or how_it_ended(process.exitcode or 0)
        log.error("%s %s; started again in %.1f s%s", self.name, how, pause, self._last_words())

    def _last_words(self) -> str:
        words = self.board.last_words(within=WORDS_COUNT_FOR)
        return f"; its last error: {words}" if words else ""


def has_ended(pid: int) -> bool:
    """Without burying it: its number, which is also its group's, stays taken."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def how_it_ended(status: int) -> str:
    """An exit code of multiprocessing in words."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was killed by {signal.Signals(-status).name}"
