"""One order whose outcome nobody knows, as people who may decide see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.accounts.models import User
from studio.jobs.models import WAITING, Decision, Job, Submission
from studio.jobs.orders import model_of
from studio.jobs.sentences import Sentence, sentence
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Provider, Remembering
from studio.vault.queries import may_use

UNTOLD = "answer_lost"
SAID = {
    Decision.CHARGED: gettext_lazy("%(name)s decided on %(time)s: it was charged."),
    Decision.NOT_CHARGED: gettext_lazy("%(name)s decided on %(time)s: it was not charged."),
    Decision.REPEATED: gettext_lazy("%(name)s sent it again on %(time)s, under the same id."),
}


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A submission in `unknown`, with its job and the key of both."""

    submission: Submission
    job: Job
    member: User
    provider: str

    @property
    def _adapter(self) -> Provider | None:
        return PROVIDERS.get(self.job.provider)

    @property
    def number(self) -> int:
        """Of its job."""
        return self.job.pk

    @property
    def pk(self) -> str:
        return str(self.submission.pk)

    @property
    def sentence(self) -> Sentence:
        """What happened, what may have been charged, what to do."""
        return sentence(self.submission.error_code or UNTOLD, provider=self.provider)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What to look for at the provider, as label and value."""
        key = self.job.key
        pairs = [
            (_("Provider"), f"{self.provider}, {key.host}"),
            (_("Sent"), stamp(self.submission.sent_at)),
            (_("Key"), f"{key.label} …{key.last_four}, {key.owner.name}".strip()),
            (_("Pictures"), str(self.submission.count)),
        ]
        if self._adapter and self._adapter.trace:
            pairs.append((self._adapter.trace, self.pk))
        return [(label, value) for label, value in pairs if value]

    @property
    def prompt_start(self) -> str:
        return Truncator(self.job.prompt).chars(80)

    @property
    def task_word(self) -> str:
        """What the provider's own page calls an order's id."""
        return self._adapter.task_word if self._adapter else ""

    @property
    def is_askable(self) -> bool:
        """The key is there to ask with, and the studio still speaks to its provider."""
        return self._adapter is not None and self.job.key.deleted_at is None

    @property
    def is_remembered(self) -> bool:
        """The provider can be asked for it by our own id."""
        return isinstance(self._adapter, Remembering)

    @property
    def is_repeatable(self) -> bool:
        """Sent again under its id, it is charged once."""
        return model_of(self.job).is_idempotent

    @property
    def can_send_again(self) -> bool:
        return may_use(self.job.key, self.job.owner)

    @property
    def is_sought(self) -> bool:
        return self.submission.is_sought

    @property
    def found_nothing(self) -> str:
        """What the last question to the provider came to; empty where none was asked."""
        code, when = self.submission.sought_code, stamp(self.submission.sought_at)
        if not code or self.is_sought:
            return ""
        if code == WAITING:
            return _("Asked at %(time)s: no answer came. Ask again.") % {"time": when}
        if code == "unknown_task":
            words = _("Asked at %(time)s: %(provider)s does not know this order.")
            return words % {"time": when, "provider": self.provider}
        headline = sentence(code, provider=self.provider).headline
        return _("Asked at %(time)s: %(what)s.") % {"time": when, "what": headline}


def decisions(submissions: list[Submission]) -> list[str]:
    """Who decided what about outcomes that nobody knew."""
    return [
        str(SAID[Decision(one.decision)])
        % {"name": one.decided_by.name, "time": stamp(one.decided_at)}
        for one in submissions
        if one.decision and one.decided_by
    ]


def stamp(moment: datetime | None) -> str:
    """A time to the second, with its zone: it is compared with somebody else's clock."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z") if moment else ""
