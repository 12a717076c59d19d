"""Changing what a case is classed by after its intake: its level and its category."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, Category, Level
from complaints.services import clocks, committee
from complaints.services.intake import top_of
from complaints.services.log import log
from complaints.services.moves import hold, tell_who, works_on
from complaints.states import OPEN
from complaints.warranty import warranty_end
from core.errors import Refused, Stale


@transaction.atomic
def change_class(
    case: Case,
    *,
    by: Any,
    level: Level | None = None,
    category: Category | None = None,
    text: str = "",
    version: int | None = None,
) -> Case:
    """Give an open case another level, another category, or both; None leaves what it has.

    Its limits are worked out anew from their start (CMP-02), and so is the end of the warranty.
    `by` None is the operator. Raises Stale when somebody else moved the case first, Refused for a
    case that has ended, for somebody who does not work on it, and when nothing would change.
    """
    held = hold(case)
    if version is not None and held.version != version:
        raise Stale(tell_who(held))
    _check(held, by)
    facts: dict[str, Any] = {}
    if level is not None and level.pk != held.level_id:
        facts["level"] = [held.level.name if held.level else "", level.name]
        held.level = level
    if category is not None and category.pk != held.category_id:
        facts["category"] = [str(held.category or ""), str(category)]
        held.category, held.top_category = category, top_of(category)
        day = timezone.localdate(held.taken_in_at)
        held.warranty_until = warranty_end(held.flat, category, held.unit_id, day)
    if not facts:
        raise Refused(_("The case has this level and category already."))
    now = timezone.now()
    held.version += 1
    held.updated_at = now
    held.save()
    log(held, "classed", by=by, at=now, text=text.strip(), before=held.state, **facts)
    clocks.recompute(held)
    committee.begin_if_grave(held, now)
    record("case.classed", by=by, subject=held)
    return held


def _check(case: Case, by: Any) -> None:
    if case.state not in OPEN:
        raise Refused(_("A case that has ended keeps its level and category."))
    if by is not None and not works_on(case, by):
        raise Refused(
            _("Only the handler, his collaborators and whoever assigns cases may do this.")
        )
