"""Whether a web server still answers, asked without ever waiting: the supervisor has no time."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
KNOCK_EVERY = 5.0
GIVEN_UP_AFTER = 15.0
REFUSES_FOR = 5.0
SILENT_FOR = 60.0


class Knock:
    """One request. `look` says True for an answer, False for none, None for not yet."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.state = self.socket.connect_ex((host, port))
        self.is_sent = False

    def look(self) -> bool | None:
        if self.state not in (0, errno.EINPROGRESS, errno.EAGAIN):
            return False
        try:
            if not self.is_sent:
                self.socket.send(REQUEST)
                self.is_sent = True
            return self.socket.recv(16).startswith(b"HTTP/1.")
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            return None if error.errno == errno.ENOTCONN and not self.is_sent else False

    def close(self) -> None:
        self.socket.close()


class Ear:
    """Knocks every few seconds, and knows for how long nobody has answered."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        silent_for: float = SILENT_FOR,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.host, self.port = host, port
        self.silent_for = silent_for
        self.clock = clock
        self.has_answered = False
        self.heard_at = clock()
        self.refused_since: float | None = None
        self.knock: Knock | None = None
        self.knocked_at = -KNOCK_EVERY

    def listen(self) -> None:
        """Look at the last knock; knock again when it is time."""
        now = self.clock()
        verdict = self.knock.look() if self.knock else None
        if verdict:
            self.has_answered, self.heard_at, self.refused_since = True, now, None
        elif verdict is False:
            self.refused_since = self.refused_since or now
        elif self.knock and now - self.knocked_at > GIVEN_UP_AFTER:
            verdict = False
        if verdict is not None:
            self.close()
        if self.knock is None and now - self.knocked_at >= self._pause():
            self.knocked_at = now
            with suppress(OSError):
                self.knock = Knock(self.host, self.port)

    def complaint(self) -> str:
        """Why the web server must be replaced, or nothing."""
        now = self.clock()
        if self.has_answered and self.refused_since and now - self.refused_since > REFUSES_FOR:
            return "does not listen any more"
        silence = now - self.heard_at
        if silence > self.silent_for:
            return f"has answered nothing for {silence:.0f} s"
        return ""

    def close(self) -> None:
        if self.knock:
            self.knock.close()
        self.knock = None

    def _pause(self) -> float:
        return KNOCK_EVERY if self.has_answered and not self.refused_since else 0.1
