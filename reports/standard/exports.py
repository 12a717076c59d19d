"""Standard reports to take away: written by a worker into their templates, held back where the
rule for exports says so."""

from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from core.exports import ListExport, offer
from core.exports.lists import Payload, Progress
from core.models import Queue
from reports.models.saved import VIEW
from reports.standard.answers import write_book
from reports.standard.base import Question, Standard
from reports.standard.catalogue import STANDARDS
from reports.standard.forms import StandardFilter


def asked_of(user: Any, payload: Payload) -> tuple[Standard, Question]:
    """The report and the question of a job, under today's reach. Raises Refused."""
    standard = STANDARDS.get(payload["standard"])
    asked = None
    if standard is not None:
        query = QueryDict(payload["filter"])
        form = StandardFilter(query, user=user, standard=standard, today=timezone.localdate())
        asked = form.question
        # Whoever lost the unit gets none in its place.
        if asked is not None and query.get("unit") and asked.unit.code != query["unit"]:
            asked = None
    if standard is None or asked is None:
        raise Refused(_("This unit is not within your reach."))
    return standard, asked


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    standard, asked = asked_of(user, payload)
    return write_book(standard, asked, target)[1]


def _about(payload: Payload) -> dict[str, Any]:
    key, query = payload.get("standard", ""), QueryDict(payload.get("filter", ""))
    return {
        "report": str(STANDARDS[key].title) if key in STANDARDS else key,
        "unit": query.get("unit", ""),
        "period": query.get("period", ""),
    }


STANDARD = offer(
    ListExport(
        kind="reports.standard_export",
        title=gettext_lazy("Export a standard report"),
        note=gettext_lazy(
            "The workbook holds what you may see of this report, in the template of the group."
        ),
        right=VIEW,
        refusal=gettext_lazy("You may not see reports any more."),
        done=gettext_lazy("{rows} rows were written."),
        file_name=gettext_lazy("{report} {unit} {period} {day}.xlsx"),
        deed="reports.standard_taken",
        page="reports:standard-export-detail",
        file="reports:standard-export-file",
        write=_write,
        about=_about,
        named=_about,
        queue=Queue.REPORTS,
    )
)
