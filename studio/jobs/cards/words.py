"""What a card says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.jobs.cards.facts import Facts
from studio.jobs.money import money, plain
from studio.jobs.orders import model_of, order_of
from studio.jobs.sentences import Sentence, sentence, unknown_sentence
from studio.jobs.states import Status

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


@dataclass(frozen=True, kw_only=True)
class Words(Facts):
    """Headlines, explanations and figures, in the member's language."""

    @property
    def state_icon(self) -> str:
        return ICONS[self.status][0]

    @property
    def state_class(self) -> str:
        return ICONS[self.status][1]

    @property
    def state_text(self) -> str:
        if self.status != Status.SUCCEEDED:
            return str(self.status.label)
        seconds = int(self.job.seconds.total_seconds())
        if len(self.images) > 1:
            return _("%(n)s in %(s)s s") % {"n": len(self.images), "s": seconds}
        return _("Done in %(s)s s") % {"s": seconds}

    @property
    def cost_text(self) -> str:
        """What was charged as far as the provider said; empty while nobody knows."""
        if self.status == Status.CANCELLED and not self._sentence_code:
            return money(Decimal(0))
        amounts = [one.cost for one in self.current if one.cost is not None]
        if amounts:
            return money(sum(amounts, Decimal(0)))
        credits_ = [one.cost_credits for one in self.current if one.cost_credits is not None]
        if credits_:
            return _("%(n)s cr") % {"n": plain(sum(credits_, Decimal(0)))}
        return (
            _("play money") if self.job.key.is_sandbox and self.status == Status.SUCCEEDED else ""
        )

    @property
    def _sentence_code(self) -> str:
        return next((one.error_code for one in self.current if one.error_code), "")

    @property
    def _sentence(self) -> Sentence | None:
        if self.status == Status.UNKNOWN:
            return unknown_sentence(provider=self.provider_label)
        if (
            self.status in (Status.FAILED, Status.BLOCKED)
            or self._sentence_code == "stopped_waiting"
        ):
            return sentence(self._sentence_code, provider=self.provider_label)
        return None

    @property
    def message_icon(self) -> str:
        return self._sentence.icon if self._sentence else ""

    @property
    def headline(self) -> str:
        if self._sentence:
            return str(self._sentence.headline)
        if self.status == Status.RUNNING:
            words = ngettext("Developing %(n)s picture", "Developing %(n)s pictures", self.count)
            return words % {"n": self.count}
        return {
            Status.QUEUED: self._queue_headline(),
            Status.SUBMITTING: _("Sending to %(provider)s") % {"provider": self.provider_label},
            Status.SAVING: _("Saving to your archive"),
            Status.CANCELLED: _("Cancelled"),
        }.get(self.status, "")

    def _queue_headline(self) -> str:
        if self.job.key.is_paused:
            return _("Waiting for the key")
        if self._waits_until:
            return _("Waiting for the provider")
        return _("Next in line")

    @property
    def _waits_until(self) -> datetime | None:
        later = [one.not_before for one in self.current if one.not_before]
        return max((when for when in later if when > self.now), default=None)

    @property
    def explanation(self) -> str:
        if self._sentence:
            return str(self._sentence.text)
        if self.status == Status.CANCELLED:
            return _("This was cancelled before it was sent. Nothing was charged.")
        if self.status != Status.QUEUED:
            return ""
        if self.job.key.is_paused:
            return _("The key is paused. Nothing is sent or charged until it is resumed.")
        if until := self._waits_until:
            seconds = max(1, int((until - self.now).total_seconds()))
            return _("Nothing was charged. Next try in %(s)s s.") % {"s": seconds}
        return _("It goes out in a moment.")

    @property
    def detail(self) -> str:
        """The provider's own words."""
        return next((one.error_detail for one in self.current if one.error_detail), "")

    @property
    def made_differently(self) -> str:
        """What came against what was ordered, where they differ."""
        if self.status != Status.SUCCEEDED or not self.images:
            return ""
        words = []
        if len(self.images) != self.count:
            words.append(
                _("Ordered %(asked)s, got %(got)s.")
                % {"asked": self.count, "got": len(self.images)}
            )
        expected = model_of(self.job).expected_sizes(order_of(self.job))
        came = {(image.width, image.height) for image in self.images}
        if expected and not came <= set(expected):
            size = min(came - set(expected))
            words.append(
                _("Ordered %(asked)s px, got %(got)s px.")
                % {"asked": "{} × {}".format(*expected[0]), "got": "{} × {}".format(*size)}
            )
        return " ".join(words)
