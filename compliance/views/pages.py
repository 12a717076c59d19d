"""The page of a unit and the page of a person: what the registered panels say (LOG-05, KPI-01)."""

from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.services import record
from compliance.forms.unit_page import MonthForm
from compliance.months import month_end, months_later
from compliance.panels import OwnQuestion, Question, Sheet, Tile, own_panels, unit_panels
from compliance.selectors.reach import whole_units
from compliance.views.common import Crumbs, release_needed
from core.access import requires, signed_in
from core.display import listed
from core.files.writer import SheetColumn, SheetWriter

VIEW = "compliance.view_compliance"
TITLE = gettext_lazy("Unit compliance")


def _asked(request: HttpRequest, code: str) -> tuple[Question, MonthForm]:
    """What the address asks. Raises Http404 for a unit out of reach."""
    unit = whole_units(request.user, VIEW).filter(code=code).first()
    if unit is None:
        raise Http404("unit")
    form = MonthForm(request.GET, today=timezone.localdate())
    month = form.chosen()
    earlier = months_later(month, -1)
    user: Any = request.user
    question = Question(
        reader=user,
        unit=unit,
        below=request.GET.get("below", "1") != "0",
        first=month,
        last=month_end(month),
        before=(earlier, month_end(earlier)),
    )
    return question, form


@requires(VIEW)
@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """To the page of the unit that was picked, else of the topmost in reach."""
    reached = whole_units(request.user, VIEW).in_tree_order()
    code = request.GET.get("unit", "")
    unit = reached.filter(code=code).first() if code else reached.first()
    if unit is None:
        raise Http404("unit")
    kept = {name: request.GET[name] for name in ("month", "below") if request.GET.get(name)}
    address = reverse("compliance:unit", args=[unit.code])
    return redirect(f"{address}?{urlencode(kept)}" if kept else address)


@requires(VIEW)
@require_safe
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit in one month: figures of all panels, then their rows."""
    question, form = _asked(request, code)
    parts = [(panel, panel.tile(question)) for panel in unit_panels()]
    reached = whole_units(request.user, VIEW)
    ended = question.last < timezone.localdate()
    context = {
        "question": question,
        "month": question.first,
        "as_of": None if ended else timezone.localdate(),
        "form": form,
        "tiles": [
            (tile, [value for value in tile.trend if value is not None])
            for _panel, tile in parts
            if tile is not None
        ],
        "sections": [
            (panel.key, panel.template, panel.context(question))
            for panel, tile in parts
            if panel.template and tile is not None
        ],
        "tops": reached.filter(pk__in=_tops(reached)),
        "below": list(reached.active().filter(parent=question.unit).in_tree_order()),
        "query": urlencode(
            {"month": f"{question.first:%Y-%m}", "below": "1" if question.below else "0"}
        ),
        "alarms": sum(tile.alarm for _panel, tile in parts if tile is not None),
        "crumbs": [(str(TITLE), reverse("compliance:units")), (question.unit.name, "")],
    }
    return render(request, "compliance/unit.html", context)


def _tops(reached: Any) -> list[int]:
    """Keys of the units in reach whose parent is not: the options of the picker without script."""
    keys = dict(reached.values_list("pk", "parent"))
    return [pk for pk, parent in keys.items() if parent not in keys]


@requires(VIEW)
@require_safe
def unit_workbook(request: HttpRequest, code: str) -> HttpResponse | FileResponse:
    """The month of a unit as a workbook: the figures, and a sheet for each panel's rows."""
    question, _form = _asked(request, code)
    tiles = [tile for tile in (panel.tile(question) for panel in unit_panels()) if tile]
    sheets = [sheet for sheet in (panel.sheet(question) for panel in unit_panels()) if sheet]
    rows = sum(len(sheet.rows) for sheet in sheets)
    held = release_needed(request, rows)
    if held is not None:
        return held
    record(
        "compliance.month_taken",
        by=request.user,
        subject=question.unit,
        unit=question.unit.code,
        month=f"{question.first:%Y-%m}",
        count=rows,
    )
    name = _("Compliance {unit} {month}").format(
        unit=question.unit.name, month=f"{question.first:%Y-%m}"
    )
    content = BytesIO(_workbook(tiles, sheets))
    return FileResponse(content, as_attachment=True, filename=f"{name}.xlsx")


def _workbook(tiles: list[Tile], sheets: list[Sheet]) -> bytes:
    with TemporaryDirectory() as place:
        path = Path(place) / "month.xlsx"
        with SheetWriter(path) as book:
            heads = (
                SheetColumn(_("Figure"), width=30),
                SheetColumn(_("Value"), width=16),
                SheetColumn(_("Detail"), width=24),
                SheetColumn(_("Before"), width=20),
            )
            rows = [(one.label, one.value, one.detail, one.before) for one in tiles]
            book.write_sheet(_("Overview"), heads, rows)
            for sheet in sheets:
                columns = [SheetColumn(head, width=24) for head in sheet.heads]
                book.write_sheet(sheet.title, columns, [_plain(row) for row in sheet.rows])
        return path.read_bytes()


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Dates as text, so that a sheet of texts needs no formats."""
    return tuple(
        "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
        for value in row
    )


# --- people ---------------------------------------------------------------------------------------


@signed_in
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """What is expected of the reader in a month, what he missed, and why."""
    return _person(request, request.user, [(_("My duties"), "")])


@requires(VIEW)
@require_safe
def person(request: HttpRequest, employee_no: str) -> HttpResponse:
    """The same page of somebody the reader answers for."""
    people = User.objects.filter(unit__in=whole_units(request.user, VIEW))
    who = people.filter(employee_no=employee_no).select_related("unit").first()
    if who is None:
        raise Http404("person")
    crumbs = [(str(TITLE), reverse("compliance:units")), (who.name, "")]
    return _person(request, who, crumbs)


def _person(request: HttpRequest, who: Any, crumbs: Crumbs) -> HttpResponse:
    form = MonthForm(request.GET, today=timezone.localdate())
    first = form.chosen()
    last = month_end(first)
    reader: Any = request.user
    asked = OwnQuestion(reader, who, first, last)
    clauses = [panel.clause(asked) for panel in own_panels()]
    said = [clause for clause in clauses if clause]
    context = {
        "person": who,
        "own": who.pk == request.user.pk,
        "form": form,
        "month": first,
        "as_of": timezone.localdate() if last >= timezone.localdate() else None,
        "clauses": listed(said) if said else "",
        "sections": [
            (panel.key, panel.template, panel.context(asked))
            for panel in own_panels()
            if panel.template
        ],
        "crumbs": crumbs,
    }
    return render(request, "compliance/person.html", context)
