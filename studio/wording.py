"""Sentences one after the other, as each language sets them: Chinese wants no space between."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from django.utils.translation import pgettext


def joined(sentences: Iterable[object]) -> str:
    """Sentences one after the other; empty ones count for nothing."""
    said = [str(sentence) for sentence in sentences if sentence]
    return reduce(_then, said) if said else ""


def _then(first: str, second: str) -> str:
    return pgettext("two sentences", "%(first)s %(second)s") % {"first": first, "second": second}
