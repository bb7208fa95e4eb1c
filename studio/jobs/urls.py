"""Addresses of the studio, its jobs and their pictures."""

from __future__ import annotations

from django.urls import path

from studio.jobs.views import (
    cards,
    job,
    masks,
    outcomes,
    pictures,
    providers,
    references,
    studio,
)

urlpatterns = [
    path("", studio.studio, name="studio"),
    path("providers/", providers.providers, name="providers"),
    path("older", studio.older, name="older-jobs"),
    path("composer", studio.options, name="composer-options"),
    path("jobs/place", studio.place, name="job-place"),
    path("jobs/changes", cards.changes, name="job-changes"),
    path("jobs/<uuid:uid>", job.job, name="job"),
    path("jobs/<uuid:uid>/body", job.body, name="job-body"),
    path("jobs/<uuid:uid>/cancel", cards.cancel, name="job-cancel"),
    path("jobs/<uuid:uid>/retry", cards.retry, name="job-retry"),
    path("jobs/<uuid:uid>/pick", cards.pick, name="job-pick"),
    path("jobs/<uuid:uid>/hide", cards.hide, name="job-hide"),
    path("outcomes/<uuid:pk>/look-up", outcomes.look_up, name="outcome-look-up"),
    path("outcomes/<uuid:pk>/charged", outcomes.charged, name="outcome-charged"),
    path("outcomes/<uuid:pk>/not-charged", outcomes.not_charged, name="outcome-not-charged"),
    path("outcomes/<uuid:pk>/send-again", outcomes.send_again, name="outcome-send-again"),
    path("references/add", references.add, name="reference-add"),
    path("references/<uuid:uid>", references.item, name="reference-item"),
    path("references/<uuid:uid>/picture", references.picture, name="reference-picture"),
    path("references/<uuid:uid>/original", references.original, name="reference-original"),
    path("references/<uuid:uid>/mask", masks.painter, name="mask-painter"),
    path("references/<uuid:uid>/mask/keep", masks.keep, name="mask-keep"),
    path("pictures/<uuid:uid>/reference", references.from_image, name="reference-from-image"),
    path("pictures/<uuid:uid>/<int:width>.webp", pictures.picture, name="picture"),
    path("pictures/<uuid:uid>", pictures.original, name="original"),
]
