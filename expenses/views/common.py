"""What the pages of expenses share: fetching within scope, breadcrumbs, badges, dates."""

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from expenses.models import Application
from expenses.states import State
from regions.models import OrgUnit

# state → tone and icon of its badge
TONES: dict[str, tuple[str, str]] = {
    State.DRAFT: ("off", "edit"),
    State.IN_APPROVAL: ("info", "progress"),
    State.SENT_BACK: ("warn", "arrow-back-up"),
    State.APPROVED: ("ok", "circle-check"),
    State.REJECTED: ("bad", "circle-x"),
    State.WITHDRAWN: ("off", "arrow-back-up"),
    State.PAID: ("ok", "coin"),
    State.SETTLED: ("off", "check"),
    State.VOID: ("off", "ban"),
}


def state_badge(application: Application) -> dict[str, str]:
    """Label, tone and icon of the state of an application."""
    tone, icon = TONES[application.state]
    return {"label": application.get_state_display(), "tone": tone, "icon": icon}


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


def evidence_badge(application: Application) -> dict[str, Any] | None:
    """How the duty of evidence stands: due, late or met; None without a duty."""
    due = application.evidence_due_on
    if due is None:
        return None
    if application.evidence_done_at is not None:
        return {"label": _("Evidence complete"), "tone": "ok", "icon": "circle-check", "due": due}
    left = (due - timezone.localdate()).days
    if left < 0:
        return {"label": _("Evidence overdue"), "tone": "bad", "icon": "clock-x", "due": due}
    tone = "warn" if left <= 1 else "off"
    return {"label": _("Evidence wanted"), "tone": tone, "icon": "clock", "due": due}


def unit_or_404(request: HttpRequest, code: str, right: str) -> OrgUnit:
    """A unit in reach of a right, by its code."""
    unit: OrgUnit | None = (
        OrgUnit.objects.visible_to(request.user, right).filter(code=code).first()
    )
    if unit is None:
        raise Http404("unit")
    return unit
