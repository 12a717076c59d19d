"""Tables without business: keys of subjects, background jobs, files brought in and attached."""

from core.models.files import StoredFile
from core.models.imports import ImportRun, ImportRunQuerySet, ImportState
from core.models.jobs import (
    LIVE_JOBS,
    Job,
    JobAttempt,
    JobQuerySet,
    JobState,
    Outcome,
    Pulse,
    Queue,
    Timetable,
)
from core.models.keys import SubjectKey
from core.models.notices import (
    MailChoice,
    Notice,
    NoticeChoice,
    NoticePreference,
    OutboxMessage,
    OutboxState,
    OutboxTry,
    WebhookTarget,
)
from core.scope import Scoped, ScopedQuerySet

__all__ = [
    "LIVE_JOBS",
    "ImportRun",
    "ImportRunQuerySet",
    "ImportState",
    "Job",
    "JobAttempt",
    "JobQuerySet",
    "JobState",
    "MailChoice",
    "Notice",
    "NoticeChoice",
    "NoticePreference",
    "OutboxMessage",
    "OutboxState",
    "OutboxTry",
    "Outcome",
    "Pulse",
    "Queue",
    "Scoped",
    "ScopedQuerySet",
    "StoredFile",
    "SubjectKey",
    "Timetable",
    "WebhookTarget",
]
