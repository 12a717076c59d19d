"""Verbs of saved reports."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, constraint_of
from reports.builder.definitions import read
from reports.builder.query import check_right
from reports.models import SavedReport

MOST_REPORTS = 200  # of one person


def save_report(
    *,
    by: Any,
    name: str,
    definition: dict[str, Any],
    audience: str,
    report: SavedReport | None = None,
) -> SavedReport:
    """Keep a question under a name, or change one. Raises Refused for one that does not read, about
    what the owner may not see, or under a name that he has already."""
    asked = read(definition)
    check_right(asked, by)
    if report is None and SavedReport.objects.kept_by(by).count() >= MOST_REPORTS:
        sentence = _("You keep {count} reports already. Please delete some first.")
        raise Refused(sentence.format(count=MOST_REPORTS))
    row = report or SavedReport(owner=by)
    row.name, row.audience = name, audience
    row.subject, row.definition = asked.subject.key, definition
    row.updated_at = timezone.now()
    try:
        with transaction.atomic():
            row.save()
            record("report.saved", by=by, subject=row, name=name)
    except IntegrityError as error:
        if constraint_of(error) != "savedreport_name_once":
            raise
        raise Refused(_("You have a report of this name already.")) from error
    return row


def delete_report(*, by: Any, report: SavedReport) -> None:
    """Delete a report of one's own with its schedules and what was noted of its sendings."""
    with transaction.atomic():
        record("report.deleted", by=by, subject=report, name=report.name)
        report.delete()
