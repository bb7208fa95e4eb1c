"""The web server: granian with one worker."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from studio.engine.supervisor.child import Child
from studio.engine.supervisor.preflight import address

ANSWERS_WITHIN = 1.0
REQUESTS_END_WITHIN = 20


class WebServer(Child):
    def __init__(self) -> None:
        super().__init__("The web server", "darkroom-web", self._serve)
        self.host, self.port = address()

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

    def _serve(self) -> None:
        Granian(
            "studio.wsgi:application",
            address=self.host,
            port=self.port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            workers=1,
            blocking_threads=settings.STUDIO_WEB_THREADS,
            respawn_failed_workers=True,
            workers_kill_timeout=REQUESTS_END_WITHIN,
            log_level=LogLevels.error,
        ).serve()
