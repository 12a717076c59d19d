"""Public opinion and early warnings: noticed, joined with cases, settled (CCH-02, CMP-08)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, EarlyWarning, PublicOpinion
from complaints.services.intake import register_case
from complaints.services.log import log
from complaints.states import REGISTER
from core.errors import Refused
from regions.models import OrgUnit


def _check_reach(unit: OrgUnit, by: Any) -> None:
    if by is not None and not OrgUnit.objects.visible_to(by, REGISTER).filter(pk=unit.pk).exists():
        raise Refused(_("You may not register cases in {unit}.").format(unit=unit.name))


@transaction.atomic
def note_opinion(
    *, unit: OrgUnit, by: Any, first_seen_at: datetime, **values: Any
) -> PublicOpinion:
    """Register an item of public opinion. Raises Refused out of reach or for a later moment."""
    _check_reach(unit, by)
    if first_seen_at > timezone.now():
        raise Refused(_("It cannot have been seen first later than now."))
    item = PublicOpinion(entered_by=by, first_seen_at=first_seen_at, **values)
    item.place_in(unit)
    item.save()
    record("opinion.noted", by=by, subject=item)
    return item


@transaction.atomic
def link_cases(item: PublicOpinion, cases: Iterable[Case], *, by: Any) -> int:
    """Join an item with cases that `by` sees. Returns how many were new."""
    known = set(item.cases.values_list("pk", flat=True))
    fresh = [case for case in cases if case.pk not in known]
    item.cases.add(*fresh)
    for case in fresh:
        log(case, "opinion_linked", by=by, at=timezone.now(), text=item.title, opinion=item.pk)
    if fresh:
        record("opinion.linked", by=by, subject=item, count=len(fresh))
    return len(fresh)


@transaction.atomic
def settle_opinion(item: PublicOpinion, *, by: Any, outcome: str) -> PublicOpinion:
    """Stop tracking an item. Raises Refused without an outcome, or when it was settled already."""
    held = PublicOpinion.objects.select_for_update().get(pk=item.pk)
    if held.settled_at is not None:
        raise Refused(_("This item was settled already."))
    if not outcome.strip():
        raise Refused(_("Please write down how it ended."))
    held.settled_at, held.outcome = timezone.now(), outcome.strip()
    held.save(update_fields=["settled_at", "outcome"])
    record("opinion.settled", by=by, subject=held)
    return held


@transaction.atomic
def warn_early(*, unit: OrgUnit, by: Any, content: str, **values: Any) -> EarlyWarning:
    """Record trouble before it is a complaint. Raises Refused out of reach or without words."""
    _check_reach(unit, by)
    if not content.strip():
        raise Refused(_("Please write down what was noticed."))
    warning = EarlyWarning(entered_by=by, content=content.strip(), **values)
    warning.place_in(unit)
    warning.save()
    record("warning.noted", by=by, subject=warning)
    return warning


def _open_warning(warning: EarlyWarning) -> EarlyWarning:
    held = EarlyWarning.objects.select_for_update(of=("self",)).get(pk=warning.pk)
    if held.settled_at is not None:
        raise Refused(_("This warning was settled already."))
    return held


@transaction.atomic
def settle_warning(warning: EarlyWarning, *, by: Any, outcome: str) -> EarlyWarning:
    """The trouble is over without a case. Raises Refused without an outcome."""
    held = _open_warning(warning)
    if not outcome.strip():
        raise Refused(_("Please write down how it ended."))
    held.settled_at, held.outcome = timezone.now(), outcome.strip()
    held.save(update_fields=["settled_at", "outcome"])
    record("warning.settled", by=by, subject=held)
    return held


@transaction.atomic
def warning_to_case(warning: EarlyWarning, *, by: Any, channel: str, **values: Any) -> Case:
    """The warning becomes a case with its content and customer; `values` go to register_case."""
    held = _open_warning(warning)
    case = register_case(
        unit=held.unit,
        by=by,
        channel=channel,
        content=held.content,
        customer=held.customer,
        **values,
    )
    held.case, held.settled_at = case, timezone.now()
    held.save(update_fields=["case", "settled_at"])
    record("warning.became_case", by=by, subject=held, number=case.number)
    return case
