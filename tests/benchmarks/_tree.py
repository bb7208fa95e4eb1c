"""A real studio on a folder of its own and a free port: started, used over HTTP, taken down."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

from studio.engine.supervisor.lifeline import PR_SET_PDEATHSIG, prctl

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a long enough pass phrase"
READY = "Darkroom is ready at "
WORKERS_READY = "Darkroom's workers"
TOKEN = re.compile(r'name="form_token"[^>]* value="([0-9a-f-]{36})"')
KEY = re.compile(r'name="key"[^>]* value="([0-9a-f-]{36})"')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], *, within: float, what: str) -> Any:
    """What the condition gives as soon as it is true. Raises TimeoutError."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within} s: {what}")
        time.sleep(0.05)
    return found


class Tree:
    """One `manage.py studio` and everything that it starts. part: its flags."""

    def __init__(self, folder: Path, *part: str, **environment: str) -> None:
        self.folder = folder
        self.part = part
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_name(f"{folder.name}.log")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("STUDIO_", "DJANGO_"))},
            "STUDIO_BIND": f"127.0.0.1:{self.port}",
            "STUDIO_DATA_DIR": str(folder),
            "STUDIO_MIN_FREE_MB": "10",
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None
        self.lines: list[str] = []
        self.clients: list[httpx.Client] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in self.clients:
            client.close()
        self.stop()

    # Life ------------------------------------------------------------------------------------

    def start(self, *, within: float = 60) -> float:
        """Wait for the readiness line; the seconds that it took."""
        before = time.monotonic()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command("studio", *self.part),
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=partial(prctl, PR_SET_PDEATHSIG, signal.SIGTERM),
            )
        self.lines = [self._read_line(within)]
        return time.monotonic() - before

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *words]

    def _read_line(self, within: float) -> str:
        assert self.process
        assert self.process.stdout
        if not select.select([self.process.stdout], [], [], within)[0]:
            raise TimeoutError(f"no line within {within} s; {self.log.read_text()}")
        line = self.process.stdout.readline().strip()
        if not line.startswith((READY, WORKERS_READY)):
            raise RuntimeError(f"“{line}” instead of readiness; {self.log.read_text()}")
        return line

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, *, by: signal.Signals = signal.SIGTERM, within: float = 35) -> int:
        """The exit status. All further output is in `lines`."""
        assert self.process
        if self.is_running:
            self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=within)
        self.lines += rest.splitlines()
        return self.process.returncode

    def kill(self) -> None:
        """Everything, with -9."""
        family = self.processes()
        for process in family:
            process.kill()
        self.stop()
        psutil.wait_procs(family, timeout=10)

    # What it is made of ----------------------------------------------------------------------

    def processes(self) -> list[psutil.Process]:
        assert self.process
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def find(self, kind: str) -> psutil.Process:
        """By its kind: supervisor, web, web worker, cluster, sentinel, first worker, …"""
        root = self.processes()[0]
        if kind == "supervisor":
            return root
        branches = {child.name(): child for child in root.children()}
        if kind.startswith("web"):
            web = branches["darkroom-web"]
            return web if kind == "web" else web.children()[0]
        cluster = branches["darkroom-tasks"]
        if kind == "cluster":
            return cluster
        sentinel = cluster.children()[0]
        *workers, monitor, pusher = sorted(sentinel.children(), key=lambda child: child.pid)
        return {
            "sentinel": sentinel,
            "first worker": workers[0],
            "last worker": workers[-1],
            "monitor": monitor,
            "pusher": pusher,
        }[kind]

    def pss_mb(self) -> float:
        """Proportional set size of the whole tree: shared pages count once."""
        return sum(pss_kb(process.pid) for process in self.processes()) / 1024

    # Use over HTTP ---------------------------------------------------------------------------

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /healthz; status 0 while nobody answers."""
        try:
            answer = httpx.get(f"{self.url}/healthz", timeout=5)
        except httpx.TransportError:
            return 0, {}
        return answer.status_code, answer.json()

    def heartbeat(self) -> float | None:
        """When the workers last showed a sign of life, as seconds of this machine's clock."""
        status, body = self.health()
        age = body.get("checks", {}).get("workers", {}).get("heartbeat_age_seconds")
        return None if age is None or status == 0 else time.time() - age

    def is_well_since(self, moment: float) -> bool:
        """Healthy, with a sign of life from after the moment."""
        status, _ = self.health()
        beat = self.heartbeat()
        return status == 200 and beat is not None and beat > moment + 1

    def open_studio(self) -> httpx.Client:
        """The first admin, signed in, with a key for the sandbox."""
        client = httpx.Client(base_url=self.url, follow_redirects=True, timeout=30)
        self.clients.append(client)
        facts = {
            "name": "Alice Admin",
            "email": "alice@example.com",
            "password": PASSWORD,
            "studio_name": "Halide Studio",
            "language": "en",
        }
        client.get("/first-run/").raise_for_status()
        self.post(client, "/first-run/", facts)
        self.post(client, "/keys/sandbox/", {})
        return client

    def place(self, client: httpx.Client, prompt: str, **fields: Any) -> httpx.Response:
        """An order as the composer sends it: with its form token, to the key that it offers."""
        page = client.get("/").text
        token, key = TOKEN.search(page), KEY.search(page)
        assert token, "the composer has no form token"
        assert key, "the composer offers no key"
        order = {"prompt": prompt, "ratio": "1:1", "resolution": "1k", "count": "1", **fields}
        found = {"form_token": token[1], "key": key[1]}
        return self.post(client, "/jobs/place", {**order, **found})

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the studio's database from outside."""
        with closing(sqlite3.connect(self.folder / "darkroom.sqlite3", timeout=30)) as database:
            return database.execute(sql, values).fetchall()

    def post(self, client: httpx.Client, path: str, data: dict[str, Any]) -> httpx.Response:
        """With the CSRF token that the browser would send."""
        answer = client.post(
            path,
            data=data,
            headers={"X-CSRFToken": client.cookies["csrftoken"], "Referer": self.url},
        )
        answer.raise_for_status()
        return answer


def pss_kb(pid: int) -> int:
    """Of one process; nothing if it has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1])  # type: ignore[index]


def show(title: str, rows: list[tuple[str, str, str]]) -> None:
    """A table of what was measured and what is aimed at."""
    print(f"\n{title}")
    for name, figure, aim in rows:
        print(f"  {name:<34} {figure:>12}   {aim}")
    print(json.dumps({name: figure for name, figure, _ in rows}))
