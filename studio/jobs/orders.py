"""Orders and jobs: the same facts, once for a provider and once for our history."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from django.core.files.storage import default_storage

from studio.jobs.models import Job, Reference
from studio.providers import orders
from studio.providers.catalog import PROVIDERS, find_model
from studio.providers.models import ImageModel, Seconds
from studio.providers.orders import Order, Size

NOBODY_KNOWS = Seconds(fast=60, usual=60, slow=60)
# Beyond this many bytes in all, references that came by link travel as links.
INLINE_LIMIT = 32 * 1024 * 1024


def model_of(job: Job) -> ImageModel:
    """The record of the job's model; of its provider's first one if it has been withdrawn.

    Of a provider that has been withdrawn, a record that offers nothing.
    """
    if job.provider not in PROVIDERS:
        return _withdrawn(job.model)
    return find_model(job.provider, job.model) or PROVIDERS[job.provider].models[0]


@cache
def _withdrawn(name: str) -> ImageModel:
    return ImageModel(id=name, label=name, seconds=NOBODY_KNOWS, ratios=(), default_ratio="")


def order_of(job: Job) -> Order:
    """What the job asks for; references by type and size, without their bytes."""
    return Order(
        prompt=job.prompt,
        model=job.model,
        count=job.count,
        ratio=job.ratio,
        resolution=job.resolution,
        size=Size(job.width, job.height) if job.width and job.height else None,
        quality=job.quality,
        background=job.background,
        output_format=job.output_format,
        references=tuple(described(use.reference) for use in job.job_references.all()),
        mask=described(job.mask) if job.mask else None,
        is_official_fallback=job.is_official_fallback,
    )


def described(reference: Reference) -> orders.Reference:
    """A reference without its bytes."""
    return orders.Reference(
        media_type=reference.media_type, size=reference.size, url=reference.source_url
    )


def loaded_order(job: Job, *, count: int) -> Order:
    """The order of one submission, ready to send: with the bytes of its references and mask.

    Reads files, asks nothing of the database when `job_references__reference` was prefetched and
    `mask` selected.
    """
    order = order_of(job)
    weight = sum(reference.size for reference in order.references)
    is_large = weight > INLINE_LIMIT and model_of(job).has_reference_links
    loaded = tuple(
        bare
        if is_large and bare.url.startswith("https://")
        else replace(bare, data=_read(use.reference))
        for bare, use in zip(order.references, job.job_references.all(), strict=True)
    )
    mask = replace(order.mask, data=_read(job.mask)) if order.mask and job.mask else None
    return replace(order, count=count, references=loaded, mask=mask)


def _read(reference: Reference) -> bytes:
    with default_storage.open(reference.path) as file:
        data: bytes = file.read()
    return data
