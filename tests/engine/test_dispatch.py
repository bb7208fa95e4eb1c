"""What goes out next: as many as each key takes, whose calls and places are set aside at once."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from studio.engine.dispatch import Dispatch
from studio.engine.paces import Paces
from studio.engine.rota import Line
from studio.jobs.models import JobReference, Submission
from studio.jobs.references import add_file
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.pictures import photo, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispatch() -> Dispatch:
    return Dispatch(Paces(None, {}, lambda: True))


def line(key: ProviderKey, owner, waiting: int) -> Line:
    return Line(key_id=key.pk, owner_id=owner.pk, waiting=waiting, first=owner.pk)


def counts(dispatch: Dispatch, lines: list[Line], *keys: ProviderKey, room: int = 200):
    found = dispatch.choose(lines, {key.pk: key for key in keys}, room)
    return {one.pair: count for one, count in found.items()}


@pytest.mark.promise(8)
def test_as_many_go_out_as_the_key_takes_at_once(dispatch, bob):
    key = make_key(bob, provider="gptimage2plus", is_sandbox=False)

    assert counts(dispatch, [line(key, bob, 1000)], key) == {(key.pk, bob.pk): 5}
    assert counts(dispatch, [line(key, bob, 1000)], key) == {}
    dispatch.settle()
    assert counts(dispatch, [line(key, bob, 1000)], key) == {(key.pk, bob.pk): 5}


def test_a_shared_key_keeps_a_place_for_another_member(dispatch, bob, charlie):
    key = make_key(bob, provider="gptimage2plus", is_shared=True)

    assert counts(dispatch, [line(key, bob, 1000)], key) == {(key.pk, bob.pk): 4}
    assert counts(dispatch, [line(key, charlie, 9), line(key, bob, 996)], key) == {
        (key.pk, charlie.pk): 1
    }


def test_what_begins_takes_a_place_until_it_ends(dispatch, bob):
    key = make_key(bob, provider="chatgpt2api")
    row = make_job(bob, key).submissions.get()
    row.status = "submitting"
    dispatch.begin(row, key)

    assert dispatch.sending == {row.pk}
    dispatch.answered(row.pk)
    assert (dispatch.sending, counts(dispatch, [line(key, bob, 1)], key)) == (set(), {})
    dispatch.end(row.pk)
    assert counts(dispatch, [line(key, bob, 1)], key) == {(key.pk, bob.pk): 1}


def test_what_nobody_waits_for_keeps_its_place_for_a_while(dispatch, bob):
    key = make_key(bob, provider="chatgpt2api")
    row = make_job(bob, key).submissions.get()
    row.status = "running"
    dispatch.begin(row, key)

    dispatch.end(row.pk, lingers=60)

    assert counts(dispatch, [line(key, bob, 1)], key) == {}


@pytest.mark.promise(8)
def test_the_uploads_of_an_order_are_set_aside_with_it(dispatch, bob):
    key = make_key(bob, provider="gptimage2plus")
    job = make_job(bob, key)
    for position in (1, 2):
        reference = add_file(bob, SimpleUploadedFile("a", written(photo(60 + position))))
        JobReference.objects.create(job=job, reference=reference, position=position)
    row = Submission.objects.get()
    row.status = "submitting"

    dispatch.begin(row, key)

    pace = dispatch.paces.of(key)
    assert pace.begins_in(0.0, calls=600 - 3 - 6) == 0
    assert pace.begins_in(0.0, calls=600 - 3 - 5) > 0
