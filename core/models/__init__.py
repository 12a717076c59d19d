"""Tables without business: keys of subjects, background jobs, files brought in."""

from core.models.imports import ImportRun, ImportRunQuerySet, ImportState
from core.models.jobs import LIVE_JOBS, Job, JobState
from core.models.keys import SubjectKey
from core.scope import Scoped, ScopedQuerySet

__all__ = [
    "LIVE_JOBS",
    "ImportRun",
    "ImportRunQuerySet",
    "ImportState",
    "Job",
    "JobState",
    "Scoped",
    "ScopedQuerySet",
    "SubjectKey",
]
