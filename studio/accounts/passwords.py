"""What a password must be."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LengthValidator(MinimumLengthValidator):
    """Django's, with a sentence of our own: Django has no Chinese for its."""

    def get_error_message(self) -> str:
        words = _("This password is too short. It needs at least %(n)d characters.")
        return words % {"n": self.min_length}
