"""How long orders have taken of late: what the poll schedule is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, NamedTuple

from studio.engine.schedule import FEWEST, Curve
from studio.jobs.models import Submission
from studio.jobs.orders import model_of

ROWS = 2000
LATEST = 200  # of one kind
LEARN_EVERY = 60.0  # seconds


class Kind(NamedTuple):
    """Orders that take equally long. The sandbox's are apart from real ones."""

    provider: str
    model: str
    resolution: str
    quality: str
    is_sandbox: bool


Measured = dict[Kind, list[float]]


def kind_of(submission: Submission) -> Kind:
    job = submission.job
    return Kind(job.provider, job.model, job.resolution, job.quality, submission.key.is_sandbox)


class Durations:
    """The curve of each kind, as measured when `learn` was last told."""

    def __init__(self) -> None:
        self._curves: dict[Kind, Curve] = {}
        self._learns_at = 0.0

    def curve(self, submission: Submission) -> Curve:
        """As measured; as documented where too few of its kind are done."""
        kind = kind_of(submission)
        if kind not in self._curves:
            self._curves[kind] = Curve.documented(
                model_of(submission.job), is_sandbox=kind.is_sandbox
            )
        return self._curves[kind]

    async def refresh(self, read: Callable[[Callable[[], Measured]], Awaitable[Measured]]) -> None:
        """Measure again, if the last time is long ago."""
        if monotonic() >= self._learns_at:
            self._learns_at = monotonic() + LEARN_EVERY
            self.learn(await read(measured))

    def learn(self, measured: Measured) -> None:
        """These are the latest durations, in seconds."""
        self._curves = {
            kind: Curve.measured(durations, is_sandbox=kind.is_sandbox)
            for kind, durations in measured.items()
            if len(durations) >= FEWEST
        }


def measured() -> Measured:
    """The durations of the last orders that brought pictures, latest first."""
    done = Submission.objects.filter(done_at__isnull=False, accepted_at__isnull=False)
    rows: Any = done.order_by("-done_at").values_list(
        "job__provider",
        "job__model",
        "job__resolution",
        "job__quality",
        "key__is_sandbox",
        "accepted_at",
        "done_at",
    )
    found: Measured = defaultdict(list)
    for *kind, accepted_at, done_at in rows[:ROWS]:
        seconds = (done_at - accepted_at).total_seconds()
        if seconds > 0 and len(durations := found[Kind(*kind)]) < LATEST:
            durations.append(seconds)
    return found
