"""Workbooks of answers: the list exactly as it is filtered, without identity unless permitted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from core.errors import Refused
from core.exports import ListExport, offer
from core.exports.lists import Payload, Progress
from core.files.writer import SheetColumn, SheetWriter
from customers.models import OwnerStage
from regions.models import OrgUnit
from satisfaction.forms.answers import AnswerFilter
from satisfaction.models import Flag, Item, ItemRole, Response, Wave
from satisfaction.models.questionnaires import UNRATED
from satisfaction.selectors.answers import IDENTITY, VIEW, AnswerQuery, Said, all_answers
from satisfaction.selectors.questionnaires import asked_of

REFUSAL = gettext_lazy("You may not export answers any more.")


class AnswerSheet:
    """Columns and rows of a wave's answers. Who gave them stands in its own column for readers who
    may know, for each answer in the reach of that right; the column is missing for all others."""

    def __init__(self, user: Any, query: AnswerQuery) -> None:
        self.user, self.query = user, query
        self.items = asked_of(query.wave.version)
        self.units = dict(OrgUnit.objects.values_list("pk", "name"))
        self.anonymous = query.wave.is_anonymous
        self.names = not self.anonymous and user.has_perm(IDENTITY)

    def columns(self) -> list[SheetColumn]:
        found = [
            SheetColumn(_("Region"), width=16),
            SheetColumn(_("City"), width=16),
            SheetColumn(_("Project"), width=18),
            *([] if self.anonymous else [SheetColumn(_("Stage"))]),
            *([SheetColumn(_("Customer"), width=16)] if self.names else []),
            SheetColumn(_("Sample number"), "id"),
            SheetColumn(_("Channel")),
            SheetColumn(_("Answered on"), "date"),
            SheetColumn(_("Duration in seconds"), "integer"),
            SheetColumn(_("Partial")),
            SheetColumn(_("Quality"), width=20),
            SheetColumn(_("Reason for voiding"), width=20),
        ]
        for item in self.items:
            found += self._item_columns(item)
        return found

    def _item_columns(self, item: Item) -> list[SheetColumn]:
        name = item.shown_name
        if item.role in UNRATED:
            return [SheetColumn(name, width=40)]
        columns = [SheetColumn(name, "integer")]
        if item.asks_importance:
            columns.append(SheetColumn(_("{name}: importance").format(name=name), "integer"))
        if item.asks_expectation:
            columns.append(SheetColumn(_("{name}: expectation").format(name=name), "integer"))
        return columns

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for chunk in all_answers(self.user, self.query):
            known = self._known([response.pk for response, _said in chunk])
            for response, said in chunk:
                cells = [cell for item in self.items for cell in _cells(item, said.get(item.pk))]
                yield (*self._facts(response, response.pk in known), *cells)

    def _known(self, keys: list[int]) -> set[int]:
        if not self.names:
            return set()
        rows = Response.objects.visible_to(self.user, IDENTITY).filter(pk__in=keys)
        return set(rows.values_list("pk", flat=True))

    def _facts(self, response: Response, is_known: bool) -> tuple[Any, ...]:
        person = response.customer.name if is_known and response.customer else ""
        day = timezone.localdate(response.answered_at) if response.answered_at else None
        return (
            *(self.units.get(key or 0, "") for key in (response.region_id, response.city_id)),
            self.units.get(response.project_id or response.unit_id, ""),
            *([] if self.anonymous else [stage_words(response.stage)]),
            *([person] if self.names else []),
            *(response.sample_no, response.get_asked_by_display(), day, response.seconds),
            _("yes") if response.is_partial else "",
            "、".join(str(Flag(flag).label) for flag in response.flags),
            response.void_reason,
        )


def stage_words(stage: str) -> str:
    """An owner stage in words; files of agencies may bring others, which stay as they are."""
    return str(OwnerStage(stage).label) if stage in OwnerStage.values else stage


def _cells(item: Item, said: Said | None) -> list[Any]:
    if item.role == ItemRole.REMARK:
        return [said.words if said else ""]
    if item.role in UNRATED:
        return ["、".join(said.chosen) if said else ""]
    cells = [said.score if said else None]
    if item.asks_importance:
        cells.append(said.importance if said else None)
    if item.asks_expectation:
        cells.append(said.expectation if said else None)
    return cells


def write_export(user: Any, query: AnswerQuery, target: Path, *, progress: Any = None) -> int:
    """Write the list to a workbook. Returns the number of rows."""
    sheet = AnswerSheet(user, query)
    with SheetWriter(target) as book:
        return book.write_sheet(
            pgettext("survey", "Answers"), sheet.columns(), sheet.rows(), progress=progress
        )


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    waves = Wave.objects.visible_to(user, VIEW).select_related("version")
    wave = waves.filter(pk=payload["wave"]).first()
    if wave is None:
        raise Refused(str(REFUSAL))
    query = AnswerFilter(QueryDict(payload["filter"]), user=user).query(wave)
    return write_export(user, query, target, progress=progress)


def _about(payload: Payload) -> dict[str, Any]:
    """The wave whose answers left, for the record."""
    return {"code": Wave.objects.values_list("code", flat=True).get(pk=payload["wave"])}


ANSWERS = offer(
    ListExport(
        kind="satisfaction.export_answers",
        title=gettext_lazy("Export answers"),
        note=gettext_lazy(
            "The workbook holds exactly the filtered list. Who answered stands in it only if "
            "you may know."
        ),
        right=VIEW,
        refusal=REFUSAL,
        done=gettext_lazy("{rows} answers were written."),
        file_name=gettext_lazy("Answers {day}.xlsx"),
        deed="satisfaction.answers_exported",
        page="satisfaction:answers-export-detail",
        file="satisfaction:answers-export-file",
        write=_write,
        about=_about,
    )
)
