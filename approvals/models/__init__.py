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
from approvals.models.requests import (
    REQUEST_KIND,
    WRITABLE,
    Request,
    RequestFile,
    RequestState,
)
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
    "REQUEST_KIND",
    "WRITABLE",
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
    "Request",
    "RequestFile",
    "RequestState",
    "Step",
    "StepState",
    "Task",
    "TaskState",
    "Verb",
    "WhySkipped",
]
