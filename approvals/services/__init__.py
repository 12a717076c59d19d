"""Acting on approvals: each verb one function and one transaction."""

from approvals.errors import Conflict
from approvals.services.absences import act_for, away_until, register_absence
from approvals.services.deciding import (
    add_signer,
    approve,
    approve_many,
    choose_next,
    delegate,
    give_back,
    reject,
    send_back,
    transfer,
)
from approvals.services.flows import draft, flow_for, publish, published, save_draft
from approvals.services.parties import copy_to, mark_read, remark, urge, withdraw
from approvals.services.phone import escalate_unsigned, may_sign, record_by_phone, sign
from approvals.services.routing import RouteStep, approvers, route
from approvals.services.running import last_approval, open_approval, submit
from approvals.services.timing import run_due
from approvals.services.voiding import hold, subject_changed

__all__ = [
    "Conflict",
    "RouteStep",
    "act_for",
    "add_signer",
    "approve",
    "approve_many",
    "approvers",
    "away_until",
    "choose_next",
    "copy_to",
    "delegate",
    "draft",
    "escalate_unsigned",
    "flow_for",
    "give_back",
    "hold",
    "last_approval",
    "mark_read",
    "may_sign",
    "open_approval",
    "publish",
    "published",
    "record_by_phone",
    "register_absence",
    "reject",
    "remark",
    "route",
    "run_due",
    "save_draft",
    "send_back",
    "sign",
    "subject_changed",
    "submit",
    "transfer",
    "urge",
    "withdraw",
]
