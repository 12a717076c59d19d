"""The gift stock: what there is, what came and went, receiving and counting."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.htmx import ask, leave, page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of
from expenses.forms.stock import CountForm, GiftForm, ReceiveForm, StockFilter
from expenses.models import Gift
from expenses.selectors import gifts as reading
from expenses.selectors.gifts import CHANGE, VIEW
from expenses.services import gifts

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Gift stock"), reverse("expenses:stock") if more else ""), *more]


def _gift_url(gift: Gift) -> str:
    return reverse("expenses:gift", args=[gift.pk])


def _gift_or_404(request: HttpRequest, pk: int, right: str = VIEW) -> Gift:
    """A gift in reach. Raises PermissionDenied for who sees it and has not the right there."""
    found: Gift | None = (
        Gift.objects.visible_to(request.user).select_related("unit").filter(pk=pk).first()
    )
    if found is None:
        raise Http404("gift")
    if not Gift.objects.visible_to(request.user, right).filter(pk=pk).exists():
        raise PermissionDenied(right)
    return found


@requires(VIEW)
@require_safe
def stock(request: HttpRequest) -> HttpResponse:
    """The gifts in reach by name."""
    form = StockFilter(request.GET, user=request.user)
    parts = reading.gift_parts(request.user, form.query())
    page = page_of(parts, reading.BY_NAME, reading.gift_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = _("{count}+ gifts") if capped else ngettext("{count} gift", "{count} gifts", number)
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [(gift, _gift_url(gift)) for gift in page.rows],
        "count": words.format(count=f"{number:,}"),
        "may_change": request.user.has_perm(CHANGE),
        "crumbs": _crumbs(),
    }
    return page_or_rows(request, "expenses/stock.html", "expenses/_stock_rows.html", context)


@requires(VIEW)
@require_safe
def gift(request: HttpRequest, pk: int) -> HttpResponse:
    """One gift with its movements, the latest first."""
    one = _gift_or_404(request, pk)
    page = page_of(
        [one.movements.all()], reading.NEWEST, reading.movement_rows, **asked_page(request)
    )
    context = {
        "gift": one,
        "page": page,
        "may_change": Gift.objects.visible_to(request.user, CHANGE).filter(pk=pk).exists(),
        "crumbs": _crumbs((one.name, "")),
    }
    return page_or_rows(request, "expenses/gift.html", "expenses/_gift_rows.html", context)


@requires(CHANGE)
@SEND
def gift_new(request: HttpRequest) -> HttpResponse:
    """A new kind of gift, with nothing in stock yet."""
    form = GiftForm(request.POST or None, user=request.user)
    made = saved(
        request,
        form,
        lambda data: gifts.create(by=request.user, **data),
        _("The gift is saved. Next, enter what came into the stock."),
    )
    if made is not None:
        return redirect(_gift_url(made))
    title = _("New gift")
    context = {
        "form": form,
        "title": title,
        "back": reverse("expenses:stock"),
        "crumbs": _crumbs((title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(CHANGE)
@SEND
def gift_receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Pieces come into the stock."""
    one = _gift_or_404(request, pk, CHANGE)
    form = ReceiveForm(request.POST or None)

    def receive(data: dict[str, Any]) -> Gift:
        return gifts.receive(one, by=request.user, **data)

    title, verb = _("Receive {gift}").format(gift=one.name), _("Receive")
    return _question(request, one, form, receive, _("The stock is up to date."), title, verb)


@requires(CHANGE)
@SEND
def gift_count(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody counted and found another number."""
    one = _gift_or_404(request, pk, CHANGE)
    form = CountForm(request.POST or None, initial={"counted": one.stock})

    def correct(data: dict[str, Any]) -> Gift:
        return gifts.correct(one, by=request.user, **data)

    title, verb = _("Count {gift}").format(gift=one.name), _("Save the count")
    return _question(request, one, form, correct, _("The stock is up to date."), title, verb)


def _question(
    request: HttpRequest,
    one: Gift,
    form: forms.Form,
    save: Callable[[dict[str, Any]], Gift],
    done: str,
    title: str,
    verb: str,
) -> HttpResponse:
    if saved(request, form, save, done) is not None:
        return leave(request, _gift_url(one))
    words = _("{stock} pieces in stock, {promised} of them promised.")
    context = {
        "title": title,
        "effect": words.format(stock=f"{one.stock:,}", promised=f"{one.promised:,}"),
        "action": request.path,
        "verb": verb,
        "form": form,
        "cancel_url": _gift_url(one),
        "crumbs": _crumbs((one.name, _gift_url(one)), (verb, "")),
    }
    return ask(request, context, status_of(request))
