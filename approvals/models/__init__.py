"""Tables of approvals: flows with their versions, running cases, decisions, bodies."""

from approvals.models.bodies import Body, BodyKind, BodyMember
from approvals.models.decisions import (
    ApprovalFile,
    Copy,
    Decision,
    PhoneSignature,
    Verb,
)
from approvals.models.flows import Flow, FlowModel, FlowVersion
from approvals.models.running import (
    OPEN_STATES,
    Approval,
    ApprovalState,
    Origin,
    Outcome,
    Step,
    StepState,
    Task,
    TaskState,
    WhySkipped,
)

__all__ = [
    "OPEN_STATES",
    "Approval",
    "ApprovalFile",
    "ApprovalState",
    "Body",
    "BodyKind",
    "BodyMember",
    "Copy",
    "Decision",
    "Flow",
    "FlowModel",
    "FlowVersion",
    "Origin",
    "Outcome",
    "PhoneSignature",
    "Step",
    "StepState",
    "Task",
    "TaskState",
    "Verb",
    "WhySkipped",
]
