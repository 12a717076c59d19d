"""Plans of units: functions with their reasons, headcount, implementation rules (ORG-11…ORG-14)."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Function
from audit.services import record
from compliance.models import FunctionPlan, ImplementationRule, PlannedPost
from core.errors import Refused
from core.locking import lock
from regions.models import Kind, OrgUnit


@transaction.atomic
def save_function_plan(
    unit: OrgUnit,
    *,
    pace: str,
    targets: str,
    results: str,
    functions: Collection[Function] = (),
    by: Any,
) -> FunctionPlan:
    """Lay down which functions a unit fills and why. Raises Refused without the three reasons."""
    if not (pace.strip() and targets.strip() and results.strip()):
        raise Refused(_("Please give pace, targets and results: they justify the plan."))
    list(lock(OrgUnit.objects.filter(pk=unit.pk), no_key=True))
    plan = FunctionPlan.objects.filter(unit=unit).first() or FunctionPlan()
    plan.place_in(unit)
    plan.pace, plan.targets, plan.results = pace.strip(), targets.strip(), results.strip()
    plan.changed_by, plan.changed_at = by, timezone.now()
    plan.save()
    plan.functions.set(functions)
    record("functionplan.saved", by=by, subject=plan, unit=unit.code)
    return plan


@transaction.atomic
def save_planned_post(
    unit: OrgUnit, *, year: int, function: Function, by: Any, **values: Any
) -> PlannedPost:
    """Plan a post of a unit for a year; the same function again replaces its line. `values`:
    establishment, basis, grade, capability, duties, indicators, incentive.

    Raises Refused for a year that is long past. Where a unit grows, a number without a target
    behind it is a finding of the check ORG-13.
    """
    if year < timezone.localdate().year - 1:
        raise Refused(_("Plans of former years stay as they are."))
    list(lock(OrgUnit.objects.filter(pk=unit.pk), no_key=True))
    held = {"unit": unit, "year": year, "function": function}
    row = PlannedPost.objects.filter(**held).first() or PlannedPost(**held)
    row.place_in(unit)
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    row.full_clean()
    row.save()
    record(
        "plannedpost.saved",
        by=by,
        subject=row,
        unit=unit.code,
        year=year,
        function=function.name,
        number=row.establishment,
    )
    return row


@transaction.atomic
def drop_planned_post(row: PlannedPost, *, by: Any) -> None:
    """Take a post out of the plan; the history keeps it."""
    held = lock(PlannedPost.objects.filter(pk=row.pk)).select_related("unit", "function").first()
    if held is None:
        return
    record(
        "plannedpost.dropped",
        by=by,
        subject=held,
        unit=held.unit.code,
        year=held.year,
        function=held.function.name,
    )
    held.delete()


@transaction.atomic
def save_implementation_rule(
    unit: OrgUnit, *, by: Any, rule: ImplementationRule | None = None, **values: Any
) -> ImplementationRule:
    """Record the rules that a region issued for its units. `values`: title, issued_by, issued_on,
    effective_on, ended_on, summary. Raises Refused for a unit that is no region."""
    if unit.kind != Kind.REGION:
        raise Refused(_("Implementation rules are issued by regions."))
    row = ImplementationRule(entered_by=by)
    if rule is not None:
        row = lock(ImplementationRule.objects.filter(pk=rule.pk)).get()
    row.place_in(unit)
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    record("implementationrule.saved", by=by, subject=row, unit=unit.code, title=row.title)
    return row
