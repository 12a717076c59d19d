"""What stands above every standard report."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.models import Kind as Level
from regions.models import OrgUnit
from reports.standard.base import Column, Question, Standard
from reports.standard.commentaries import commentary_of

HEADS = (
    Column("title", _("Title")),
    Column("group", _("Group")),
    Column("unit", _("Unit")),
    Column("code", _("Code"), "id"),
    Column("period", _("Period"), "id"),
    Column("first", _("From"), "date"),
    Column("last", _("Until"), "date"),
    Column("reader", _("As seen by")),
    Column("written_at", pgettext_lazy("report", "Written at"), "datetime"),
    Column("source", _("Source")),
    Column("notes", _("Notes")),
)
WRITTEN = Column("commentary", _("Written analysis"))


def heads(standard: Standard) -> tuple[Column, ...]:
    """What stands above a report; about some of them units write an analysis."""
    return (*HEADS, WRITTEN) if standard.written else HEADS


def heads_of(standard: Standard, asked: Question, notes: list[str]) -> dict[str, Any]:
    """The values of `heads`. An analysis counts once it is submitted."""
    written = commentary_of(asked, standard) if standard.written else None
    group = OrgUnit.objects.filter(kind=Level.GROUP).values_list("name", flat=True).first()
    return {
        "title": str(standard.title),
        "group": group,
        "unit": asked.unit.name,
        "code": asked.unit.code,
        "period": asked.period.words,
        "first": asked.first,
        "last": asked.last,
        "reader": f"{asked.reader.name} {asked.reader.employee_no}",
        "written_at": timezone.now(),
        "source": str(standard.source),
        "notes": " ".join(notes),
        "commentary": written.text if written and not written.is_writable else "",
    }
