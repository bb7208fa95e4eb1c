"""The other end of `pumping`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks._tree import ROOT, Tree


class Pumper:
    """A studio without a tree: its database, and one pump at a time."""

    def __init__(self, folder: Path, sandbox: str) -> None:
        tree = Tree(
            folder,
            DJANGO_SETTINGS_MODULE="tests.benchmarks.settings",
            SANDBOX_AT=sandbox.removesuffix("/sandbox"),
            STUDIO_ALLOW_PRIVATE_HOSTS="127.0.0.0/8",
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.pumping"],
            cwd=ROOT,
            env=tree.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate(timeout=10)

    def order(self, provider: str, number: int) -> None:
        self._say("order", provider, number)

    def pump(self) -> int:
        """The process that pumps."""
        return self._say("pump")

    def wait(self, pid: int) -> int:
        """How it ended, as os.waitpid() tells."""
        return self._say("wait", pid)

    def _say(self, *words: object) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())
