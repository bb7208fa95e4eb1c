"""Trying a key tells what the provider said about it."""

from __future__ import annotations

import pytest

from studio.engine import probing
from tests.conftest import make_key

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_provider_says_of_its_limits_stays_on_the_row(bob, live_server, settings):
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob, provider="gptimage2plus")
    key.set_secret("gimg_0123456789")

    probing.probe(key)

    key.refresh_from_db()
    assert (key.test_status, key.test_limits, key.test_balance) == ("ok", "599 / 600", "")
