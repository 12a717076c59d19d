"""Tables of complaints."""

from complaints.models.answers import AnswerChannel, AnswerTemplate
from complaints.models.cases import (
    Case,
    CaseKind,
    CasePerson,
    CaseQuerySet,
    Channel,
    Complainant,
    PersonRole,
)
from complaints.models.classes import Category, Level, Trade
from complaints.models.clocks import (
    CaseEntry,
    Deadline,
    EscalationStep,
    LimitKind,
    Pause,
    Relation,
    Urge,
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
from complaints.models.measures import Measure, MeasureState
from complaints.models.outside import EarlyWarning, PublicOpinion, Risk, Spread
from complaints.models.roster import ContactSheet, DutyShift
from complaints.models.work import (
    Bearer,
    Contractor,
    CostKind,
    CostLine,
    SparePart,
    WorkOrder,
)

__all__ = [
    "AnswerChannel",
    "AnswerTemplate",
    "Bearer",
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
    "Contractor",
    "CostKind",
    "CostLine",
    "Deadline",
    "DutyShift",
    "EarlyWarning",
    "EscalationStep",
    "IncomingFile",
    "IncomingMail",
    "FileRole",
    "Level",
    "LimitKind",
    "Measure",
    "MeasureState",
    "MailReason",
    "MailState",
    "Mailbox",
    "Pause",
    "PersonRole",
    "PublicOpinion",
    "Relation",
    "Risk",
    "SparePart",
    "Spread",
    "Trade",
    "Urge",
    "WorkOrder",
]
