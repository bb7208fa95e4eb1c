"""Which hosts the studio may connect to: public ones, those that the operator allows, its sandbox.

A text is read once, strictly, and given back in one canonical spelling, so that no later parser
can read another host in it. Names are judged when they are resolved: `allowed_addresses`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEFAULT_PORTS = {"http": 80, "https": 443}
PICTURE_PORTS = frozenset({80, 443, 8080, 8443})
ANY_PORT = frozenset(range(1, 65536))
LONGEST_URL = 4096  # presigned addresses with session tokens pass 2,000

# What `is_global` lets through and no public server has: the 6to4 relay, protocol assignments,
# Azure's wire server, Teredo and other protocol blocks, documentation, 6to4.
NEVER = [
    ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
]
PUBLIC_6 = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = {0x00005EFE, 0x02005EFE}

LOCAL_ENDINGS = (
    *("localhost", "localdomain", "local", "internal", "intranet"),
    *("lan", "home", "corp", "private", "home.arpa"),
)
NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ufeff]")

NOT_AN_ADDRESS = _("This is not a web address that the studio can open.")
PRIVATE = _("This address leads into a private network. The studio does not connect to it.")
HAS_LOGIN = _("Leave the user name and password out of the address.")
BAD_PORT = _("The studio does not connect to this port.")
TOO_LONG = _("This address is too long.")
NEEDS_HTTPS = _("The address must begin with https://, so that the key is not sent in the open.")
HAS_QUERY = _("Leave everything from “?” or “#” on out of the address.")

Info = TypeVar("Info", bound=Mapping[str, object])
Network = IPv4Network | IPv6Network


class ForbiddenAddress(Exception):
    """The studio does not connect to this address. `message` says why, for a person."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Address:
    """A web address, read strictly. `host` is lower-case ASCII; IPv6 without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == DEFAULT_PORTS[self.scheme]
        netloc = host if is_usual else f"{host}:{self.port}"
        return urlunsplit((self.scheme, netloc, self.path, self.query, ""))

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address, which no resolver will be asked for."""
        return _literal(self.host) is not None


def check_url(url: str, *, sandbox_ok: bool = True, ports: frozenset[int] = PICTURE_PORTS) -> str:
    """The canonical spelling of an address that may be fetched. Raises ForbiddenAddress."""
    address = read(url)
    if sandbox_ok and is_sandbox(address):
        return str(address)
    _check_host(address.host)
    if address.port not in ports and not _is_at_home(address.host):
        raise ForbiddenAddress(BAD_PORT)
    return str(address)


def check_base_url(url: str) -> str:
    """The canonical base URL for a key, without a trailing slash. Raises ForbiddenAddress."""
    address = read(url)
    if address.query or "?" in url or "#" in url:
        raise ForbiddenAddress(HAS_QUERY)
    if not is_sandbox(address):
        _check_host(address.host)
        if address.scheme != "https" and not _is_at_home(address.host):
            raise ForbiddenAddress(NEEDS_HTTPS)
    return str(address).rstrip("/")


def is_allowed(ip: str) -> bool:
    """Whether this IP address is public unicast, or allowed by the operator."""
    address = _literal(ip)
    return address is not None and (_is_public(address) or _is_own(address))


def is_allowed_private(ip: str) -> bool:
    """Whether the operator's STUDIO_ALLOW_PRIVATE_HOSTS names this IP address."""
    address = _literal(ip)
    return address is not None and _is_own(address)


def allowed_addresses(
    host: str, infos: Sequence[Info], *, only_private: bool = False
) -> list[Info]:
    """Those of the resolved addresses (`host` is the IP) that may be connected to, at least one.

    only_private: only those that the operator allows. Raises ForbiddenAddress.
    """
    is_fine = is_allowed_private if only_private else is_allowed
    allowed = [info for info in infos if is_fine(str(info["host"]))]
    if not allowed:
        raise ForbiddenAddress(PRIVATE if not only_private else NEEDS_HTTPS)
    return allowed


