"""Members as rows."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from studio.accounts.models import User


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Mei Lin", "ML"),
        ("Inês Rocha", "IR"),
        ("Élodie", "É"),
        ("Anna Maria von Weber", "AW"),
        ("plato", "P"),
        ("王小明", "王"),
        ("", "?"),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert User(name=name).initials == initials


@pytest.mark.parametrize("email", ["BOB@example.com", "bob@EXAMPLE.com", " Bob@Example.com"])
def test_an_email_is_taken_in_every_spelling(bob: User, email: str) -> None:
    assert User.objects.get(email=email) == bob
    with pytest.raises(IntegrityError):
        User.objects.create(email=email, name="Another Bob")


def test_look_alike_letters_are_the_same_email(bob: User) -> None:
    fullwidth = "ｂｏｂ@example.com"

    assert User.objects.get_by_natural_key(fullwidth) == bob
