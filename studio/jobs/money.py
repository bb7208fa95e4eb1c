"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format


def plain(number: Decimal) -> str:
    """A number without needless zeros, in the reader's format."""
    text = f"{number.normalize():f}"
    return number_format(Decimal(text), len(text.partition(".")[2]))


def money(amount: Decimal) -> str:
    """Dollars: two places, more where cents would lie."""
    cents = amount.quantize(Decimal("0.01"))
    return "$" + (f"{cents}" if cents == amount or amount >= 1 else plain(amount))
