"""Python's search for cyclic garbage, in a process that keeps a great many objects for minutes.

It goes through all of them again and again: with 10,000 submissions that was a quarter of the
pump's time, in pauses. What is there when the pump begins is left out; the rest is looked at less
often.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (20_000, 20, 20)


@contextmanager
def collected_rarely() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def leave_out_what_is_there() -> None:
    """Until the block of `collected_rarely` ends."""
    gc.freeze()
