"""Jobs, their submissions and pictures, what they were made from, and what happened to them."""

from studio.jobs.models.job import Event, Job, Kind
from studio.jobs.models.outcome import WAITING, Decision
from studio.jobs.models.picture import Image
from studio.jobs.models.reference import JobReference, Reference
from studio.jobs.models.submission import Submission

__all__ = [
    "WAITING",
    "Decision",
    "Event",
    "Image",
    "Job",
    "JobReference",
    "Kind",
    "Reference",
    "Submission",
]
