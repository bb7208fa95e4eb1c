"""What a card knows of its job: facts, shape, progress."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.accounts.models import User
from studio.jobs.cards.comparison import Comparison
from studio.jobs.cards.prints import Print, nearest_ratio, print_of
from studio.jobs.cards.progress import Progress
from studio.jobs.models import Image, Job, Submission
from studio.jobs.orders import model_of, order_of
from studio.jobs.states import ACTIVE, Status
from studio.markup import choice

STAGES = {
    Status.QUEUED: "wait",
    Status.SUBMITTING: "wait",
    Status.CANCELLED: "wait",
    Status.FAILED: "s-bad",
    Status.BLOCKED: "s-info",
    Status.UNKNOWN: "s-warn",
    Status.SUCCEEDED: "",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One job as `member` sees it at `now`, with all its submissions."""

    job: Job
    member: User
    now: datetime
    submissions: list[Submission]
    is_fresh: bool = False
    comparison: Comparison | None = None

    @property
    def number(self) -> int:
        return self.job.pk

    @property
    def uid(self) -> str:
        return str(self.job.uid)

    @property
    def since(self) -> str:
        """What a page says that it has seen of this card."""
        return self.progress.since

    @property
    def status(self) -> Status:
        return Status(self.job.status)

    @property
    def is_unfinished(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_watched(self) -> bool:
        """A page asks whether it has changed: soon, or now and then where that is up to people."""
        is_open = self.comparison is not None and self.comparison.is_to_be_decided
        return self.is_unfinished or bool(self.doubts) or is_open

    @property
    def is_calm(self) -> bool:
        """Nothing of it moves by itself."""
        return not (self.is_unfinished or self.is_sought)

    @property
    def url(self) -> str:
        return reverse("job", args=[self.job.uid])

    @property
    def owner(self) -> User:
        return self.job.owner

    @property
    def created_at(self) -> datetime:
        return self.job.created_at

    @property
    def prompt(self) -> str:
        return self.job.prompt

    @property
    def provider_label(self) -> str:
        if self.job.key.is_sandbox:
            return _("Demo")
        return self.job.key.provider_label

    @property
    def css(self) -> str:
        return "demo" if self.job.key.is_sandbox else self.job.provider

    @property
    def is_mine(self) -> bool:
        return self.job.owner_id == self.member.pk

    @property
    def count(self) -> int:
        return self.job.count

    @cached_property
    def current(self) -> list[Submission]:
        """Those that no retry has replaced."""
        return [one for one in self.submissions if not one.is_superseded]

    @cached_property
    def _kept(self) -> list[Image]:
        return [image for image in self.job.images.all() if image.is_kept]

    @cached_property
    def images(self) -> list[Print]:
        return [
            print_of(image, self.prompt, place=place, total=len(self._kept))
            for place, image in enumerate(self._kept, start=1)
        ]

    @property
    def frames(self) -> list[Print | None]:
        """A place for each picture that was ordered, with those that have come in theirs."""
        came: dict[UUID, list[Print]] = defaultdict(list)
        for image, drawn in zip(self._kept, self.images, strict=True):
            came[image.submission_id].append(drawn)
        places: list[Print | None] = []
        for one in self.submissions:
            wanted = 0 if one.is_superseded else one.count
            places += [*came[one.pk], *[None] * (wanted - len(came[one.pk]))]
        return places[: self.frame_count]

    @cached_property
    def missing(self) -> int:
        """Pictures that an ended order did not bring."""
        return self.job.missing()

    @property
    def wanting(self) -> int:
        """As many of them as may be ordered again."""
        return self.job.wanting()

    @cached_property
    def doubts(self) -> list[Submission]:
        """Those whose outcome nobody knows."""
        return [one for one in self.current if one.is_unknown]

    @property
    def is_sought(self) -> bool:
        """A provider is just being asked what became of it."""
        return any(one.is_sought for one in self.doubts)

    @property
    def is_partial(self) -> bool:
        """Some pictures came and some did not."""
        return self.status == Status.SUCCEEDED and bool(self.missing)

    @property
    def is_short(self) -> bool:
        """What was made and perhaps paid for is not all there."""
        done = [one for one in self.current if one.status == Status.SUCCEEDED]
        return self.is_partial and sum(one.count for one in done) > len(self.images)

    @property
    def frame_count(self) -> int:
        """Frames on the stage: what was ordered, or what came if that is done."""
        if self.status == Status.SUCCEEDED:
            return min(10, max(1, len(self.images)))
        return min(10, self.count)

    @property
    def ratio_class(self) -> str:
        """The frame's shape: one of the design's `ar-*` classes, nearest to what is expected."""
        return nearest_ratio(*self._shape())

    def _shape(self) -> tuple[int, int]:
        if self.images:
            return self.images[0].width, self.images[0].height
        expected = model_of(self.job).expected_sizes(order_of(self.job))
        if expected:
            return expected[0]
        ratio = model_of(self.job).aliases.get(self.job.ratio, self.job.ratio)
        wide, _colon, high = ratio.partition(":")
        if wide.isdecimal() and high.isdecimal():
            return int(wide), int(high)
        first = next(iter(self.job.job_references.all()), None)
        return (first.reference.width, first.reference.height) if first else (1, 1)

    @property
    def chips(self) -> list[str]:
        job = self.job
        size = f"{job.width} × {job.height}" if job.width else choice(job.ratio)
        words = [size, choice(job.resolution), choice(job.quality)]
        words.append(ngettext("%(n)s picture", "%(n)s pictures", job.count) % {"n": job.count})
        if used := len(self.job.job_references.all()):
            words.append(ngettext("%(n)s reference", "%(n)s references", used) % {"n": used})
        if job.mask_id:
            words.append(_("mask"))
        return [word for word in words if word]

    @property
    def stage_class(self) -> str:
        if self.status in STAGES:
            return STAGES[self.status]
        return f"dev p-{(self.percent or 0) // 5 * 5}"

    @cached_property
    def progress(self) -> Progress:
        return Progress(job=self.job, now=self.now, current=self.current)

    @property
    def percent(self) -> int | None:
        """For the bar; none where nobody can tell."""
        if self.status == Status.SAVING:
            return 60 + 40 * len(self.images) // max(1, len(self.job.images.all()))
        return self.progress.percent if self.status == Status.RUNNING else None

    @property
    def pair(self) -> tuple[str, str] | None:
        """Two short texts over the progress bar."""
        if self.status == Status.RUNNING:
            return _("%(s)s s") % {"s": self.progress.elapsed}, self._how_far()
        if self.status == Status.SAVING:
            total = len(self.job.images.all())
            return _("%(kept)s of %(total)s") % {"kept": len(self.images), "total": total}, ""
        if self.status == Status.SUBMITTING:
            return _("Waiting for a task number"), self._came() if self.images else ""
        return (self._came(), "") if self.status == Status.QUEUED and self.images else None

    def _how_far(self) -> str:
        if len(self.current) > 1:
            return self._came()
        if self.progress.is_late:
            return _("a little longer")
        return _("of about %(s)s s") % {"s": self.progress.usual}

    def _came(self) -> str:
        return _("%(got)s of %(asked)s came") % {"got": len(self.images), "asked": self.count}
