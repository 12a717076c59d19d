"""Who may work on a case, for verbs that are not moves, and the guard against a second click."""

from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import Case
from complaints.selectors.powers import Powers
from core.errors import Refused

# Two equal entries of one person within this time are one button pressed twice.
TWICE = timedelta(seconds=30)
M = TypeVar("M", bound=Model)


def may_work_on(case: Case, by: Any) -> bool:
    """Whether somebody may do the work of a case: its handler, who helps him, who assigns cases
    there. `by` None is the operator."""
    return Powers(by, [case]).may_work(case)


def refuse_stranger(case: Case, by: Any) -> None:
    """Raises Refused for somebody who may not do the work of a case."""
    if not may_work_on(case, by):
        raise Refused(
            _("Only the handler, his collaborators and whoever assigns cases may do this.")
        )


def pressed_twice(rows: QuerySet[M], moment: str, **same: Any) -> M | None:
    """The row that a button pressed a moment ago wrote already: one with the `same` values whose
    field `moment` is not older than TWICE. The caller holds a lock that both presses need."""
    return rows.filter(**same, **{f"{moment}__gte": timezone.now() - TWICE}).first()
