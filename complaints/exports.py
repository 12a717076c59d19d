"""Workbooks of cases: the list exactly as it is filtered, and the monthly summary.

Telephone numbers stay masked. A page asks for a job, so that a worker writes long files under the
rights of the moment it runs; the command writes in its own process.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.services import record
from complaints.forms.filters import CaseFilter
from complaints.models import Case, Complainant
from complaints.selectors.contract_works import cost_by_case
from complaints.selectors.lists import CaseQuery, all_cases
from complaints.selectors.summary import AGES, Figures, Part, Summary
from core.errors import Refused
from core.exports import ListExport, exports, offer
from core.exports.lists import Payload, Progress
from core.files.writer import SheetColumn, SheetWriter
from core.scope import EVERYTHING
from regions.models import OrgUnit
from regions.selectors.units import branch_of_code

PERMISSION = "complaints.export_case"

COLUMNS = (
    SheetColumn(gettext_lazy("Case number"), "id"),
    SheetColumn(gettext_lazy("Kind")),
    SheetColumn(gettext_lazy("State")),
    SheetColumn(gettext_lazy("Region"), width=16),
    SheetColumn(gettext_lazy("City"), width=16),
    SheetColumn(gettext_lazy("Project"), width=18),
    SheetColumn(gettext_lazy("Room"), "id", 18),
    SheetColumn(gettext_lazy("Complainant")),
    SheetColumn(gettext_lazy("Phone (masked)"), "id", 16),
    SheetColumn(gettext_lazy("Channel")),
    SheetColumn(gettext_lazy("Category (first level)")),
    SheetColumn(gettext_lazy("Category (second level)")),
    SheetColumn(gettext_lazy("Level of the case")),
    SheetColumn(gettext_lazy("Content"), width=50),
    SheetColumn(gettext_lazy("Handler")),
    SheetColumn(gettext_lazy("Taken in at"), "datetime"),
    SheetColumn(gettext_lazy("First contact at"), "datetime"),
    SheetColumn(gettext_lazy("Resolved at"), "datetime"),
    SheetColumn(gettext_lazy("Closed at"), "datetime"),
    SheetColumn(gettext_lazy("Call-back satisfaction"), "integer"),
    SheetColumn(pgettext_lazy("case", "Cause")),
    SheetColumn(gettext_lazy("Result"), width=40),
    SheetColumn(gettext_lazy("Costs (yuan)"), "money"),
)


class CaseSheet:
    """Rows of the export, chunk by chunk; unit names are read once."""

    def __init__(self, user: Any, query: CaseQuery) -> None:
        self.user = user
        self.query = query
        self.units = dict(OrgUnit.objects.values_list("pk", "name"))

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for cases in all_cases(self.user, self.query, permission=PERMISSION):
            keys = [case.pk for case in cases]
            results = dict(Case.objects.filter(pk__in=keys).values_list("pk", "resolution"))
            people = Complainant.objects.filter(case__in=keys, is_first=True)
            phones = {one.case_id: one.phone_masked for one in people.select_related("subject")}
            costs = cost_by_case(keys)
            for case in cases:
                row = self._row(case, phones.get(case.pk, ""), results[case.pk])
                yield (*row, costs.get(case.pk))

    def _row(self, case: Case, phone: str, result: str) -> tuple[Any, ...]:
        category = case.category
        top = category.parent or category if category else None
        return (
            *(case.number, case.get_kind_display(), case.get_state_display()),
            *(self.units.get(key or 0, "") for key in (case.region_id, case.city_id)),
            *(self.units.get(case.project_id or case.unit_id, ""), case.room),
            *(case.complainant_name, phone),
            case.channel_words or case.get_channel_display(),
            top.name if top else "",
            category.name if category and category.parent else "",
            case.level.name if case.level else "",
            case.content,
            case.handler.name if case.handler else "",
            *(_local(case.taken_in_at), _local(case.first_contact_at)),
            *(_local(case.resolved_at), _local(case.closed_at)),
            *(case.rating, case.get_cause_display(), result),
        )


def _local(moment: Any) -> Any:
    return timezone.localtime(moment) if moment else None


def write_export(user: Any, query: CaseQuery, target: Path, *, progress: Any = None) -> int:
    """Write the list to a workbook. Returns the number of rows. `user` may be a scope."""
    with SheetWriter(target) as book:
        return book.write_sheet(
            _("Cases"), COLUMNS, CaseSheet(user, query).rows(), progress=progress
        )


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    data = QueryDict(payload["filter"])
    query = CaseFilter(data, user=user).query(data.get("sort", ""))
    if query.term.problem:
        raise Refused(str(query.term.problem))
    return write_export(user, query, target, progress=progress)


CASES = offer(
    ListExport(
        kind="complaints.export",
        title=gettext_lazy("Export cases"),
        note=gettext_lazy(
            "The workbook holds exactly the filtered list; numbers of persons are masked."
        ),
        right=PERMISSION,
        refusal=gettext_lazy("You may not export cases any more."),
        done=gettext_lazy("{rows} cases were written."),
        file_name=gettext_lazy("Cases {day}.xlsx"),
        deed="case.exported",
        page="complaints:export-detail",
        file="complaints:export-file",
        write=_write,
    )
)


@exports("complaints")
def _export_command(unit_code: str, target: Path) -> int:
    """The operator's export of a branch or of the whole group."""
    rows = write_export(EVERYTHING, CaseQuery(unit=branch_of_code(unit_code)), target)
    record("case.exported", by=None, rows=rows)
    return rows


