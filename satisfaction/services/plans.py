"""The annual plan of surveys, and waves made of its lines (SAT-04)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from audit.services import record
from core.errors import Refused
from regions.models import OrgUnit
from satisfaction.models import PlanStep, Questionnaire, SurveyPlan, Wave
from satisfaction.services.rights import CHANGE, may_run
from satisfaction.services.waves import ADD, newest_version, plan_wave

# The work of a survey (SAT-04), proposed for a new line.
STEPS = (
    pgettext_lazy("survey step", "Design the questionnaire"),
    pgettext_lazy("survey step", "Draw the sample"),
    pgettext_lazy("survey step", "Carry out the survey"),
    pgettext_lazy("survey step", "Collate and analyse"),
    pgettext_lazy("survey step", "Write and hand up the report"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is typed."""

    name: str
    person: Any = None
    due_on: date | None = None


@transaction.atomic
def save_plan(
    plan: SurveyPlan | None,
    *,
    by: Any,
    unit: OrgUnit,
    year: int,
    month: int,
    title: str,
    questionnaire: Questionnaire,
    responsible: Any,
    steps: Sequence[Step] = (),
) -> SurveyPlan:
    """Write a line of the plan with its steps, a new one or an old one anew. Raises Refused out of
    reach, for the same questionnaire twice in a month, and when a wave was made of it."""
    line = _held(plan, by) if plan is not None else SurveyPlan(created_by=by)
    if not may_run(unit, by):
        raise Refused(_("You may not run surveys of {unit}.").format(unit=unit.name))
    if line.wave_id is not None and (line.unit_id, line.year) != (unit.pk, year):
        raise Refused(_("A wave was made of this line: unit and year stay as they are."))
    line.unit, line.year, line.month, line.title = unit, year, month, title.strip()
    line.questionnaire, line.responsible = questionnaire, responsible
    try:
        with transaction.atomic():
            line.save()
    except IntegrityError:
        sentence = _("The plan has this questionnaire in this month already.")
        raise Refused(sentence) from None
    line.steps.all().delete()
    PlanStep.objects.bulk_create(
        PlanStep(plan=line, position=place, name=step.name, person=step.person, due_on=step.due_on)
        for place, step in enumerate((one for one in steps if one.name.strip()), start=1)
    )
    record("satisfaction.plan_saved", by=by, subject=line, year=year, unit=unit.name)
    return line


@transaction.atomic
def remove_plan(plan: SurveyPlan, *, by: Any) -> None:
    """Take a line out of the plan. Raises Refused out of reach and when a wave was made of it."""
    line = _held(plan, by)
    if line.wave_id is not None:
        raise Refused(_("A wave was made of this line, so it stays in the plan."))
    record("satisfaction.plan_removed", by=by, subject=line, year=line.year, unit=line.unit.name)
    line.delete()


@transaction.atomic
def make_wave(plan: SurveyPlan, *, code: str, by: Any) -> Wave:
    """Plan the wave of a line; it asks the newest version, and its days are still open. Raises
    Refused when there is one already, and as `plan_wave`."""
    line = _held(plan, by, ADD)
    if line.wave_id is not None:
        raise Refused(_("The wave of this line is made already."))
    line.wave = plan_wave(
        code=code,
        unit=line.unit,
        version=newest_version(line.questionnaire),
        title=line.title,
        by=by,
    )
    line.save(update_fields=["wave"])
    return line.wave


def _held(plan: SurveyPlan, by: Any, permission: str = CHANGE) -> SurveyPlan:
    rows = SurveyPlan.objects.select_for_update(of=("self",))
    line = rows.select_related("unit", "questionnaire").get(pk=plan.pk)
    if not may_run(line.unit, by, permission):
        raise Refused(_("You may not run surveys of {unit}.").format(unit=line.unit.name))
    return line
