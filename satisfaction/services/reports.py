"""Survey reports: written, handed up level by level, reviewed, distributed (SAT-04, SAT-05).

A report lies with its author, on the desk of the unit above, of the one above that, and so on up
to the group. Each level agrees, which hands it on, or sends it back to the author.
"""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Function, Post, Reach, RoleGrant, User, UserState
from audit.services import record
from core.errors import Refused
from core.notices import notify
from regions.models import OrgUnit
from satisfaction.models import (
    ReportState,
    ReportStep,
    StepKind,
    SurveyReport,
    UnitScore,
    Wave,
)
from satisfaction.selectors.overview import Question
from satisfaction.selectors.targets import kept_aims

CHANGE = "satisfaction.change_surveyreport"
REVIEW = "satisfaction.review_report"
WORDS = ("summary", "findings", "measures")


def may_write(by: Any, unit: OrgUnit) -> bool:
    """Whether somebody writes the reports of a unit."""
    return by is None or OrgUnit.objects.visible_to(by, CHANGE).filter(pk=unit.pk).exists()


def why_no_review(report: SurveyReport, by: Any) -> str:
    """Why somebody may not review a report now; empty when he may."""
    if report.state != ReportState.HANDED_UP or report.desk is None:
        return _("This report does not wait for a review.")
    if by is None:
        return ""
    if report.handed_up_by_id == by.pk:
        return _("Whoever handed a report up does not review it.")
    if not OrgUnit.objects.visible_to(by, REVIEW).filter(pk=report.desk.pk).exists():
        return _("This report lies with {unit}.").format(unit=report.desk.name)
    return ""


@transaction.atomic
def begin_report(*, wave: Wave, unit: OrgUnit, by: Any) -> SurveyReport:
    """Begin the report of a unit about a scored wave; its figures are those of the present run.

    Raises Refused without the right there, before the wave is scored, where the figures of the
    unit may not be shown, and when there is a report already.
    """
    if not may_write(by, unit):
        raise Refused(_("You may not write reports of {unit}.").format(unit=unit.name))
    if wave.run is None:
        raise Refused(_("This wave has not been scored yet."))
    scores = UnitScore.objects.filter(run=wave.run, unit=unit, stage="")
    if not scores.filter(shown=True).exists():
        raise Refused(_("{unit} has too few answers for a report.").format(unit=unit.name))
    try:
        with transaction.atomic():
            report = SurveyReport.objects.create(wave=wave, unit=unit, run=wave.run, created_by=by)
    except IntegrityError as twice:
        sentence = _("There is a report of {unit} about this wave already.")
        raise Refused(sentence.format(unit=unit.name)) from twice
    record("satisfaction.report_begun", by=by, subject=report, code=wave.code)
    return report


@transaction.atomic
def write_report(report: SurveyReport, *, by: Any, **words: str) -> SurveyReport:
    """Write the words of a report. Raises Refused while it lies with somebody else."""
    held = _hold(report)
    _refuse_unless_author(held, by)
    for name in WORDS:
        setattr(held, name, words.get(name, "").strip())
    held.save(update_fields=WORDS)
    return held


@transaction.atomic
def renew_figures(report: SurveyReport, *, by: Any) -> SurveyReport:
    """Take the figures of the wave's present run into a report that its author still has."""
    held = _hold(report)
    _refuse_unless_author(held, by)
    if held.wave.run is not None:
        held.run = held.wave.run
        held.save(update_fields=["run"])
    return held


@transaction.atomic
def hand_up(report: SurveyReport, *, by: Any) -> SurveyReport:
    """Hand a report to the level above; the group's own waits for another of the group.

    Raises Refused while it lies with somebody else, and without a summary.
    """
    held = _hold(report)
    _refuse_unless_author(held, by)
    if not held.summary:
        raise Refused(_("Please write the summary before you hand the report up."))
    held.state, held.handed_up_by = ReportState.HANDED_UP, by
    held.desk = held.unit.parent or held.unit
    held.save(update_fields=["state", "handed_up_by", "desk"])
    _step(held, StepKind.HAND_UP, held.unit, by, targets=_targets_of(held))
    _tell_desk(held)
    return held


@transaction.atomic
def agree(report: SurveyReport, *, by: Any, note: str = "") -> SurveyReport:
    """The level that has the report agrees: it goes on to the next, at the group it is reviewed.
    Raises Refused for whoever may not review it."""
    held = _hold(report)
    _refuse_review(held, by)
    here = held.desk
    assert here is not None  # noqa: S101 - asked by why_no_review
    _step(held, StepKind.ACCEPT, here, by, note)
    held.desk = here.parent
    if held.desk is None:
        held.state = ReportState.REVIEWED
    held.save(update_fields=["state", "desk"])
    if held.desk is None:
        _tell_author(held, "satisfaction.report_reviewed")
    else:
        _tell_desk(held)
    return held


