"""The web server: granian with one worker. Replaced when it does not answer any more."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from studio.engine.supervisor.child import Child
from studio.engine.supervisor.knock import SILENT_FOR, Ear
from studio.engine.supervisor.preflight import address

REQUESTS_END_WITHIN = 20
REPLACED_WITHIN = 5.0

# Its lines go to our log, in our format.
LOGS: dict[str, Any] = {
    "handlers": {},
    "formatters": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


class WebServer(Child):
    """silent_for: after so many seconds without an answer it counts as hanging."""

    ends_last = True

    def __init__(self, *, silent_for: float = SILENT_FOR) -> None:
        super().__init__("The web server", "darkroom-web", self._serve)
        self.host, self.port = address()
        self.silent_for = silent_for
        self.ear: Ear | None = None

    @property
    def is_ready(self) -> bool:
        """It answers, whatever it says of the studio's health."""
        return self.ear is not None and self.ear.has_answered

    def start(self) -> None:
        if self.ear:
            self.ear.close()
        self.ear = Ear(self.host, self.port, silent_for=self.silent_for)
        super().start()

    def look_after(self) -> None:
        if not self.pid or self.kill_at or not self.ear:
            return
        self.ear.listen()
        if complaint := self.ear.complaint():
            self.replace(complaint, within=REPLACED_WITHIN)

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
            log_dictconfig=LOGS,
        ).serve()
