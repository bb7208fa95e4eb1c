"""The tree of processes, kept alive until told to end."""

from __future__ import annotations

import gc
import logging
import signal
import time
from types import FrameType

from studio.engine.supervisor.child import SIGNALS, Child
from studio.engine.supervisor.lifeline import adopt_orphans, reap_strangers, tie_forks
from studio.engine.supervisor.preflight import CannotStart

log = logging.getLogger(__name__)

TICK = 0.2
TICK_IN_A_HURRY = 0.05
GONE_WITHIN = 27.0
HURRIED_WITHIN = 2.0
LAST_TURN = 10.0  # so long before the end even who ends last is asked to
CRASHES_AT_START = 4


class Tree:
    """Signals only raise a flag; everything happens in the loop, which no wait may hold up."""

    def __init__(self, children: list[Child], *, ready: str) -> None:
        """ready: the line to print when all of them do their work."""
        self.children = children
        self.ready = ready
        self.stops = 0
        self.stopped: list[Child] = []
        self.is_ready = False

    def run(self) -> None:
        """Return when everything is gone. Raise CannotStart if it never came up."""
        for number in SIGNALS:
            signal.signal(number, self._note_signal)
        adopt_orphans()
        tie_forks()
        gc.collect()
        gc.freeze()  # or the first collection in a child would copy everything it shares
        try:
            while not self.stops:
                self._tick()
                time.sleep(TICK if self.is_ready else TICK_IN_A_HURRY)
            self._end()
        finally:
            for child in self.children:
                child.kill()

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        self.stops += 1

    def _tick(self) -> None:
        for child in self.children:
            child.tend()
            child.look_after()
        reap_strangers({child.pid for child in self.children if child.pid})
        if not self.is_ready:
            self._look_whether_ready()

    def _look_whether_ready(self) -> None:
        for child in self.children:
            if child.crashes >= CRASHES_AT_START:
                raise CannotStart(f"{child.name} does not start; the lines above say why.")
        if all(child.is_ready for child in self.children):
            self.is_ready = True
            print(self.ready, flush=True)  # noqa: T201

    def _end(self) -> None:
        """Workers first: what they have on the way may need the web server until it has come in."""
        log.info("ending")
        gone_at = time.monotonic() + GONE_WITHIN
        for child in self.children:
            child.board.is_draining = True
            child.fault = ""
        while any(child.pid for child in self.children):
            self._stop_whose_time_has_come(gone_at)
            for child in self.children:
                child.tend(restart=False)
                if self.stops > 1:
                    child.hasten(within=HURRIED_WITHIN)
            time.sleep(TICK_IN_A_HURRY)

    def _stop_whose_time_has_come(self, gone_at: float) -> None:
        left = gone_at - time.monotonic()
        is_last_turn = left < LAST_TURN or self.stops > 1
        others = any(child.pid for child in self.children if not child.ends_last)
        for child in self.children:
            if child not in self.stopped and (is_last_turn or not (child.ends_last and others)):
                self.stopped.append(child)
                child.stop(within=left)
