"""Which queued orders a pump sends now: as many as each key takes, members in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from studio.engine.limits import KeyPace
from studio.engine.paces import Paces, now
from studio.engine.rota import Line, Pair, Rota
from studio.jobs.models import Submission
from studio.jobs.orders import model_of
from studio.jobs.states import Status
from studio.providers.catalog import PROVIDERS
from studio.providers.models import ImageModel
from studio.vault.models import ProviderKey


class Dispatch:
    """Knows what is under way: tell it when a submission begins, is answered and ends.

    sending: what is on its way to a provider; preparing: what of it has not left yet.
    """

    def __init__(self, paces: Paces) -> None:
        self.paces = paces
        self.rota = Rota()
        self._flights: dict[UUID, tuple[Pair, ProviderKey]] = {}
        self.sending: set[UUID] = set()
        self.preparing: set[UUID] = set()
        self._seats: list[tuple[KeyPace, object]] = []

    def choose(
        self, lines: Sequence[Line], keys: Mapping[int, ProviderKey], room: int
    ) -> Counter[Line]:
        """How many orders of each line go out; `room` in all at most. Their calls are set aside
        until `settle` says that they have begun.
        """
        at = now()
        ids = {line.key_id for line in lines}
        is_open = {pk: self.paces.of(keys[pk]).begins_in(at) == 0 for pk in ids}

        def grant(line: Line, has_others: bool) -> bool:
            key = keys[line.key_id]
            pace, calls = self.paces.of(key), _most_calls(key)
            keeps_place = has_others and key.is_shared
            if pace.begins_in(at, calls=calls, keeps_place=keeps_place) != 0:
                return False
            self._seats.append((pace, seat := object()))
            pace.begin(seat, calls=calls)
            return True

        return self.rota.choose([line for line in lines if is_open[line.key_id]], room, grant)

    def settle(self) -> None:
        """What was chosen has begun, or was taken back by its owner."""
        for pace, seat in self._seats:
            pace.end(seat, now())
        self._seats.clear()

    def begin(self, submission: Submission, key: ProviderKey) -> None:
        pair = submission.key_id, submission.owner_id
        self._flights[submission.pk] = pair, key
        self.rota.flying[pair] += 1
        if submission.status == Status.RUNNING:
            self.paces.of(key).resume(submission.pk)
            return
        self.sending.add(submission.pk)
        self.preparing.add(submission.pk)
        self.rota.sending[submission.owner_id] += 1
        references = len(submission.job.job_references.all())
        calls = _calls(model_of(submission.job), references)
        self.paces.of(key).begin(submission.pk, calls=calls)

    def departed(self, pk: UUID) -> None:
        """Its first call has left."""
        self.preparing.discard(pk)

    def answered(self, pk: UUID) -> None:
        """It sends nothing more."""
        if pk in self.sending:
            self.sending.discard(pk)
            self.preparing.discard(pk)
            pair, key = self._flights[pk]
            self.rota.sending[pair[1]] -= 1
            self.paces.of(key).answered(pk)

    def end(self, pk: UUID, *, lingers: float = 0.0) -> None:
        """lingers: seconds for which the provider may be at work on it all the same."""
        self.answered(pk)
        if pk in self._flights:
            pair, key = self._flights.pop(pk)
            self.rota.flying[pair] -= 1
            self.paces.of(key).end(pk, now(), lingers=lingers)


def _most_calls(key: ProviderKey) -> int:
    """Of an order whose references are not read yet."""
    return max(_calls(model, model.max_references) for model in PROVIDERS[key.provider].models)


def _calls(model: ImageModel, references: int) -> int:
    """References go ahead of the order where they cannot go as links, each with a call."""
    return 1 + (0 if model.has_reference_links else references)
