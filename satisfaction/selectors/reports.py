"""Survey reports as lists show them (SAT-05)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from regions.models import OrgUnit
from satisfaction.models import ReportState, StepKind, SurveyReport, Wave
from satisfaction.selectors.sight import FEW, Line, lines_of

REVIEW = "satisfaction.review_report"
CHANGE = "satisfaction.change_surveyreport"


@dataclass(frozen=True, slots=True)
class Collected:
    """A unit of the collected list: its figures, and its report where there is one."""

    line: Line
    report: SurveyReport | None

    @property
    def may_begin(self) -> bool:
        """Whether there are figures to write about."""
        return self.report is None and self.line.hidden != FEW


def reports_to_read(reader: Any) -> QuerySet[SurveyReport]:
    """Reports in reach; drafts are read by those who write them."""
    mine = OrgUnit.objects.visible_to(reader, CHANGE)
    rows = SurveyReport.objects.visible_to(reader)
    return rows.filter(~Q(state=ReportState.DRAFT) | Q(unit__in=mine)).select_related(
        "wave__run", "wave__unit", "wave__version__questionnaire", "unit__parent", "run", "desk"
    )


def targets_kept(report: SurveyReport) -> list[dict[str, Any]] | None:
    """The targets that a report is held against since it was last handed up; None while its author
    has it: then it is held against those that hold today."""
    if report.is_writable:
        return None
    steps = report.steps.filter(kind=StepKind.HAND_UP).order_by("-pk")
    kept: list[dict[str, Any]] | None = steps.values_list("targets", flat=True).first()
    return kept


def waiting_for(reader: Any) -> list[SurveyReport]:
    """Reports on the desks of a reader, without those that he handed up himself."""
    rows = reports_to_read(reader).filter(
        state=ReportState.HANDED_UP, desk__in=OrgUnit.objects.visible_to(reader, REVIEW)
    )
    key = getattr(reader, "pk", None)
    return list(rows.exclude(handed_up_by=key).order_by("-wave", "unit__path")[:50])


def collected(reader: Any, wave: Wave, unit: OrgUnit) -> list[Collected]:
    """A unit and those directly below it with their reports about a wave."""
    near = Q(unit=unit) | Q(unit__parent=unit)
    reports = {one.unit_id: one for one in reports_to_read(reader).filter(near, wave=wave)}
    lines = lines_of([wave.run_id] if wave.run_id else [], reader, near)
    return [Collected(line, reports.get(line.unit.pk)) for line in lines]
