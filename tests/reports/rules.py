"""A rule in force."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from compliance.models import RuleDocument
from compliance.services.rules import draft_version, issue, save_rule
from regions.models import OrgUnit


def make_rule(*, unit: OrgUnit, title: str, body: str, keeper: Any) -> RuleDocument:
    """A rule of a unit, issued, with its first version."""
    rule = save_rule(
        by=None, unit=unit, title=title, applies_to="全体", department="客户关系部",
        interpreted_by="客户关系部", keeper=keeper,
        next_review_on=timezone.localdate() + timedelta(days=360),
    )  # fmt: skip
    version = draft_version(
        rule, by=keeper, number="1.0", body=body, note="首次发布", effective_on=date(2026, 1, 1),
        approver="总经理",
    )  # fmt: skip
    issue(version, by=keeper)
    return rule
