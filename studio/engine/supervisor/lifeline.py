"""The cord between a process and its parent: whichever way the parent dies, the child goes too.

Linux only (`prctl`); elsewhere a killed parent may leave orphans.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36


def prctl(option: int, value: int | bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def hold_on_to(parent: int) -> None:
    """Be killed when the process `parent` ends; go at once if it has ended already."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def tie_forks() -> None:
    """Let every process forked from this one, and from those in turn, hold on to its parent."""
    parents: list[int] = []
    os.register_at_fork(
        before=lambda: parents.append(os.getpid()),
        after_in_parent=parents.clear,
        after_in_child=lambda: hold_on_to(parents[-1]),
    )


def be_named(name: str) -> None:
    """What `ps` and `top` show for this process and those forked from it."""
    prctl(PR_SET_NAME, name.encode()[:15])


def adopt_orphans() -> None:
    """Make this process the parent of what its descendants leave behind."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def reap_strangers(own: set[int]) -> None:
    """Bury the dead that were adopted; `own` children are left to who started them."""
    while dead := _next_dead():
        if dead in own:
            return
        os.waitpid(dead, 0)


def _next_dead() -> int | None:
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found else None
