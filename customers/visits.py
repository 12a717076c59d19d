"""What other apps say about a visit that is planned: hints, never a refusal.

The archive knows no ranks; whoever does registers a check here.
"""

from collections.abc import Callable
from typing import Any

from customers.models import Activity, ActivityKind, ActivityState, Contact, CustomerUnit

#: Takes the place of the customer, the visitor and the host; gives whole sentences.
VisitCheck = Callable[[CustomerUnit, Any, Contact | None], list[str]]
CHECKS: list[VisitCheck] = []


def add_visit_check(check: VisitCheck) -> VisitCheck:
    """Register a check; an app does so when it is ready."""
    CHECKS.append(check)
    return check


def visit_hints(activity: Activity, place: CustomerUnit) -> list[str]:
    """What does not fit about a planned visit to a business customer; nothing for anything else."""
    planned = activity.state == ActivityState.PLANNED and activity.kind == ActivityKind.VISIT
    if not planned or activity.customer.is_person:
        return []
    return [hint for check in CHECKS for hint in check(place, activity.by, activity.contact)]
