"""Why a life in the pump leaves its submission alone."""

from __future__ import annotations


class ClaimLost(Exception):
    """Another pump has this submission now: leave it alone."""


class Ending(Exception):
    """The pump begins nothing new: leave the submission to the next one."""
