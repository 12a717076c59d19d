"""Verbs of template workbooks: put one in the place of the shipped one, go back to another."""

from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from reports.models import ReportTemplate
from reports.standard.base import Standard
from reports.standard.template import check_template

LOCK: Final = 7_401_959
MOST_VERSIONS: Final = 200


def save_template(*, by: Any, standard: Standard, name: str, content: bytes) -> ReportTemplate:
    """Use a workbook as the template from now on. Raises Refused with one sentence for one that
    cannot be a template of this report."""
    check_template(content, standard)
    with transaction.atomic():
        versions = _locked(standard)
        last = versions.aggregate(last=Max("version"))["last"] or 0
        if last >= MOST_VERSIONS:
            raise Refused(_("This report has {count} templates already.").format(count=last))
        versions.update(is_current=False)
        row = ReportTemplate.objects.create(
            standard=standard.key,
            version=last + 1,
            name=name[-120:],
            content=content,
            is_current=True,
            by=by,
        )
        report = str(standard.title)
        record("reports.template_saved", by=by, subject=row, report=report, version=row.version)
    return row


def use_template(*, by: Any, standard: Standard, version: int) -> None:
    """Go back to a version, 0 is the shipped one. Raises Refused for one that does not exist, or
    that no longer fits the report."""
    with transaction.atomic():
        versions = _locked(standard)
        row = versions.filter(version=version).first()
        if version and row is None:
            raise Refused(_("There is no such version of this template."))
        if row is not None:
            check_template(bytes(row.content), standard)
        versions.update(is_current=False)
        if row is not None:
            versions.filter(pk=row.pk).update(is_current=True)
        report = str(standard.title)
        record("reports.template_used", by=by, subject=row, report=report, version=version)


def outdated(standard: Standard) -> str:
    """Why the template in use no longer fits its report, as after an update of the product;
    nothing when it does, or when the shipped one is in use."""
    row = ReportTemplate.objects.filter(standard=standard.key, is_current=True).first()
    if row is None:
        return ""
    try:
        check_template(bytes(row.content), standard)
    except Refused as refusal:
        return str(refusal)
    return ""


def _locked(standard: Standard) -> Any:
    """The versions of a report, while nobody else changes them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    return ReportTemplate.objects.filter(standard=standard.key)
