"""Bodies that decide together, with their members and quorum (ORG-28)."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.forms.settings import BodyForm, MemberForm
from approvals.models import Body
from approvals.services.bodies import CHANGE, add_member, end_member, keep_body
from core.access import requires
from core.errors import Refused
from core.saving import saved, status_of
from regions.models import OrgUnit

VIEW = "approvals.view_body"
SEND = require_http_methods(["GET", "HEAD", "POST"])


def _seen(request: HttpRequest, permission: str = VIEW) -> QuerySet[Body]:
    units = OrgUnit.objects.visible_to(request.user, permission)
    return Body.objects.filter(unit__in=units).select_related("unit")


def body_or_404(request: HttpRequest, pk: int, permission: str = VIEW) -> Body:
    """The body in reach. Foreign and missing ones look the same: 404."""
    body = _seen(request, permission).filter(pk=pk).first()
    if body is None:
        raise Http404("body")
    return body


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (_("Approval flows"), reverse("approvals:flows")),
        (_("Bodies"), reverse("approvals:bodies") if more else ""),
        *more,
    ]


@requires(VIEW)
@require_safe
def body_list(request: HttpRequest) -> HttpResponse:
    """Bodies in reach, each with how many sit in it today and how many must agree."""
    today = timezone.localdate()
    sitting = Q(members__valid_from__isnull=True) | Q(members__valid_from__lte=today)
    sitting &= Q(members__valid_until__isnull=True) | Q(members__valid_until__gt=today)
    rows = _seen(request).annotate(sitting=Count("members", filter=sitting)).order_by("name")
    context = {
        "rows": rows,
        "may_add": request.user.has_perm("approvals.add_body"),
        "crumbs": _crumbs(),
    }
    return render(request, "approvals/bodies.html", context)


@requires("approvals.add_body")
@SEND
def body_new(request: HttpRequest) -> HttpResponse:
    """Write down a body."""
    form = BodyForm(request.POST or None, user=request.user)
    done = saved(
        request, form, lambda data: keep_body(by=request.user, **data), _("The body is saved.")
    )
    if done is not None:
        return redirect("approvals:body", done.pk)
    context = {
        "form": form,
        "title": _("New body"),
        "back": reverse("approvals:bodies"),
        "crumbs": _crumbs((_("New body"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(VIEW)
@SEND
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """One body: its members now and before; settings and a new member for who keeps it."""
    one = body_or_404(request, pk)
    may = _seen(request, CHANGE).filter(pk=pk).exists() and request.user.has_perm(CHANGE)
    act = request.POST.get("act", "") if may else ""
    if request.method == "POST" and not act:
        raise Http404("body")
    member_form = MemberForm(request.POST if act == "member" else None, prefix="m")
    form = BodyForm(
        request.POST if act == "keep" else None, user=request.user, body=one, initial=_initial(one)
    )
    done: Any = None
    if act == "member":
        done = saved(
            request,
            member_form,
            lambda data: add_member(one, by=request.user, **data),
            _("The member is added."),
        )
    elif act == "keep":
        done = saved(
            request,
            form,
            lambda data: keep_body(by=request.user, body=one, **data),
            _("The body is saved."),
        )
    if done is not None:
        return redirect("approvals:body", one.pk)
    today = timezone.localdate()
    members = list(one.members.select_related("user"))
    sitting = [member for member in members if member.is_in_force(today)]
    context = {
        "body": one,
        "sitting": sitting,
        "former": [member for member in members if member not in sitting],
        "too_few": len(sitting) < one.quorum,
        "form": form if may else None,
        "member_form": member_form if may else None,
        "crumbs": _crumbs((one.name, "")),
    }
    return render(request, "approvals/body.html", context, status=status_of(request))


def _initial(one: Body) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "unit": one.unit.code,
        "quorum": one.quorum,
        "is_active": one.is_active,
    }


@requires(CHANGE)
@require_POST
def member_end(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Somebody sits in a body no more, from today on."""
    one = body_or_404(request, pk, CHANGE)
    member = one.members.filter(pk=member_pk).select_related("body__unit", "user").first()
    if member is None:
        raise Http404("member")
    try:
        end_member(member, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{name} is no member any more.").format(name=member.user.name))
    return redirect("approvals:body", one.pk)
