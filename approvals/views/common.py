"""What pages of approvals share: fetching within reach, breadcrumbs, badges, people by typing."""

from typing import Any
from uuid import uuid4

from django.db.models import Q
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from approvals.models import Approval, ApprovalState
from approvals.selectors.colleagues import colleagues
from approvals.services import files
from core.access import signed_in
from core.drafts.page import DraftPage, open_draft

SHOWN = 30
# state → tone and icon
TONES: dict[str, tuple[str, str]] = {
    ApprovalState.RUNNING: ("info", "progress"),
    ApprovalState.SENT_BACK: ("warn", "arrow-back-up"),
    ApprovalState.APPROVED: ("ok", "circle-check"),
    ApprovalState.REJECTED: ("bad", "ban"),
    ApprovalState.WITHDRAWN: ("off", "circle-dashed"),
    ApprovalState.VOID: ("off", "circle-dashed"),
}


def state_badge(one: Any) -> dict[str, str]:
    """Label, tone and icon of the state of an approval or a request."""
    tone, icon = TONES.get(one.state, TONES[ApprovalState.RUNNING])
    if one.state == "draft":
        tone, icon = "off", "circle-dashed"
    return {"label": one.get_state_display(), "tone": tone, "icon": icon}


def approval_or_404(request: HttpRequest, pk: int) -> Approval:
    """The approval in reach. Foreign and missing ones look the same: 404."""
    rows = Approval.objects.visible_to(request.user).filter(pk=pk)
    approval: Approval | None = rows.select_related(
        "applicant", "unit", "flow_version__flow"
    ).first()
    if approval is None:
        raise Http404("approval")
    return approval


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """My approvals › …; the last one has no address."""
    return [(_("My approvals"), reverse("approvals:inbox") if more else ""), *more]


def new_draft(pk: int, act: str) -> DraftPage:
    """Where the files of an act go before it is done; the page begins one each time."""
    return DraftPage(f"{files.FORM.name}:{pk}:{act}", uuid4())


def act_draft(request: HttpRequest, pk: int, act: str) -> DraftPage:
    """The draft of an act that is shown or sent, with the files that came along."""
    if request.method != "POST":
        return new_draft(pk, act)
    return open_draft(request, f"{files.FORM.name}:{pk}:{act}")


@signed_in
@require_safe
def people(request: HttpRequest) -> JsonResponse:
    """Colleagues whose name contains the text or whose number begins with it."""
    text = request.GET.get("q", "").strip()[:40]
    found = colleagues(request.user)
    if text:
        found = found.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    rows = found.select_related("unit").order_by("name", "employee_no")[:SHOWN]
    return JsonResponse(
        [{"value": one.employee_no, "text": _called(one)} for one in rows], safe=False
    )


def _called(person: Any) -> str:
    known = [person.name, person.employee_no, person.position or (person.unit and person.unit.name)]
    return " ".join(str(part) for part in known if part)
