"""Marks sentences for translation where Django may not be imported."""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """The message itself: extracted for translators here, translated where it is shown."""
    return message
