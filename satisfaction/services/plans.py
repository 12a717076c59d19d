"""The annual plan of surveys, and waves made of its lines (SAT-04)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
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


def wrong_days(
    steps: Sequence[Step], today: date, known: Collection[date | None] = ()
) -> dict[int, str]:
    """Place of a step → what is wrong with its day: it is past, or before that of an earlier step.

    Days that the plan has already (`known`) may have passed since. Steps without a name are none.
    """
    wrong: dict[int, str] = {}
    latest: date | None = None
    for place, step in enumerate(steps):
        if not step.name.strip() or step.due_on is None:
            continue
        if step.due_on < today and step.due_on not in known:
            wrong[place] = _("This day lies in the past. Please choose today or later.")
        elif latest is not None and step.due_on < latest:
            wrong[place] = _("This day lies before that of an earlier step.")
        latest = max(latest or step.due_on, step.due_on)
    return wrong


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
    reach, for the same questionnaire twice in a month, for steps whose days are past or out of
    order, and when a wave was made of it."""
    line = _held(plan, by) if plan is not None else SurveyPlan(created_by=by)
    if not may_run(unit, by):
        raise Refused(_("You may not run surveys of {unit}.").format(unit=unit.name))
    if line.wave_id is not None and (line.unit_id, line.year) != (unit.pk, year):
        raise Refused(_("A wave was made of this line: unit and year stay as they are."))
    known = set(line.steps.values_list("due_on", flat=True)) if line.pk else set()
    for place, sentence in wrong_days(steps, timezone.localdate(), known).items():
        raise Refused(f"{steps[place].name}: {sentence}")
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
