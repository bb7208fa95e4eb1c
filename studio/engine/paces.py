"""The paces of all keys that a pump works with, kept in the database for the pump after it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.utils import timezone

from studio.engine.endings import Ending
from studio.engine.limits import KeyPace, Rules
from studio.engine.writer import Writer
from studio.jobs.shards import of_shard
from studio.providers.calls import Call, Response
from studio.providers.catalog import PROVIDERS
from studio.providers.reading import allowance
from studio.vault.models import Pace, ProviderKey

RESTS_ALIKE = 2.0  # seconds between the ends of two rests that a card tells as one


def now() -> float:
    return timezone.now().timestamp()


def kept_states(shard: int) -> dict[int, Mapping[str, Any]]:
    """What the pump before has kept, by key. Reads only."""
    return dict(of_shard(Pace.objects.all(), shard).values_list("key_id", "state"))


class Paces:
    """`may_write`: whether this pump still holds its shard; asked inside of the transaction."""

    def __init__(
        self,
        write: Writer,
        states: Mapping[int, Mapping[str, Any]],
        may_write: Callable[[], bool],
    ) -> None:
        self._write = write
        self._states = states
        self._may_write = may_write
        self._paces: dict[int, KeyPace] = {}
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._rests: dict[int, float] = {}

    def of(self, key: ProviderKey) -> KeyPace:
        if key.pk not in self._paces:
            rules = Rules.of(PROVIDERS[key.provider].models[0], is_sandbox=key.is_sandbox)
            self._paces[key.pk] = KeyPace(rules, self._states.get(key.pk))
        return self._paces[key.pk]

    async def cover(self, key: ProviderKey) -> None:
        """Return when one call may be made, now, that the kept state counts. Raises Ending."""
        pace = self.of(key)
        if pace.is_covered(now()):
            return
        async with self._locks[key.pk]:
            while not pace.is_covered(now()):
                if not await self._keep(key.pk, pace):
                    raise Ending

    def called(self, key: ProviderKey, call: Call, name: object = None) -> None:
        """A call goes out now: for the order of this name, or to ask."""
        if not call.is_keyless:
            self.of(key).called(now(), name)

    def heard(self, key: ProviderKey, call: Call, response: Response) -> None:
        if not call.is_keyless:
            self.of(key).heard(now(), allowance(response.headers))

    async def keep(self, key_id: int) -> None:
        """Keep the state of this key."""
        async with self._locks[key_id]:
            await self._keep(key_id, self._paces[key_id])

    async def keep_changed(self, waiting: set[int]) -> None:
        """Keep what has changed, and of keys that orders wait for until when they rest."""
        for key_id, pace in list(self._paces.items()):
            is_told = key_id not in waiting or self._is_rest_told(key_id, pace)
            if pace.is_changed or not is_told:
                await self.keep(key_id)

    def keep_last(self) -> None:
        """Keep what is worth it, exactly: no call follows. Inside of a transaction."""
        for key_id, pace in self._paces.items():
            if pace.is_changed or pace.rules.calls is not None:
                rests_until = _moment(self._rest(key_id, pace))
                state = pace.state(now(), is_last=True)
                Pace.objects.keep(key_id, state, rests_until=rests_until)

    async def _keep(self, key_id: int, pace: KeyPace) -> bool:
        rests_until = _moment(self._rest(key_id, pace))
        state = pace.state(now())
        is_kept = await self._write(partial(self._keep_if_held, key_id, state, rests_until))
        if is_kept:
            pace.covered()
        return is_kept

    def _keep_if_held(
        self, key_id: int, state: Mapping[str, Any], rests_until: datetime | None
    ) -> bool:
        is_held = self._may_write()
        if is_held:
            Pace.objects.keep(key_id, state, rests_until=rests_until)
        return is_held

    def _rest(self, key_id: int, pace: KeyPace) -> float:
        """When an order may go out again; 0 where it may now, for all that time has to do with."""
        at = now()
        wait = pace.begins_in(at)
        self._rests[key_id] = at + wait if wait else 0.0
        return self._rests[key_id]

    def _is_rest_told(self, key_id: int, pace: KeyPace) -> bool:
        at = now()
        wait, told = pace.begins_in(at), self._rests.get(key_id, 0.0)
        if not wait:
            return told <= at
        return abs(at + wait - told) < RESTS_ALIKE


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
