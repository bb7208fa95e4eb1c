"""The web server's process: `python -m studio.engine.supervisor.serve PARENT HOST PORT THREADS`.

Imports no Django, so that only granian's worker holds the application.
"""

from __future__ import annotations

import sys

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from studio.engine.supervisor.lifeline import hold_on_to, tie_forks

REQUESTS_MAY_TAKE = 20


def main(parent: str, host: str, port: str, threads: str) -> None:
    hold_on_to(int(parent))
    tie_forks()
    Granian(
        "studio.wsgi:application",
        address=host,
        port=int(port),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=int(threads),
        respawn_failed_workers=True,
        workers_kill_timeout=REQUESTS_MAY_TAKE,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
