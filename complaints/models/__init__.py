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
from complaints.models.outside import EarlyWarning, PublicOpinion, Risk, Spread
from complaints.models.roster import ContactSheet, DutyShift

__all__ = [
    "Case",
    "CaseEntry",
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
    "Level",
    "LimitKind",
    "Pause",
    "PersonRole",
    "PublicOpinion",
    "Relation",
    "Risk",
    "Spread",
    "Trade",
    "Urge",
]