# --- the monthly summary --------------------------------------------------------------------------


def write_summary(summary: Summary, target: Path) -> None:
    """A sheet of the units with the total below, and one for each way of sorting cases."""
    with SheetWriter(target) as book:
        book.write_sheet(_("Units"), _summary_columns(), _summary_rows(summary))
        for title, parts in (
            (_("By category"), summary.by_category),
            (_("Complaints by level"), summary.by_level),
            (_("By channel"), summary.by_channel),
            (_("By cause"), summary.by_cause),
        ):
            columns = (SheetColumn(title, width=30), SheetColumn(_("Cases"), "integer"))
            book.write_sheet(title, columns, map(_part, parts))
        columns = (SheetColumn(_("Borne by"), width=30), SheetColumn(_("Costs (yuan)"), "money"))
        book.write_sheet(_("Costs"), columns, summary.costs)


def age_labels() -> list[str]:
    """The ages of open cases in words."""
    first, second, third = AGES
    return [
        _("Open up to {days} days").format(days=first),
        _("Open {first}–{last} days").format(first=first + 1, last=second),
        _("Open {first}–{last} days").format(first=second + 1, last=third),
        _("Open more than {days} days").format(days=third),
    ]


def _summary_columns() -> list[SheetColumn]:
    return [
        SheetColumn(_("Unit"), width=22),
        SheetColumn(_("Code"), "id", 12),
        SheetColumn(_("Cases taken in"), "integer"),
        SheetColumn(_("Complaints"), "integer"),
        SheetColumn(_("First contact within limit"), "percent"),
        SheetColumn(_("Resolution within limit"), "percent"),
        SheetColumn(_("Reopened"), "integer"),
        SheetColumn(_("Repeat complaints"), "integer"),
        SheetColumn(_("Rated"), "integer"),
        SheetColumn(_("Call-back satisfaction"), "number"),
        SheetColumn(_("Satisfied (4 and 5)"), "percent"),
        *(SheetColumn(label, "integer") for label in age_labels()),
        SheetColumn(_("Households"), "integer"),
        SheetColumn(_("Complaints per 1,000 households"), "number"),
    ]


def _summary_rows(summary: Summary) -> Iterator[tuple[Any, ...]]:
    for line in summary.lines:
        yield (line.unit.name, line.unit.code, *_figures(line.figures))
    yield (_("Total"), "", *_figures(summary.total))


def _figures(one: Figures) -> tuple[Any, ...]:
    return (
        *(one.taken_in, one.complaints, one.contact_share, one.resolution_share, one.reopened),
        *(one.repeated, one.rated, one.satisfaction, one.satisfied_share, *one.open),
        *(one.households, one.rate),
    )


def _part(part: Part) -> tuple[str, int]:
    label = part.label or _("not stated")
    return f"{'　' * part.depth}{label}", part.count
