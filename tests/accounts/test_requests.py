"""Where requests come from and where answers lead."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from studio.accounts.requests import client_address, public_url


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "not an address", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_forwarded_addresses_count_only_behind_our_own_proxies(
    settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.STUDIO_TRUSTED_PROXIES = proxies
    request = RequestFactory(REMOTE_ADDR="192.0.2.1").get(
        "/", headers={"X-Forwarded-For": forwarded}
    )

    assert client_address(request) == address


def test_a_socket_without_address_has_none() -> None:
    assert client_address(RequestFactory(REMOTE_ADDR="").get("/")) is None


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("https://studio.example.com", "https://studio.example.com/team/"),
        ("", "http://testserver/team/"),
    ],
)
def test_links_carry_the_public_name_where_there_is_one(settings, named: str, url: str) -> None:
    settings.STUDIO_PUBLIC_URL = named

    assert public_url(RequestFactory().get("/"), "/team/") == url
