"""Signing in by e-mail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from studio.accounts.models import User
from studio.accounts.throttle import forgive

BACKEND = "studio.accounts.backends.EmailBackend"


class EmailBackend(ModelBackend):
    """Django's own: finds by e-mail in any case, and refuses disabled members at every request."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            forgive(request)
        return user
