"""A crew for one life: the real writer on the real database, and a wire that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from studio.engine.claims import with_order
from studio.engine.crew import Alarm
from studio.engine.durations import Durations
from studio.engine.keyring import Keyring
from studio.engine.life import Life
from studio.engine.paces import Paces
from studio.engine.writer import Writer
from studio.jobs.models import Job, Submission
from studio.providers.calls import Call, Response

Step = Response | Exception | Callable[[Call], Response]


class ScriptedWire:
    """Answers calls from a list: a response, an error, or a function of the call."""

    def __init__(self, *script: Step) -> None:
        self.script = list(script)
        self.calls: list[Call] = []

    async def send(self, call: Call, **_: object) -> Response:
        self.calls.append(call)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return await asyncio.to_thread(step, call) if callable(step) else step

    @property
    def posts(self) -> int:
        return sum(call.method == "POST" for call in self.calls)


class Crew:
    """Rests not at all; ends when the script does."""

    def __init__(self, wire: ScriptedWire, write: Writer) -> None:
        self.wire, self.write = wire, write
        self.claim = uuid4()
        self.rests: list[float] = []
        self.progress: list[int | None] = []
        self.keys = Keyring()
        self.paces = Paces(write, {}, lambda: True)
        self.durations = Durations()

    async def rest(self, seconds: float, alarm: Alarm) -> bool:
        self.rests.append(seconds)
        return not self.wire.script

    @asynccontextmanager
    async def turn(self, submission: Submission):
        yield

    @asynccontextmanager
    async def room(self, submission: Submission):
        yield

    def progressed(self, submission: Submission) -> None:
        self.progress.append(submission.progress)

    def departed(self, submission: Submission) -> None:
        """Nobody waits for it."""

    def landed(self, submission: Submission) -> None:
        """Nothing to make room for."""


async def _live(job: Job, *script: Step, is_running: bool = False) -> Crew:
    async with Writer() as write:
        crew = Crew(ScriptedWire(*script), write)

        def take() -> Submission:
            row = with_order(Submission.objects.filter(job=job, is_superseded=False)).get()
            if not is_running:
                row.take(crew.claim)
            return row

        await Life(await write(take), crew).live()
        assert not crew.wire.script, "the life ended before the script"
        return crew


def live(job: Job, *script: Step) -> Crew:
    """Claim the job's submission and live it through the script."""
    return asyncio.run(_live(job, *script))


def resume(job: Job, *script: Step) -> Crew:
    """Go on with what another pump has sent."""
    return asyncio.run(_live(job, *script, is_running=True))
