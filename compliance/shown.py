"""How states of strategic customers and their round look on pages: word, tone, icon."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models import (
    Assessment,
    CustomerPlan,
    Decision,
    Nomination,
    PlanState,
    ResourceRequest,
    ResourceState,
    Round,
    RoundState,
    Talk,
    TalkState,
)
from compliance.models.strategic import RESOURCES_OPEN
from customers.policies import WHO

ROLES = dict(WHO)


@dataclass(frozen=True, slots=True)
class Badge:
    """What `{% badge %}` draws."""

    label: Any
    tone: str
    icon: str


def round_badge(one: Round) -> Badge:
    """Where a round stands; late when the day of its next step has passed."""
    tone, icon = {
        RoundState.PREPARED: ("off", "clock"),
        RoundState.NOMINATING: ("info", "edit"),
        RoundState.EVALUATING: ("warn", "checklist"),
        RoundState.ISSUED: ("ok", "circle-check"),
    }[RoundState(one.state)]
    return Badge(one.get_state_display(), tone, icon)


def decision_badge(one: Nomination) -> Badge:
    """What the committee decided."""
    tone, icon = {
        Decision.OPEN: ("off", "clock"),
        Decision.ACCEPTED: ("ok", "circle-check"),
        Decision.DECLINED: ("warn", "circle-x"),
    }[Decision(one.decision)]
    return Badge(one.get_decision_display(), tone, icon)


def assessment_badge(one: Assessment | None) -> Badge:
    """Whether somebody was assessed, and whether he may know it."""
    if one is None:
        return Badge(_("Not assessed yet"), "off", "clock")
    if one.confirmed_at is None:
        return Badge(pgettext_lazy("assessment", "Draft"), "info", "edit")
    return Badge(pgettext_lazy("assessment", "Confirmed"), "ok", "circle-check")


def plan_badge(one: CustomerPlan) -> Badge:
    """Where a customer plan stands."""
    tone, icon = {
        PlanState.DRAFT: ("off", "edit"),
        PlanState.SUBMITTED: ("info", "send"),
        PlanState.RETURNED: ("warn", "arrow-back-up"),
        PlanState.REVIEWED: ("ok", "circle-check"),
    }[PlanState(one.state)]
    return Badge(one.get_state_display(), tone, icon)


def talk_badge(one: Talk) -> Badge:
    """Where a talk stands; planned ones whose time has passed wait for minutes."""
    if one.state == TalkState.PLANNED and one.at < timezone.now():
        return Badge(_("Minutes are missing"), "bad", "note")
    tone, icon = {
        TalkState.PLANNED: ("info", "calendar"),
        TalkState.HELD: ("ok", "circle-check"),
        TalkState.CANCELLED: ("off", "ban"),
    }[TalkState(one.state)]
    return Badge(one.get_state_display(), tone, icon)


def resource_badge(one: ResourceRequest) -> Badge:
    """Where a request stands; open ones past their day are late."""
    if one.state in RESOURCES_OPEN and one.needed_by < timezone.localdate():
        return Badge(_("Overdue"), "bad", "clock-x")
    tone, icon = {
        ResourceState.OPEN: ("info", "clock"),
        ResourceState.GRANTED: ("warn", "checklist"),
        ResourceState.DONE: ("ok", "circle-check"),
        ResourceState.REFUSED: ("off", "circle-x"),
    }[ResourceState(one.state)]
    return Badge(one.get_state_display(), tone, icon)
