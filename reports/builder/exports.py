"""Saved reports to take away: written by a worker, held back where the rule for exports says so."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.releases import check_direct
from core.errors import Refused
from core.exports import ListExport, offer
from core.exports.lists import Payload, Progress
from core.models import Queue
from reports.builder.book import write_book
from reports.builder.definitions import Definition, read
from reports.models import SavedReport
from reports.models.saved import VIEW


def check_taking(asked: Definition, user: Any) -> None:
    """Raises Refused for a reader who may see the subject but not take it away."""
    if not user.has_perm(asked.subject.taking):
        sentence = _("You may not take “{subject}” away as a file.")
        raise Refused(sentence.format(subject=asked.subject.label))


def check_rows(rows: int) -> None:
    """Raises Refused for a file that would need a release; only workbooks can be released."""
    check_direct(
        rows,
        _(
            "A file of {rows} rows needs a release. Please export the workbook, which can be "
            "released."
        ),
    )


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    report = SavedReport.objects.visible_to(user).filter(pk=payload["report"]).first()
    if report is None:
        raise Refused(_("This report does not exist any more, or is no longer shared with you."))
    asked = read(report.definition)
    check_taking(asked, user)
    return write_book(asked, user, report.name, target, progress=progress)


def _about(payload: Payload) -> dict[str, Any]:
    report = SavedReport.objects.filter(pk=payload["report"]).first()
    return {"name": report.name if report else ""}


REPORT = offer(
    ListExport(
        kind="reports.export",
        title=gettext_lazy("Export a report"),
        note=gettext_lazy(
            "The workbook holds what you may see of this report, numbers of persons never."
        ),
        right=VIEW,
        refusal=gettext_lazy("You may not see reports any more."),
        done=gettext_lazy("{rows} rows were written."),
        file_name=gettext_lazy("Report {day}.xlsx"),
        deed="report.exported",
        page="reports:export-detail",
        file="reports:export-file",
        write=_write,
        about=_about,
        queue=Queue.REPORTS,
    )
)
