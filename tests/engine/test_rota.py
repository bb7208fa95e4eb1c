"""Members take turns, at each key and over all."""

from __future__ import annotations

from collections import Counter

import pytest

from studio.engine.rota import KEPT, Line, Rota

ALICE, BOB, CHARLIE = 1, 2, 3
SHARED, OWN = 10, 11


def line(key: int, owner: int, waiting: int, first: int = 0) -> Line:
    return Line(key_id=key, owner_id=owner, waiting=waiting, first=first or owner)


def always(_line: Line, _has_others: bool) -> bool:
    return True


def full_after(count: int):
    """A key that takes so many more."""
    left = [count]

    def grant(_line: Line, _has_others: bool) -> bool:
        left[0] -= 1
        return left[0] >= 0

    return grant


def chosen(rota: Rota, lines: list[Line], room: int, grant=always) -> Counter[tuple[int, int]]:
    found = rota.choose(lines, room, grant)
    return Counter({one.pair: count for one, count in found.items()})


def test_a_member_with_one_order_goes_beside_one_with_a_thousand():
    lines = [line(SHARED, BOB, 1000, first=1), line(SHARED, ALICE, 1, first=1001)]

    assert chosen(Rota(), lines, KEPT + 30) == {(SHARED, BOB): 29, (SHARED, ALICE): 1}


def test_members_share_the_room_evenly():
    lines = [line(OWN + member, member, 500) for member in (ALICE, BOB, CHARLIE)]

    assert set(chosen(Rota(), lines, KEPT + 90).values()) == {30}


def test_the_last_places_are_for_members_who_have_nothing_on_the_way_out():
    rota = Rota()
    rota.sending[BOB] = 184

    alone = chosen(rota, [line(OWN, BOB, 1000)], KEPT)
    beside = chosen(rota, [line(OWN, BOB, 1000), line(SHARED, ALICE, 1)], KEPT)

    assert (alone, beside) == ({}, {(SHARED, ALICE): 1})


def test_who_has_fewest_under_way_with_a_key_is_next():
    rota = Rota()
    rota.flying[SHARED, BOB] = 4

    lines = [line(SHARED, BOB, 1000, first=1), line(SHARED, ALICE, 9, first=1001)]

    assert chosen(rota, lines, 40, full_after(4)) == {(SHARED, ALICE): 4}


@pytest.mark.parametrize("busy", [0, 7])
def test_a_key_that_takes_one_at_a_time_is_used_in_turn_even_by_who_is_busy_elsewhere(busy):
    rota = Rota()
    rota.flying[OWN, BOB] = rota.sending[BOB] = busy
    lines = [line(SHARED, CHARLIE, 500, first=1), line(SHARED, BOB, 3, first=900)]

    turns = [next(iter(chosen(rota, lines, 40, full_after(1)))) for _ in range(4)]

    assert sorted(turns[:2]) == sorted(turns[2:]) == [(SHARED, BOB), (SHARED, CHARLIE)]


def test_a_full_key_keeps_nobody_from_another():
    def grant(one: Line, _has_others: bool) -> bool:
        return one.key_id != SHARED

    lines = [line(SHARED, BOB, 10_000, first=1), line(OWN, ALICE, 2, first=20_000)]

    assert chosen(Rota(), lines, 40, grant) == {(OWN, ALICE): 2}


def test_the_key_is_told_whether_the_member_has_others_under_way_with_it():
    seen = []

    def grant(one: Line, has_others: bool) -> bool:
        seen.append((one.owner_id, has_others))
        return True

    Rota().choose([line(SHARED, ALICE, 1), line(SHARED, BOB, 2)], 40, grant)

    assert seen == [(ALICE, False), (BOB, False), (BOB, True)]


def test_what_was_chosen_counts_only_when_it_begins():
    rota = Rota()

    rota.choose([line(SHARED, BOB, 5)], 40, always)

    assert (+rota.flying, +rota.sending) == ({}, {})
