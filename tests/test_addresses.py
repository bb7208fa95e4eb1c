from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from studio.addresses import (
    ForbiddenAddress,
    allowed_addresses,
    check_base_url,
    check_url,
    is_allowed,
    is_allowed_private,
    is_sandbox,
)
from studio.env import env_networks
from tests.hostile_addresses import BASE_URLS, HOSTS, PORTS, URLS

PUBLIC = [
    "https://api.apimart.ai/v1/pictures/a.png",
    "http://cdn.example.com/a.png",
    "https://93.184.216.34/a.png",
    "https://[2606:2800:220:1:248:1893:25c8:1946]/a.png",
    "https://[64:ff9b::5db8:d822]/a.png",
    "https://cdn.example.com:8443/a.png?x=%2C&Signature=a%2Bb%2F%3D",
    "https://vercel.app/%E7%8C%AB.png",
]


def info(host: str) -> dict[str, str]:
    return {"host": host}


@pytest.mark.promise(24)
def test_the_corpus_is_large_and_without_doubles():
    assert len(set(HOSTS)) == len(HOSTS) >= 120
    assert len(set(URLS)) == len(URLS)


@pytest.mark.promise(24)
@pytest.mark.parametrize("url", [*URLS, *PORTS])
def test_a_hostile_address_is_not_fetched(url: str):
    with pytest.raises(ForbiddenAddress) as caught:
        check_url(url)

    assert str(caught.value.message)


@pytest.mark.promise(24)
@pytest.mark.parametrize("url", BASE_URLS)
def test_a_hostile_address_is_no_base_url(url: str):
    with pytest.raises(ForbiddenAddress):
        check_base_url(url)


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_address_stays_as_it_was_written(url: str):
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTPS://API.Example.COM./a.png#part", "https://api.example.com/a.png"),
        ("http://example.com:80", "http://example.com"),
        ("https://例子.测试/a.png", "https://xn--fsqu00a.xn--0zwm56d/a.png"),
        ("https://ｅｘａｍｐｌｅ.com/", "https://example.com/"),
        (
            "https://[2606:2800:0220:0001:0248:1893:25C8:1946]/",
            "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        ),
    ],
)
def test_an_address_has_one_spelling(written: str, canonical: str):
    assert check_url(written) == canonical


def test_a_host_that_only_looks_like_a_number_is_a_name():
    assert check_url("https://1.2.3.4.example.com/") == "https://1.2.3.4.example.com/"


def test_an_endless_address_is_refused():
    with pytest.raises(ForbiddenAddress, match="too long"):
        check_url("https://example.com/" + "a" * 5000)


def test_a_base_url_loses_its_slash_and_keeps_its_path_and_port():
    assert (
        check_base_url("https://mirror.example.com:3000/api/")
        == "https://mirror.example.com:3000/api"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "https://a.example.com?x=1",
        "https://a.example.com/#",
        "https://a.example.com?",
    ],
)
def test_a_base_url_is_https_and_plain(url: str):
    with pytest.raises(ForbiddenAddress):
        check_base_url(url)


class TestAnAllowedNetwork:
    @pytest.fixture(autouse=True)
    def _allowed(self, settings: Settings):
        settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["192.168.7.0/24", "fd12::/16"]

    def test_its_addresses_may_be_connected_to_and_its_neighbours_not(self):
        judged = [
            is_allowed(ip)
            for ip in ("192.168.7.9", "::ffff:192.168.7.9", "fd12::9", "192.168.8.9", "::1")
        ]

        assert judged == [True, True, True, False, False]

    def test_it_may_be_spoken_to_in_the_open_on_any_port(self):
        assert check_base_url("http://192.168.7.9:3000/") == "http://192.168.7.9:3000"
        assert check_url("http://192.168.7.9:3000/a.png") == "http://192.168.7.9:3000/a.png"

    def test_a_public_literal_still_needs_https(self):
        with pytest.raises(ForbiddenAddress, match="https"):
            check_base_url("http://93.184.216.34")

    def test_a_local_name_is_judged_by_what_it_resolves_to(self):
        assert check_base_url("http://images:3000") == "http://images:3000"
        with pytest.raises(ForbiddenAddress):
            allowed_addresses("images", [info("192.168.8.9")])

    def test_a_key_in_the_open_reaches_only_it(self):
        found = [info("93.184.216.34"), info("192.168.7.9")]

        assert allowed_addresses("images", found, only_private=True) == [info("192.168.7.9")]
        assert not is_allowed_private("93.184.216.34")


def test_a_resolver_s_private_answers_are_dropped():
    found = [info("10.0.0.1"), info("93.184.216.34"), info("::1")]

    assert allowed_addresses("example.com", found) == [info("93.184.216.34")]


def test_an_answer_without_any_public_address_is_refused():
    with pytest.raises(ForbiddenAddress):
        allowed_addresses("example.com", [info("10.0.0.1"), info("fe80::1%eth0"), info("rubbish")])


class TestTheSandbox:
    @pytest.fixture(autouse=True)
    def _sandbox(self, settings: Settings):
        settings.STUDIO_SANDBOX = True
        settings.STUDIO_SANDBOX_URL = "http://127.0.0.1:8000/sandbox"
        settings.STUDIO_PUBLIC_URL = "https://studio.lan:9000"

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:8000/sandbox/pictures/a.png",
            "https://studio.lan:9000/sandbox/pictures/a.png?x=1",
        ],
    )
    def test_it_is_reached_although_it_is_private(self, url: str):
        assert check_url(url) == url
        assert is_sandbox(url)

    def test_it_can_be_a_base_url(self):
        assert check_base_url("http://127.0.0.1:8000/sandbox/") == "http://127.0.0.1:8000/sandbox"

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:8000/",
            "http://127.0.0.1:8000/sandboxes",
            "http://127.0.0.1:8000/sandbox/../keys",
            "http://127.0.0.1:8000/sandbox/%2e%2e/keys",
            "http://127.0.0.1:8000/sandbox/%2E./keys",
            "http://127.0.0.1:8000/%73andbox/a",
            "http://127.0.0.1:8001/sandbox/a",
            "https://127.0.0.1:8000/sandbox/a",
            "http://127.0.0.2:8000/sandbox/a",
            "http://localhost:8000/sandbox/a",
            "http://studio.lan:9000/sandbox/a",
        ],
    )
    def test_nothing_else_of_the_studio_is(self, url: str):
        with pytest.raises(ForbiddenAddress):
            check_url(url)

    def test_it_is_private_again_when_it_is_off(self, settings: Settings):
        settings.STUDIO_SANDBOX = False

        with pytest.raises(ForbiddenAddress):
            check_url("http://127.0.0.1:8000/sandbox/a")

    def test_a_caller_may_leave_it_out(self):
        with pytest.raises(ForbiddenAddress):
            check_url("http://127.0.0.1:8000/sandbox/a", sandbox_ok=False)


@pytest.mark.parametrize("value", ["10.0.0.0/33", "10.0.0.1/8", "office", "127.0.0.1, ::g"])
def test_a_bad_network_stops_the_start_in_one_line(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("STUDIO_ALLOW_PRIVATE_HOSTS", value)

    with pytest.raises(ImproperlyConfigured, match=r"^STUDIO_ALLOW_PRIVATE_HOSTS: [^\n]+$"):
        env_networks("STUDIO_ALLOW_PRIVATE_HOSTS")


def test_good_networks_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STUDIO_ALLOW_PRIVATE_HOSTS", "127.0.0.1, fd12::/16")

    assert env_networks("STUDIO_ALLOW_PRIVATE_HOSTS") == ["127.0.0.1", "fd12::/16"]