def is_sandbox(address: Address | str) -> bool:
    """Whether it lies in the studio's own sandbox: same origin, path below the sandbox's."""
    if not settings.STUDIO_SANDBOX:
        return False
    address = read(address) if isinstance(address, str) else address
    if {".", ".."} & set(unquote(address.path).split("/")):
        return False
    return any(
        address.origin == home.origin and f"{address.path}/".startswith(f"{home.path}/")
        for home in _sandboxes(settings.STUDIO_SANDBOX_URL, settings.STUDIO_PUBLIC_URL)
    )


def read(url: str) -> Address:
    """Take an http(s) address apart. Raises ForbiddenAddress for whatever is not plain."""
    if len(url) > LONGEST_URL:
        raise ForbiddenAddress(TOO_LONG)
    if UNSAFE.search(url):
        raise ForbiddenAddress(NOT_AN_ADDRESS)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ForbiddenAddress(NOT_AN_ADDRESS) from error
    if parts.scheme not in DEFAULT_PORTS:
        raise ForbiddenAddress(NOT_AN_ADDRESS)
    if "@" in parts.netloc:
        raise ForbiddenAddress(HAS_LOGIN)
    if port == 0:
        raise ForbiddenAddress(BAD_PORT)
    return Address(
        scheme=parts.scheme,
        host=_host(parts.netloc, parts.hostname or ""),
        port=port or DEFAULT_PORTS[parts.scheme],
        path=parts.path,
        query=parts.query,
    )


@lru_cache(maxsize=8)
def parse_networks(words: tuple[str, ...]) -> tuple[Network, ...]:
    """CIDRs as networks. Raises ValueError."""
    return tuple(ip_network(word) for word in words)


@lru_cache(maxsize=8)
def _sandboxes(sandbox_url: str, public_url: str) -> tuple[Address, ...]:
    urls = [sandbox_url, f"{public_url}/sandbox" if public_url else ""]
    return tuple(read(url.rstrip("/")) for url in urls if url)


@lru_cache(maxsize=256)
def _host(netloc: str, host: str) -> str:
    """The host in one spelling: full-width and other digits folded, names in punycode."""
    if "%" in host:
        raise ForbiddenAddress(NOT_AN_ADDRESS)
    if "[" in netloc:
        return _host_6(host)
    host = unicodedata.normalize("NFKC", host)
    if any(sign.isdecimal() and not sign.isascii() for sign in host):
        raise ForbiddenAddress(NOT_AN_ADDRESS)
    try:
        host = host.encode("idna").decode().lower()
    except UnicodeError as error:
        raise ForbiddenAddress(NOT_AN_ADDRESS) from error
    host = host.removesuffix(".")
    is_number = NUMBER.fullmatch(host.rpartition(".")[2])
    if not NAME.fullmatch(host) or (is_number and _literal(host) is None):
        raise ForbiddenAddress(NOT_AN_ADDRESS)
    return host


def _host_6(host: str) -> str:
    try:
        return str(IPv6Address(host))
    except ValueError as error:
        raise ForbiddenAddress(NOT_AN_ADDRESS) from error


def _check_host(host: str) -> None:
    """Judge what can be judged without asking a name server."""
    if _literal(host) is not None:
        is_fine = is_allowed(host)
    else:
        # A local name may lead to an allowed network; its addresses are judged one by one.
        is_fine = not _is_local(host) or bool(settings.STUDIO_ALLOW_PRIVATE_HOSTS)
    if not is_fine:
        raise ForbiddenAddress(PRIVATE)


def _is_at_home(host: str) -> bool:
    """Whether the host is, or by its name may be, in a network that the operator allows."""
    if _literal(host) is not None:
        return is_allowed_private(host)
    return bool(settings.STUDIO_ALLOW_PRIVATE_HOSTS)


def _is_local(name: str) -> bool:
    return "." not in name or f".{name}".endswith(tuple(f".{end}" for end in LOCAL_ENDINGS))


def _literal(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a packet would go to in the end; None for a name or a scoped address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id:
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address


def _is_own(address: IPv4Address | IPv6Address) -> bool:
    networks = parse_networks(tuple(settings.STUDIO_ALLOW_PRIVATE_HOSTS))
    return any(address in network for network in networks)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if any(address in network for network in NEVER):
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in PUBLIC_6 and (int(address) >> 32) & 0xFFFFFFFF not in ISATAP
