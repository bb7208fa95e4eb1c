"""What is done to the studio's processes and to what they stand on, and when it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path

import psutil

from tests.benchmarks._tree import Tree, until
from tests.chaos.stacks import Stack

PAST_THE_LEASE = 18.0  # a lease is 15 s long
SENDERS = ("supervisor", "cluster", "sentinel", "first worker", "last worker", "pump")
KINDS = ("web", "web worker", "monitor", "pusher", *SENDERS[1:-1])


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was done, and between which moments (seconds since 1970) it had its effect."""

    kind: str
    began_at: float
    ended_at: float
    said: str = ""

    @property
    def ends_sending(self) -> bool:
        """An order that was going out may have lost its sender."""
        name, _, what = self.kind.partition(" ")
        return (name == "kill" and what in SENDERS) or self.kind in ("stop pump", "full disk")

    @property
    def delays(self) -> bool:
        """Meanwhile nothing, or nothing by this pump, could be noted."""
        return self.kind in ("lock", "full disk", "stop pump", "cut")


class Stage:
    """Acts on one tree after the other. ports: of the providers. path: where the acts are noted.

    disk: where the data lies, if that can be filled.
    """

    def __init__(
        self,
        trees: Sequence[Tree],
        stack: Stack,
        ports: set[int],
        path: Path,
        *,
        disk: Path | None = None,
    ) -> None:
        self.trees, self.stack, self.ports, self.path, self.disk = trees, stack, ports, path, disk
        self.turns = cycle(trees)
        self.tree = trees[0]
        self.acts: list[Act] = []

    @contextmanager
    def _act(self, kind: str, said: str = "") -> Iterator[None]:
        began_at = time.time()
        yield
        act = Act(kind=kind, began_at=began_at, ended_at=time.time(), said=said)
        self.acts.append(act)
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(act)) + "\n")

    def play(self, step: str) -> None:
        """A step of a script: a name, and who or for how many seconds."""
        name, _, what = step.partition(" ")
        self.tree = next(self.turns)
        steps: dict[str, Callable[[], None]] = {
            "kill": lambda: self.kill(what),
            "stop_pump": lambda: self.stop_pump(float(what)),
            "restart": self.restart,
            "lock": lambda: self.lock(float(what)),
            "fill": lambda: self.fill(float(what)),
            "lose_messages": self.lose_messages,
            "cut": self.cut,
        }
        steps[name]()

    # Processes --------------------------------------------------------------------------------

    def kill(self, kind: str) -> None:
        """One process, with -9. A supervisor takes all others with it and is started again."""
        if kind == "supervisor":
            self._kill_tree()
            return
        process = self._pump() if kind == "pump" else self._find(kind)
        with self._act(f"kill {kind}", str(process.pid)), suppress(psutil.NoSuchProcess):
            process.kill()

    def _kill_tree(self) -> None:
        with self._act("kill supervisor"):
            self.tree.find("supervisor").kill()
            self.tree.stop()
            self.tree.start()

    def stop_pump(self, seconds: float = PAST_THE_LEASE) -> None:
        """Frozen for longer than its lease, then let go: by then another may be pumping."""
        process = self._pump()
        with self._act("stop pump", str(process.pid)), suppress(psutil.NoSuchProcess):
            process.suspend()
            time.sleep(seconds)
            process.resume()

    def restart(self) -> None:
        """SIGTERM, and begin again."""
        began_at = time.monotonic()
        with self._act("term"):
            status = self.tree.stop(by=signal.SIGTERM)
            took = time.monotonic() - began_at
            self.tree.start()
        assert status == 0, f"SIGTERM ended with status {status}"
        assert took < 30, f"SIGTERM took {took:.1f} s"

    def _pump(self) -> psutil.Process:
        """The worker that talks to the providers most, else the first one."""
        workers = [self._find("first worker")]
        for tree in self.trees:
            sentinel = self._find("sentinel", tree)
            with suppress(psutil.NoSuchProcess):
                workers += sentinel.children()
        return max(workers, key=self._talks)

    def _talks(self, process: psutil.Process) -> int:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            return sum(
                bool(one.raddr) and one.raddr.port in self.ports
                for one in process.net_connections("tcp4")
            )
        return -1

    def _find(self, kind: str, tree: Tree | None = None) -> psutil.Process:
        """As soon as the tree is whole again."""

        def found() -> psutil.Process | None:
            with suppress(psutil.NoSuchProcess, KeyError, IndexError, ValueError):
                return (tree or self.tree).find(kind)
            return None

        process: psutil.Process = until(found, within=60, what=f"there is a {kind}")
        return process

    # What they stand on -----------------------------------------------------------------------

    def lock(self, seconds: float) -> None:
        with self._act("lock"):
            self.stack.locked(seconds)

    def lose_messages(self) -> None:
        with self._act("lose messages"):
            self.stack.lose_messages()

    def cut(self) -> None:
        with self._act("cut"):
            self.stack.cut()

    def fill(self, seconds: float) -> None:
        """Not a byte is left on the disk."""
        if self.disk is None:
            return
        ballast = self.disk / "ballast"
        with self._act("full disk"):
            deadline = time.monotonic() + seconds
            with ballast.open("wb", buffering=0) as file:
                while time.monotonic() < deadline:
                    _write_till_full(file.fileno())
                    time.sleep(0.1)
            ballast.unlink()


def _write_till_full(handle: int) -> None:
    for size in (2**20, 2**12):
        with suppress(OSError):
            while True:
                os.write(handle, bytes(size))


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path | None]:
    """A file system of its own at the folder; None where this machine does not let us."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if not _is_done(words):
        yield None
        return
    try:
        yield folder
    finally:
        until(lambda: _is_done(["umount", str(folder)]), within=20, what="the disk is let go")


def _is_done(words: list[str]) -> bool:
    try:
        return subprocess.run(words, capture_output=True, timeout=20).returncode == 0
    except FileNotFoundError:
        return False
