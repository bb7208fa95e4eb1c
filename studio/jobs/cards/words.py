"""What a card says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.jobs.cards.comparison import contender_name
from studio.jobs.cards.facts import Facts
from studio.jobs.cards.queue import queue_explanation, queue_headline
from studio.jobs.models import Submission
from studio.jobs.money import money, plain
from studio.jobs.orders import model_of, order_of
from studio.jobs.sentences import Sentence, sentence
from studio.jobs.states import FRUITLESS, Status
from studio.wording import joined

ICONS = {
    Status.QUEUED: ("clock", ""),
    Status.SUBMITTING: ("send", ""),
    Status.RUNNING: ("loader", "safe"),
    Status.SAVING: ("download", "safe"),
    Status.SUCCEEDED: ("check", "ok"),
    Status.FAILED: ("circle-alert", "bad"),
    Status.BLOCKED: ("shield-alert", "info"),
    Status.UNKNOWN: ("circle-question-mark", "warn"),
    Status.CANCELLED: ("ban", ""),
}
# What is said where no code is on the row.
NO_CODE = {
    Status.FAILED: "provider_error",
    Status.BLOCKED: "blocked",
    Status.UNKNOWN: "answer_lost",
}


@dataclass(frozen=True, kw_only=True)
class Words(Facts):
    """Headlines, explanations and figures, in the member's language."""

    @property
    def state_icon(self) -> str:
        return "triangle-alert" if self.is_partial else ICONS[self.status][0]

    @property
    def state_class(self) -> str:
        return "warn" if self.is_partial else ICONS[self.status][1]

    @property
    def state_text(self) -> str:
        if self.status != Status.SUCCEEDED:
            return str(self.status.label)
        if self.is_partial:
            return self._came()
        seconds = int(self.job.seconds.total_seconds())
        if len(self.images) > 1:
            return _("%(n)s in %(s)s s") % {"n": len(self.images), "s": seconds}
        return _("Done in %(s)s s") % {"s": seconds}

    @property
    def contender_name(self) -> str:
        """What it is called beside the others of its comparison."""
        return contender_name(self.job)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """What a comparison compares, as label and value, once pictures have come."""
        if self.status != Status.SUCCEEDED:
            return []
        sizes = sorted({f"{image.width} × {image.height}" for image in self.images})
        seconds = int(self.job.seconds.total_seconds())
        return [
            (_("Time"), _("%(s)s s") % {"s": seconds}),
            (_("Pixels"), ", ".join(sizes) or "–"),
            (_("Cost"), self.cost_text or _("not told")),
        ]

    @property
    def cost_text(self) -> str:
        """What was charged as far as the provider said; empty while nobody knows.

        A retry does not undo what the submission before it has cost.
        """
        if self.status == Status.CANCELLED and not self._speaker:
            return money(Decimal(0))
        amounts = [one.cost for one in self.submissions if one.cost is not None]
        credits_ = [one.cost_credits for one in self.submissions if one.cost_credits is not None]
        if self.job.key.is_sandbox:
            is_spent = amounts or credits_ or self.status == Status.SUCCEEDED
            return _("play money") if is_spent else ""
        if amounts:
            return money(sum(amounts, Decimal(0)))
        if credits_:
            return _("%(n)s cr") % {"n": plain(sum(credits_, Decimal(0)))}
        return ""

    @cached_property
    def _speaker(self) -> Submission | None:
        """The submission whose end is the job's."""
        if self.status not in FRUITLESS:
            return None
        ends = (one for one in self.current if one.error_code and one.status == self.status)
        return next(ends, None)

    @cached_property
    def trouble(self) -> Sentence | None:
        """What went wrong, if anything did."""
        if self._speaker:
            return sentence(self._speaker.error_code, provider=self.provider_label)
        if self.status in (Status.FAILED, Status.BLOCKED, Status.UNKNOWN):
            return sentence(NO_CODE[self.status], provider=self.provider_label)
        return None

    @property
    def message_icon(self) -> str:
        return self.trouble.icon if self.trouble else ""

    @property
    def headline(self) -> str:
        if self.trouble:
            return str(self.trouble.headline)
        if self.status == Status.RUNNING:
            if any(one.status == Status.RUNNING and one.done_at for one in self.current):
                return _("Asking for the pictures again")
            words = ngettext("Developing %(n)s picture", "Developing %(n)s pictures", self.count)
            return words % {"n": self.count}
        return {
            Status.QUEUED: queue_headline(self.progress),
            Status.SUBMITTING: _("Sending to %(provider)s") % {"provider": self.provider_label},
            Status.SAVING: _("Saving to your archive"),
            Status.CANCELLED: _("Cancelled"),
        }.get(self.status, "")

    @property
    def explanation(self) -> str:
        if self.trouble:
            return str(self.trouble.text)
        if self.status == Status.CANCELLED:
            return _("This was cancelled before it was sent. Nothing was charged.")
        return queue_explanation(self.progress) if self.status == Status.QUEUED else ""

    @property
    def detail(self) -> str:
        """The provider's own words."""
        words = [one.error_detail for one in [self._speaker, *self._ended] if one]
        return next(filter(None, words), "")

    @cached_property
    def _ended(self) -> list[Submission]:
        """The submissions without pictures, of an order that is over."""
        return [] if self.is_unfinished else [one for one in self.current if one.is_fruitless]

    @property
    def reasons(self) -> list[Sentence]:
        """Why pictures are missing, each reason once."""
        if self.trouble:
            return [self.trouble]
        codes = [one.error_code or NO_CODE.get(Status(one.status), "") for one in self._ended]
        found = dict.fromkeys(codes)
        return [sentence(code, provider=self.provider_label) for code in found if code]

    @property
    def retry_text(self) -> str:
        if self.is_partial:
            return _("Get the missing %(n)s") % {"n": self.wanting}
        return _("Try again")

    @property
    def made_differently(self) -> str:
        """What came against what was ordered, where they differ."""
        if self.status != Status.SUCCEEDED or not self.images:
            return ""
        number = [self.shortfall] if self.is_partial else [self._surplus(), self._lost_count()]
        return joined([*number, self._other_size()])

    @property
    def shortfall(self) -> str:
        """How many came of a partial order, and why."""
        came = _("%(n)s.") % {"n": self._came()}
        why = [came, self._lost_count(), *(reason.text for reason in self.reasons)]
        if any(one.status == Status.CANCELLED and not one.error_code for one in self._ended):
            why.append(_("The rest was cancelled before it was sent. Nothing was charged for it."))
        if len(list(filter(None, why))) == 1:
            words = _("%(provider)s sent fewer pictures than were ordered.")
            why.append(words % {"provider": self.provider_label})
        return joined(why)

    def _surplus(self) -> str:
        if len(self.images) <= self.count:
            return ""
        asked, got = self.count, len(self.images)
        return _("Ordered %(asked)s, got %(got)s.") % {"asked": asked, "got": got}

    def _lost_count(self) -> str:
        current = {one.pk for one in self.current}
        images = [image for image in self.job.images.all() if image.submission_id in current]
        lost = sum(image.is_lost for image in images)
        words = ngettext(
            "%(n)s picture could not be saved.", "%(n)s pictures could not be saved.", lost
        )
        return words % {"n": lost} if lost else ""

    def _other_size(self) -> str:
        expected = model_of(self.job).expected_sizes(order_of(self.job))
        others = {(image.width, image.height) for image in self.images} - set(expected)
        if not expected or not others:
            return ""
        asked, got = "{} × {}".format(*expected[0]), "{} × {}".format(*min(others))
        return _("Ordered %(asked)s px, got %(got)s px.") % {"asked": asked, "got": got}
