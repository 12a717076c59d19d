"""Key dates of customers: what comes soon, kept and changed, and applying for money (CAR-02)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of
from customers.models import Customer
from expenses.forms.key_dates import KeyDateFilter, KeyDateForm, initial_of
from expenses.models import KeyDate
from expenses.powers import ADD
from expenses.selectors.key_date_list import (
    CHANGE,
    SOONEST,
    VIEW,
    key_date_parts,
    key_date_rows,
)
from expenses.selectors.key_dates import next_day
from expenses.services import key_dates as verbs

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Key dates"), reverse("expenses:key-dates") if more else ""), *more]


@requires(VIEW)
@require_safe
def key_dates(request: HttpRequest) -> HttpResponse:
    """What comes in the chosen time, the soonest first."""
    today = timezone.localdate()
    form = KeyDateFilter(request.GET, user=request.user)
    parts = key_date_parts(request.user, form.query(today))
    page = page_of(parts, SOONEST, key_date_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = ngettext("{count} key date", "{count} key dates", number)
    if capped:
        words = _("{count}+ key dates")
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [_row(one, today) for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "may_apply": request.user.has_perm(ADD),
        "may_change": request.user.has_perm(CHANGE),
        "crumbs": _crumbs(),
    }
    return page_or_rows(request, "expenses/key_dates.html", "expenses/_key_date_rows.html", context)


def _row(one: KeyDate, today: Any) -> dict[str, Any]:
    day = next_day(one, today)
    return {
        "date": one,
        "on": day,
        "days": (day - today).days if day else None,
        "apply_url": verbs.application_address(one),
    }


@requires(CHANGE)
@SEND
def key_date_new(request: HttpRequest) -> HttpResponse:
    """Keep a key date; with ?customer= that customer is chosen already."""
    user: Any = request.user
    initial: dict[str, Any] = {"owner": user.employee_no}
    asked = request.GET.get("customer", "")
    if asked.isdecimal():
        known = Customer.objects.visible_to(request.user).filter(pk=asked).first()
        initial |= {"customer": known.pk} if known else {}
    form = KeyDateForm(request.POST or None, user=request.user, initial=initial)
    done = saved(
        request,
        form,
        lambda data: verbs.save(by=request.user, **form.facts()),
        _("The key date is saved."),
    )
    return redirect("expenses:key-dates") if done else _form(request, form, _("New key date"))


@requires(CHANGE)
@SEND
def key_date(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a key date."""
    rows = KeyDate.objects.visible_to(request.user).select_related("unit", "owner", "customer")
    one = rows.filter(pk=pk).first()
    if one is None:
        raise Http404("key date")
    if not KeyDate.objects.visible_to(request.user, CHANGE).filter(pk=pk).exists():
        raise PermissionDenied(CHANGE)
    form = KeyDateForm(
        request.POST or None, user=request.user, key_date=one, initial=initial_of(one)
    )
    done = saved(
        request,
        form,
        lambda data: verbs.save(key_date=one, by=request.user, **form.facts()),
        _("The key date is saved."),
    )
    if done is not None:
        return redirect("expenses:key-dates")
    return _form(request, form, _("Change the key date"))


def _form(request: HttpRequest, form: KeyDateForm, title: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "back": reverse("expenses:key-dates"),
        "crumbs": _crumbs((title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))