@transaction.atomic
def send_back(report: SurveyReport, *, by: Any, note: str) -> SurveyReport:
    """Send a report back to its author. Raises Refused for whoever may not review it, and without
    words on what to mend."""
    held = _hold(report)
    _refuse_review(held, by)
    if not note.strip():
        raise Refused(_("Please write what is to be mended."))
    here = held.desk
    assert here is not None  # noqa: S101 - asked by why_no_review
    _step(held, StepKind.SEND_BACK, here, by, note)
    held.state, held.desk = ReportState.RETURNED, None
    held.save(update_fields=["state", "desk"])
    _tell_author(held, "satisfaction.report_returned", note=note.strip())
    return held


@transaction.atomic
def distribute(report: SurveyReport, *, by: Any, functions: Iterable[Function]) -> int:
    """Tell the departments that are concerned, and archive the report: it never changes again.

    Those are told who hold a post of one of the functions in the unit, or above or below it, and
    reach the report. Returns how many. Raises Refused before the group has reviewed it.
    """
    held = _hold(report)
    if not may_write(by, held.unit):
        raise Refused(_("You may not distribute reports of {unit}.").format(unit=held.unit.name))
    if held.state != ReportState.REVIEWED:
        raise Refused(_("A report is distributed once all levels have reviewed it."))
    chosen = list(functions)
    if not chosen:
        raise Refused(_("Please choose at least one department."))
    posts = Post.objects.now().filter(
        Q(unit__in=held.unit.ancestor_ids()) | Q(unit__path__startswith=held.unit.path),
        function__in=chosen,
        user__state=UserState.ACTIVE,
    )
    people = [
        person
        for person in User.objects.filter(pk__in=posts.values("user"))
        if SurveyReport.objects.visible_to(person).filter(pk=held.pk).exists()
    ]
    held.state = ReportState.ARCHIVED
    held.save(update_fields=["state"])
    names = [one.name for one in chosen]
    _step(held, StepKind.DISTRIBUTE, held.unit, by, "、".join(names))
    _tell(held, people, "satisfaction.report_distributed", "distributed")
    return len(people)


def _hold(report: SurveyReport) -> SurveyReport:
    rows = SurveyReport.objects.select_for_update(of=("self",))
    return rows.select_related("unit__parent", "wave__run", "run", "desk__parent").get(pk=report.pk)


def _refuse_unless_author(report: SurveyReport, by: Any) -> None:
    if not may_write(by, report.unit):
        raise Refused(_("You may not write reports of {unit}.").format(unit=report.unit.name))
    if not report.is_writable:
        raise Refused(_("This report was handed up; it changes only when it is sent back."))


def _refuse_review(report: SurveyReport, by: Any) -> None:
    problem = why_no_review(report, by)
    if problem:
        raise Refused(problem)


def _targets_of(report: SurveyReport) -> list[dict[str, Any]]:
    """The targets that the report is held against from now on, of its unit and those below it."""
    units = OrgUnit.objects.filter(Q(pk=report.unit_id) | Q(parent=report.unit_id))
    return kept_aims(units, Question(report.wave, report.unit, run=report.run).year)


def _step(
    report: SurveyReport, kind: str, unit: OrgUnit, by: Any, note: str = "", **facts: Any
) -> None:
    note = note.strip()
    ReportStep.objects.create(report=report, kind=kind, unit=unit, by=by, note=note, **facts)
    code = report.wave.code
    record(f"satisfaction.report_{kind}", by=by, subject=report, code=code, unit=unit.code)


def reviewers_of(unit: OrgUnit) -> list[User]:
    """Who reviews at a level: those whose role with the right was given there, else at the nearest
    level above that has any."""
    app, codename = REVIEW.split(".")
    grants = RoleGrant.objects.now().filter(
        role__permissions__codename=codename,
        role__permissions__content_type__app_label=app,
        unit__in=unit.ancestor_ids(),
        user__state=UserState.ACTIVE,
    )
    by_unit: dict[int, set[int]] = {}
    for grant in grants.exclude(role__reach=Reach.OWN):
        by_unit.setdefault(grant.unit_id, set()).add(grant.user_id)
    for key in reversed(unit.ancestor_ids()):
        if by_unit.get(key):
            return list(User.objects.filter(pk__in=by_unit[key]).order_by("pk"))
    return []


def _tell_desk(report: SurveyReport) -> None:
    assert report.desk is not None  # noqa: S101 - it was just put there
    people = [one for one in reviewers_of(report.desk) if one.pk != report.handed_up_by_id]
    _tell(report, people, "satisfaction.report_waits", f"waits:{report.steps.count()}")


def _tell_author(report: SurveyReport, kind: str, **facts: Any) -> None:
    if report.handed_up_by_id is not None:
        key = f"{kind.rpartition('_')[2]}:{report.steps.count()}"
        _tell(report, [report.handed_up_by_id], kind, key, **facts)


def _tell(report: SurveyReport, people: Iterable[Any], kind: str, event: str, **facts: Any) -> None:
    notify(
        people,
        kind,
        key=f"survey_report:{report.pk}:{event}",
        url=report.get_absolute_url(),
        unit=report.unit.name,
        wave=str(report.wave),
        **facts,
    )
