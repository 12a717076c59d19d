"""Pages of public opinion (CCH-02) and early warnings (CMP-08)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from complaints.forms.outside import (
    BecomeCaseForm,
    LinkForm,
    OpinionForm,
    OutcomeForm,
    WarningForm,
)
from complaints.models import EarlyWarning, PublicOpinion
from complaints.selectors import outside as reading
from complaints.services import outside as verbs
from complaints.states import REGISTER, VIEW
from core.access import requires
from core.saving import saved, status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _crumbs(title: str, name: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Complaints"), reverse("complaints:list")),
        (title, reverse(name) if more else ""),
        *more,
    ]


# --- public opinion -----------------------------------------------------------------------------


@requires(VIEW)
@require_safe
def opinion_list(request: HttpRequest) -> HttpResponse:
    """Items that are tracked, or with ?settled=1 those that ended."""
    settled = request.GET.get("settled") == "1"
    context = {
        "opinions": reading.opinions_for(request.user, settled=settled),
        "settled": settled,
        "may_add": request.user.has_perm(REGISTER),
        "crumbs": _crumbs(_("Public opinion"), "complaints:opinions"),
    }
    return render(request, "complaints/opinions.html", context)


@requires(REGISTER)
@SEND
def opinion_new(request: HttpRequest) -> HttpResponse:
    """Register an item."""
    form = OpinionForm(request.POST or None, user=request.user)

    def save(data: dict[str, Any]) -> PublicOpinion:
        return verbs.note_opinion(by=request.user, **data)

    item = saved(request, form, save, _("The item is registered."))
    if item is not None:
        return redirect(item)
    context = {
        "form": form,
        "title": _("Register public opinion"),
        "back": reverse("complaints:opinions"),
        "crumbs": _crumbs(_("Public opinion"), "complaints:opinions", (_("Register"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(VIEW)
@SEND
def opinion(request: HttpRequest, pk: int) -> HttpResponse:
    """One item with its cases; whoever registers cases links and settles it."""
    item = get_object_or_404(
        PublicOpinion.objects.visible_to(request.user).select_related("unit", "level"), pk=pk
    )
    may_act = (
        request.user.has_perm(REGISTER)
        and PublicOpinion.objects.visible_to(request.user, REGISTER).filter(pk=pk).exists()
    )
    if request.method == "POST" and not may_act:
        raise PermissionDenied(REGISTER)
    acts = request.POST.get("act")
    link = LinkForm(request.POST if acts == "link" else None, user=request.user)
    end = OutcomeForm(request.POST if acts == "settle" else None)
    done = None
    if acts == "link":
        done = saved(
            request,
            link,
            lambda data: (verbs.link_cases(item, data["cases"], by=request.user), True),
            _("The cases are linked."),
        )
    elif acts == "settle":
        done = saved(
            request,
            end,
            lambda data: verbs.settle_opinion(item, by=request.user, **data),
            _("The item is settled."),
        )
    if done is not None:
        return redirect(item)
    context = {
        "item": item,
        "cases": item.cases.visible_to(request.user).select_related("unit", "level"),
        "link": link if may_act and item.settled_at is None else None,
        "end": end if may_act and item.settled_at is None else None,
        "crumbs": _crumbs(_("Public opinion"), "complaints:opinions", (item.title, "")),
    }
    return render(request, "complaints/opinion.html", context, status=status_of(request))


# --- early warnings -----------------------------------------------------------------------------


@requires(VIEW)
@require_safe
def warning_list(request: HttpRequest) -> HttpResponse:
    """Warnings that wait, or with ?settled=1 those that ended."""
    settled = request.GET.get("settled") == "1"
    context = {
        "warnings": reading.warnings_for(request.user, settled=settled),
        "settled": settled,
        "may_add": request.user.has_perm(REGISTER),
        "crumbs": _crumbs(_("Early warnings"), "complaints:warnings"),
    }
    return render(request, "complaints/warnings.html", context)


@requires(REGISTER)
@SEND
def warning_new(request: HttpRequest) -> HttpResponse:
    """Record a warning."""
    form = WarningForm(request.POST or None, user=request.user)

    def save(data: dict[str, Any]) -> EarlyWarning:
        return verbs.warn_early(by=request.user, **data)

    if saved(request, form, save, _("The warning is recorded.")) is not None:
        return redirect("complaints:warnings")
    context = {
        "form": form,
        "title": _("Record an early warning"),
        "back": reverse("complaints:warnings"),
        "crumbs": _crumbs(_("Early warnings"), "complaints:warnings", (_("Register"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


def _warning(request: HttpRequest, pk: int) -> EarlyWarning:
    rows = EarlyWarning.objects.visible_to(request.user, REGISTER).select_related("unit")
    return get_object_or_404(rows, pk=pk)


@requires(REGISTER)
@SEND
def warning_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """The trouble is over."""
    warning = _warning(request, pk)
    form = OutcomeForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.settle_warning(warning, by=request.user, **data),
        _("The warning is settled."),
    )
    if done is not None:
        return redirect("complaints:warnings")
    return _warning_form(request, form, warning, _("Settle the warning"))


@requires(REGISTER)
@SEND
def warning_case(request: HttpRequest, pk: int) -> HttpResponse:
    """The warning becomes a case."""
    warning = _warning(request, pk)
    name = warning.customer.name if warning.customer else ""
    form = BecomeCaseForm(request.POST or None, initial={"name": name})
    case = saved(
        request,
        form,
        lambda data: verbs.warning_to_case(warning, by=request.user, **data),
        _("The case is registered."),
    )
    if case is not None:
        return redirect(case)
    return _warning_form(request, form, warning, _("Make a case of it"))


def _warning_form(
    request: HttpRequest, form: Any, warning: EarlyWarning, title: str
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "question": warning.content,
        "back": reverse("complaints:warnings"),
        "crumbs": _crumbs(_("Early warnings"), "complaints:warnings", (title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))
