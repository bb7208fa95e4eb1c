"""A flag for the workers of this branch: finish what is on the way, begin nothing new."""

from __future__ import annotations

from studio.engine.board import ours


def begin() -> None:
    """Ask every pump to end its slice early."""
    ours().is_draining = True


def end() -> None:
    ours().is_draining = False


def is_draining() -> bool:
    return ours().is_draining
