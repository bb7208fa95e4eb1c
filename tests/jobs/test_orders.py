"""Orders from jobs: with the bytes of their references, or with links where those will do."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from studio.jobs.models import JobReference
from studio.jobs.orders import INLINE_LIMIT, loaded_order
from studio.jobs.references import add_file
from tests.conftest import make_job, make_key
from tests.jobs.pictures import photo, written

LINK = "https://pictures.example.com/a.png"


def order_with_a_link(bob, provider: str, size: int):
    job = make_job(bob, make_key(bob, provider=provider))
    reference = add_file(bob, SimpleUploadedFile("a.png", written(photo())))
    reference.size, reference.source_url = size, LINK
    reference.save()
    JobReference.objects.create(job=job, reference=reference, position=0)
    return loaded_order(job, count=1)


@pytest.mark.parametrize(
    ("provider", "size", "is_loaded"),
    [
        ("apimart", INLINE_LIMIT, True),
        ("apimart", INLINE_LIMIT + 1, False),
        ("gptimage2plus", INLINE_LIMIT + 1, True),
    ],
)
def test_great_references_travel_as_links_where_the_model_takes_links(
    bob, provider, size, is_loaded
):
    (reference,) = order_with_a_link(bob, provider, size).references

    assert bool(reference.data) == is_loaded
    assert reference.url == LINK
