"""What the pages of standard reports have in common."""

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from reports.standard.base import Standard
from reports.standard.catalogue import STANDARDS

Crumbs = list[tuple[str, str]]


def crumbs(*more: tuple[str, str]) -> Crumbs:
    """Standard reports › …; the last one has no address."""
    return [(_("Standard reports"), reverse("reports:standard") if more else ""), *more]


def standard_or_404(request: HttpRequest, key: str) -> Standard:
    """A report that the reader may see."""
    standard = STANDARDS.get(key)
    if standard is None or not standard.opens_to(request.user):
        raise Http404(key)
    return standard
