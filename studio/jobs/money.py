"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format


def plain(number: Decimal, *, places: int = 0) -> str:
    """A number in the reader's format, exact, with this many places at least."""
    text = f"{number.normalize():f}"
    return number_format(Decimal(text), max(places, len(text.partition(".")[2])))


def money(amount: Decimal) -> str:
    """Dollars: two places, more where an amount has more."""
    return f"${plain(amount, places=2)}"
