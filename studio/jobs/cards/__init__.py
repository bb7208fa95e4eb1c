"""A card draws a job in every state."""

from studio.jobs.cards.card import Card, arranged, make_cards, with_cards
from studio.jobs.cards.comparison import Comparison
from studio.jobs.cards.prints import Print, print_of
from studio.jobs.cards.progress import Progress

__all__ = [
    "Card",
    "Comparison",
    "Print",
    "Progress",
    "arranged",
    "make_cards",
    "print_of",
    "with_cards",
]
