"""Addresses that the studio must never connect to, for every entry that takes one (promise 24).

Each is refused without asking a name server. `connects` shows that no socket was opened.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest

LOOPBACK = [
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.254",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.1.",
    "127",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "0177.0x0.0.1",
    "00000177.0.0.1",
    "127.0.0.01",
    "127.000.000.001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "0x7f000001",
    "0x7f000001.",
    "0X7F000001",
    "0x0000007f000001",
    "4294967295",
    "4294967297",
    "0",
    "0.0.0.0",
    "0.0.0.1",
    "0x0",
    "00",
    "0.0",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "127.0.0.1%00.example.com",
    "127.0.0.1%2eexample.com",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "①②⑦.⓪.⓪.①",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
    "𝟙𝟚𝟟.𝟘.𝟘.𝟙",
    "²130706433",
    "0ｘ7f.1",
    "١٢٧.٠.٠.١",
    "127.0.0.1\u00ad",
]

PRIVATE = [
    "10.0.0.1",
    "10.255.255.255",
    "167772161",
    "012.0.0.1",
    "0xa.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "3232235521",
    "0xc0a80001",
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]

IPV6 = [
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[0::1]",
    "[::0001]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::10.0.0.1]",
    "[::8.8.8.8]",
    "[::ffff:127.0.0.1]",
    "[::FFFF:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:192.168.0.1]",
    "[::ffff:0.0.0.0]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::127.0.0.1]",
    "[64:ff9b:1::8.8.8.8]",
    "[2002:7f00:1::]",
    "[2002:7f00:1::1]",
    "[2002:a00:1::1]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::]",
    "[2001::80ff:fffe]",
    "[2001:10::1]",
    "[2001:db8::1]",
    "[2a00:1450:4001:80b:0:5efe:127.0.0.1]",
    "[2a00:1450:4001:80b:200:5efe:10.0.0.1]",
    "[3fff::1]",
    "[100::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[::1%25lo]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[4000::1]",
    "[v1.127]",
    "[127.0.0.1]",
    "[::1",
    "::1]",
    "[[::1]]",
]

NAMES = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ｌｏｃａｌｈｏｓｔ",
    "loc%61lhost",
    "ⓛocalhost",
    "a.localhost",
    "localhost.localdomain",
    "localhost6.localdomain6.local",
    "printer.local",
    "router.lan",
    "nas.home",
    "nas.home.arpa",
    "wiki.corp",
    "wiki.intranet",
    "metadata.google.internal",
    "metadata",
    "postgres",
    "redis.",
    "kubernetes.default.svc.cluster.local",
    "host.docker.internal",
    "a..example.com",
    ".example.com",
    "exa mple.com",
    "example.com\\.evil.example",
    "example.com\t",
    "-",
    "",
]

WHOLE = [
    "http://user@127.0.0.1/",
    "http://example.com@127.0.0.1/",
    "http://example.com:80@127.0.0.1/",
    "http://127.0.0.1@example.com/",
    "http://user:word@example.com/",
    "http://@example.com/",
    "http://example.com%40127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1?@example.com/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:-1/",
    "http://example.com:80:80/",
    "http://example.com:８０８０８/",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "//127.0.0.1/",
    "127.0.0.1",
    "127.0.0.1:6379",
    "ht\ntp://example.com/",
    "http://exam\r\nple.com/",
    "http://example.com/\r\nHost: 127.0.0.1",
    " http://127.0.0.1/",
    "\x00http://example.com/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "ftp://example.com/a.png",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/stats",
    "ws://example.com/",
    "data:image/png;base64,iVBORw0KGgo=",
    "javascript:alert(1)",
    "blob:http://127.0.0.1/x",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "",
]

HOSTS = [*LOOPBACK, *PRIVATE, *IPV6, *NAMES]
URLS = [*(f"http://{host}/a.png" for host in HOSTS), *WHOLE]
BASE_URLS = [*(f"https://{host}/v1" for host in HOSTS), *WHOLE]
# Public hosts, on ports where no picture is served.
PORTS = [f"http://93.184.216.34:{port}/" for port in (21, 22, 23, 25, 53, 110, 2375, 3306, 6379)]


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The addresses that any socket of this process was connected to since the fixture began."""
    seen: list[Any] = []

    class Watched(socket.socket):
        def connect(self, address: Any) -> None:
            seen.append(address)
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            seen.append(address)
            return super().connect_ex(address)

    monkeypatch.setattr(socket, "socket", Watched)
    return seen
