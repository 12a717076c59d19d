"""What the pages of expenses share: fetching within scope, breadcrumbs."""

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from expenses.models import Application
from regions.models import OrgUnit


def application_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Application:
    """The application in reach. Foreign and missing ones look the same: 404."""
    rows = Application.objects.visible_to(request.user, right).filter(pk=pk)
    found = rows.select_related("unit", "category", "applicant", "case", "event", "budget").first()
    if found is None:
        raise Http404("application")
    return found


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """Applications › …; the last one has no address."""
    return [(_("Applications"), reverse("expenses:applications")), *more]


def paper_crumbs(application: Application, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Applications › the application › …"""
    return crumbs((application.number, application.get_absolute_url() if more else ""), *more)


def unit_or_404(request: HttpRequest, code: str, right: str) -> OrgUnit:
    """A unit in reach of a right, by its code."""
    unit: OrgUnit | None = OrgUnit.objects.visible_to(request.user, right).filter(code=code).first()
    if unit is None:
        raise Http404("unit")
    return unit
