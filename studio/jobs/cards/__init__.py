"""A card draws a job in every state."""

from studio.jobs.cards.card import Card, make_cards, with_cards
from studio.jobs.cards.prints import Print, print_of
from studio.jobs.cards.progress import Progress

__all__ = ["Card", "Print", "Progress", "make_cards", "print_of", "with_cards"]
