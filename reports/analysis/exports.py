"""Tables of the analysis to take away: written by a worker with all their rows, held back where
the rule for exports says so."""

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
from reports.analysis.base import Method, Question
from reports.analysis.forms import AnalysisFilter
from reports.analysis.tables import METHODS
from reports.analysis.workbook import write_book

EXPORT = "customers.export_customer"


def _asked_of(user: Any, payload: Payload) -> tuple[Method, Question]:
    method, query = METHODS.get(payload["method"]), QueryDict(payload["filter"])
    asked = None
    if method is not None:
        form = AnalysisFilter(query, user=user, method=method, today=timezone.localdate())
        asked = form.question
    # Whoever lost the unit gets none in its place.
    if method is None or asked is None or query.get("unit", asked.unit.code) != asked.unit.code:
        raise Refused(_("This unit is not within your reach."))
    return method, asked


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    method, asked = _asked_of(user, payload)
    return write_book(method, asked, method.read(asked, None), target)


def _about(payload: Payload) -> dict[str, Any]:
    method, query = METHODS.get(payload["method"]), QueryDict(payload["filter"])
    return {
        "method": str(method.title) if method else payload["method"],
        "unit": query.get("unit", ""),
        "as_of": query.get("as_of", ""),
    }


ANALYSIS = offer(
    ListExport(
        kind="reports.analysis_export",
        title=gettext_lazy("Export an analysis of customers"),
        note=gettext_lazy(
            "The workbook holds all rows of the analysis, of the customers you may see."
        ),
        right=EXPORT,
        refusal=gettext_lazy("You may not export customers any more."),
        done=gettext_lazy("{rows} rows were written."),
        file_name=gettext_lazy("Customer analysis {day}.xlsx"),
        deed="reports.analysis_taken",
        page="reports:analysis-export-detail",
        file="reports:analysis-export-file",
        write=_write,
        about=_about,
        queue=Queue.REPORTS,
    )
)
