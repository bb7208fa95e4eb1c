"""The web server as the supervisor sees it."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException

from django.conf import settings

from studio.engine.supervisor.child import Child
from studio.engine.supervisor.preflight import address

ANSWERS_WITHIN = 1.0


class WebServer(Child):
    def __init__(self) -> None:
        self.host, self.port = address()
        words = (self.host, str(self.port), str(settings.STUDIO_WEB_THREADS))
        super().__init__("The web server", "studio.engine.supervisor.serve", *words)

    @property
    def is_ready(self) -> bool:
        """It answers, whatever it says of the studio's health."""
        connection = HTTPConnection(self.host, self.port, timeout=ANSWERS_WITHIN)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status in (200, 503)
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
