"""The bulletin board: the list, one bulletin, its versions, who has read it (INT-02)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from compliance.forms.bulletins import (
    AmendForm,
    BulletinFilter,
    BulletinForm,
    ReasonForm,
    initial_of,
)
from compliance.models import Bulletin, BulletinState
from compliance.selectors import bulletins as reading
from compliance.selectors.bulletins import PUBLISH
from compliance.services import bulletins as verbs
from compliance.views.common import SEND, Crumbs, form_key, plain_form, question
from core.access import requires, signed_in
from core.errors import Refused
from core.htmx import leave, page_or_rows
from core.keyset import Order
from core.notices import mark_read
from core.paging import asked_page, count_of, page_of, page_of_rows
from core.saving import saved

BY_NAME = Order("name", "employee_no")


def _crumbs(*more: tuple[str, str]) -> Crumbs:
    return [(_("Bulletins"), reverse("compliance:bulletins") if more else ""), *more]


def bulletin_badge(row: Bulletin) -> dict[str, str]:
    """Label, tone and icon: what the reader has still to do with it."""
    if row.state == BulletinState.WITHDRAWN:
        return {"label": row.get_state_display(), "tone": "off", "icon": "ban"}
    if row.must_confirm and not row.confirmed:  # type: ignore[attr-defined]
        return {"label": _("Please confirm"), "tone": "warn", "icon": "clipboard-check"}
    if not row.read:  # type: ignore[attr-defined]
        return {"label": _("Not read"), "tone": "info", "icon": "mail"}
    label = _("Reading confirmed") if row.must_confirm else pgettext("bulletin", "Read")
    return {"label": label, "tone": "ok", "icon": "circle-check"}


def _count(number: int, capped: bool) -> str:
    words = (
        _("{count}+ bulletins")
        if capped
        else ngettext("{count} bulletin", "{count} bulletins", number)
    )
    return words.format(count=f"{number:,}")


@signed_in
@require_safe
def bulletins(request: HttpRequest) -> HttpResponse:
    """What is meant for the reader, the newest first; what his branches published on request."""
    form = BulletinFilter(request.GET, user=request.user)
    query = form.query()
    parts = query.parts(request.user)
    page = page_of(
        parts,
        reading.NEWEST,
        lambda keys: reading.bulletin_rows(keys, request.user),
        **asked_page(request),
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"bulletin": one, "state": bulletin_badge(one)} for one in page.rows],
        "count": _count(*count_of(parts)),
        "published": query.show == reading.PUBLISHED,
        "may_publish": request.user.has_perm(PUBLISH),
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request, "compliance/bulletins.html", "compliance/_bulletin_rows.html", context
    )


def _bulletin_or_404(request: HttpRequest, pk: int, right: str | None = None) -> Bulletin:
    """A bulletin in reach. Raises PermissionDenied for who sees it and has not the right there."""
    found = reading.bulletin_in_reach(request.user, pk)
    if found is None:
        raise Http404("bulletin")
    if right is not None and reading.bulletin_in_reach(request.user, pk, right) is None:
        raise PermissionDenied(right)
    return found


@signed_in
@require_safe
def bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    """One bulletin; opened by somebody it is meant for, it counts as read."""
    one = _bulletin_or_404(request, pk)
    user: Any = request.user
    versions = list(one.versions.select_related("by"))
    shown = _version(versions, request.GET.get("version", ""))
    if request.method == "GET" and shown is versions[0]:
        verbs.opened(one, by=user)
        mark_read(user, keys=[f"bulletin:{one.pk}:{number + 1}" for number in range(one.number)])
    receipt = reading.receipt_of(one, user)
    may_change = reading.bulletin_in_reach(user, pk, PUBLISH) is not None
    published = one.state == BulletinState.PUBLISHED
    context = {
        "bulletin": one,
        "version": shown,
        "versions": versions,
        "units": list(one.units.order_by("path")),
        "roles": list(one.roles.all()),
        "receipt": receipt,
        "may_confirm": published
        and one.must_confirm
        and receipt is not None
        and receipt.confirmed_at is None
        and shown is versions[0],
        "may_change": may_change and published,
        "withdrawn": not published,
        "receipts": reading.count_receipts(one, user) if may_change else None,
        "crumbs": _crumbs((one.title, "")),
    }
    return render(request, "compliance/bulletin.html", context)


def _version(versions: list[Any], number: str) -> Any:
    """The version the address names, else the latest. Raises Http404 for an unknown one."""
    if not number:
        return versions[0]
    for one in versions:
        if str(one.number) == number:
            return one
    raise Http404("version")


@signed_in
@require_POST
def bulletin_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The reader confirms to have read the version he saw."""
    one = _bulletin_or_404(request, pk)
    number = request.POST.get("number", "")
    try:
        verbs.confirm(one, by=request.user, number=int(number) if number.isdecimal() else 0)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("You have confirmed this bulletin."))
    return redirect(one)


