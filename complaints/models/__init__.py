"""Tables of complaints."""

from complaints.models.cases import (
    Case,
    CaseKind,
    CasePerson,
    CaseQuerySet,
    Channel,
    Complainant,
    PersonRole,
)
from complaints.models.classes import Category, Level
from complaints.models.clocks import (
    CaseEntry,
    Deadline,
    EscalationStep,
    LimitKind,
    Pause,
    Relation,
)
from complaints.models.files import CaseFile, CaseFileQuerySet, FileRole
from complaints.models.incoming import (
    CHOSEN_REASONS,
    IncomingFile,
    IncomingMail,
    Mailbox,
    MailReason,
    MailState,
)
from complaints.models.outside import EarlyWarning, PublicOpinion, Risk, Spread
from complaints.models.roster import ContactSheet, DutyShift

__all__ = [
    "CHOSEN_REASONS",
    "Case",
    "CaseEntry",
    "CaseFile",
    "CaseFileQuerySet",
    "CaseKind",
    "CasePerson",
    "CaseQuerySet",
    "Category",
    "Channel",
    "Complainant",
    "ContactSheet",
    "Deadline",
    "DutyShift",
    "EarlyWarning",
    "EscalationStep",
    "IncomingFile",
    "IncomingMail",
    "FileRole",
    "Level",
    "LimitKind",
    "MailReason",
    "MailState",
    "Mailbox",
    "Pause",
    "PersonRole",
    "PublicOpinion",
    "Relation",
    "Risk",
    "Spread",
]
