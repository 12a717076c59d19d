"""Rows of compliance."""

from compliance.models.absences import Absence, AbsenceKind, AbsenceSource, AbsenceState
from compliance.models.account_changes import AccountChange, ChangeLine
from compliance.models.assessments import AssessedRole, Assessment
from compliance.models.assignments import Assignment, AssignmentState, AssignmentStep, StepKind
from compliance.models.bulletins import (
    Bulletin,
    BulletinRead,
    BulletinState,
    BulletinUnit,
    BulletinVersion,
    units_around,
)
from compliance.models.calendars import Appointment, CalendarFeed
from compliance.models.circulars import (
    Appeal,
    AppealOutcome,
    Circular,
    CircularKind,
    CircularLine,
    CircularState,
    Sanction,
    SanctionState,
)
from compliance.models.commendations import Commendation, CommendationState
from compliance.models.findings import (
    CheckRun,
    ExceptionState,
    Finding,
    FindingEvent,
    FindingEventKind,
    FindingException,
    PostOverride,
)
from compliance.models.inspections import (
    Inspection,
    InspectionFile,
    InspectionKind,
    InspectionPoint,
    PointState,
)
from compliance.models.lapses import Lapse
from compliance.models.log_in_days import DayReason, LogInDay, LogInMonth, LogInSum
from compliance.models.log_ins import FormerLogIn
from compliance.models.plans import FunctionPlan, ImplementationRule, PlannedPost
from compliance.models.rounds import (
    Decision,
    Meeting,
    Nomination,
    Round,
    RoundState,
)
from compliance.models.rules import ReviewOutcome, RuleDocument, RuleReview, RuleVersion
from compliance.models.strategic import (
    Charge,
    ContactFigure,
    CustomerPlan,
    EarlySignal,
    MonthlySummary,
    PlanState,
    ResourceKind,
    ResourceRequest,
    ResourceState,
    SignalKind,
    Talk,
    TalkKind,
    TalkState,
)
from compliance.models.targets import Target

__all__ = [
    "Absence",
    "AbsenceKind",
    "AbsenceSource",
    "AbsenceState",
    "AccountChange",
    "Appeal",
    "AppealOutcome",
    "Appointment",
    "AssessedRole",
    "Assessment",
    "Assignment",
    "AssignmentState",
    "AssignmentStep",
    "Bulletin",
    "BulletinRead",
    "BulletinState",
    "BulletinUnit",
    "BulletinVersion",
    "CalendarFeed",
    "ChangeLine",
    "Charge",
    "CheckRun",
    "Circular",
    "CircularKind",
    "CircularLine",
    "CircularState",
    "Commendation",
    "CommendationState",
    "ContactFigure",
    "CustomerPlan",
    "DayReason",
    "Decision",
    "EarlySignal",
    "ExceptionState",
    "Finding",
    "FindingEvent",
    "FindingEventKind",
    "FindingException",
    "FormerLogIn",
    "FunctionPlan",
    "ImplementationRule",
    "Inspection",
    "InspectionFile",
    "InspectionKind",
    "InspectionPoint",
    "Lapse",
    "LogInDay",
    "LogInMonth",
    "LogInSum",
    "Meeting",
    "MonthlySummary",
    "Nomination",
    "PlanState",
    "PlannedPost",
    "PointState",
    "PostOverride",
    "ResourceKind",
    "ResourceRequest",
    "ResourceState",
    "ReviewOutcome",
    "Round",
    "RoundState",
    "RuleDocument",
    "RuleReview",
    "RuleVersion",
    "Sanction",
    "SanctionState",
    "SignalKind",
    "StepKind",
    "Talk",
    "TalkKind",
    "TalkState",
    "Target",
    "units_around",
]