@requires(PUBLISH)
@SEND
def bulletin_new(request: HttpRequest) -> HttpResponse:
    """Publish a bulletin."""
    initial = {"request_key": form_key(request)}
    form = BulletinForm(request.POST or None, user=request.user, initial=initial)

    def save(data: dict[str, Any]) -> Bulletin:
        key = form_key(request, data.pop("request_key"))
        return verbs.publish(by=request.user, **data, key=key)

    made = saved(request, form, save, _("The bulletin is published."))
    if made is not None:
        return redirect(made)
    title = _("New bulletin")
    return plain_form(
        request,
        form,
        title=title,
        verb=_("Publish"),
        back=reverse("compliance:bulletins"),
        crumbs=_crumbs((title, "")),
    )


@requires(PUBLISH)
@SEND
def bulletin_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a new version."""
    one = _bulletin_or_404(request, pk, PUBLISH)
    form = AmendForm(request.POST or None, initial=initial_of(one))
    done = saved(
        request,
        form,
        lambda data: verbs.amend(one, by=request.user, **data),
        _("The new version is published."),
    )
    if done is not None:
        return redirect(one)
    title = _("New version")
    return plain_form(
        request,
        form,
        title=title,
        verb=_("Publish"),
        back=one.get_absolute_url(),
        crumbs=_crumbs((one.title, one.get_absolute_url()), (title, "")),
    )


@requires(PUBLISH)
@SEND
def bulletin_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a bulletin down, after a question."""
    one = _bulletin_or_404(request, pk, PUBLISH)
    form = ReasonForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.withdraw(one, by=request.user, **data),
        _("The bulletin is withdrawn."),
    )
    if done is not None:
        return leave(request, one.get_absolute_url())
    return question(
        request,
        form,
        title=_("Withdraw this bulletin?"),
        effect=_("Nobody it was meant for sees it any more. Receipts are kept."),
        verb=_("Withdraw the bulletin"),
        back=one.get_absolute_url(),
        crumbs=_crumbs((one.title, one.get_absolute_url()), (_("Withdraw the bulletin"), "")),
        danger=True,
    )


@requires(PUBLISH)
@require_safe
def bulletin_receipts(request: HttpRequest, pk: int) -> HttpResponse:
    """Who of the reader's people has read it and who has not."""
    one = _bulletin_or_404(request, pk, PUBLISH)
    show = request.GET.get("show", "open")
    people = reading.audience_in_reach(one, request.user).select_related("unit")
    wanted = {
        "open": {"confirmed": False} if one.must_confirm else {"read": False},
        "done": {"confirmed": True} if one.must_confirm else {"read": True},
    }.get(show, {})
    page = page_of_rows(people.filter(**wanted), BY_NAME, **asked_page(request))
    context = {
        "bulletin": one,
        "receipts": reading.count_receipts(one, request.user),
        "show": show,
        "page": page,
        "crumbs": _crumbs((one.title, one.get_absolute_url()), (_("Read receipts"), "")),
    }
    return page_or_rows(
        request, "compliance/receipts.html", "compliance/_receipt_rows.html", context
    )
