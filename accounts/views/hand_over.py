"""Handing over all work of a person: plan, look at the numbers, carry out, take back.

Every page that asks for something is opened by GET: the plan is kept in the database, so that the
browser's "back" never asks to send a form again.
"""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms.access import HandOverForm
from accounts.handover import kind_named, kinds
from accounts.models import HandOver, HandOverState, Outcome, User
from accounts.selectors.hand_over import receivers_for, work_table
from accounts.visitors import person_of
from core.access import fresh, requires, signed_in
from core.errors import Refused
from regions.models import OrgUnit

RIGHT = "accounts.hand_over_work"
REFUSED_FORM = 422
SHOWN = 30
ITEMS_PAGE = 50


def person_or_404(request: HttpRequest, employee_no: str, right: str = RIGHT) -> User:
    """A person in reach of a right. Foreign and missing ones look the same: 404."""
    people = User.objects.visible_to(request.user, right).select_related("unit")
    return get_object_or_404(people, employee_no=employee_no)


def _crumbs(person: User | None, *more: tuple[str, str]) -> list[tuple[str, str]]:
    first = [(_("People and access"), reverse("accounts:people"))]
    if person is not None:
        first.append((person.name, person.get_absolute_url()))
    return [*first, *more]


@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def person_hand_over(request: HttpRequest, employee_no: str) -> HttpResponse:
    """What a person holds, and to whom it shall go. The answer is a plan with its numbers."""
    person, by = person_or_404(request, employee_no), person_of(request)
    table = work_table(person, by=by)
    units = list(OrgUnit.objects.filter(pk__in=table.unit_ids).in_tree_order())
    form = HandOverForm(
        request.POST or None,
        giver=person,
        receivers=User.objects.active().visible_to(by, RIGHT).exclude(pk=person.pk),
        units=units,
        initial={"cause": request.GET.get("cause", "")},
    )
    if form.is_bound and form.is_valid():
        try:
            draft = services.plan_hand_over(person, by=by, **form.plan())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(draft)
    context = {
        "person": person,
        "table": table,
        "form": form,
        "crumbs": _crumbs(person, (_("Hand over all work"), "")),
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "accounts/hand_over.html", context, status=status)


@requires(RIGHT)
@require_safe
def receiver_choices(request: HttpRequest, employee_no: str) -> JsonResponse:
    """People who may take over at least one part of a person's work, by name or number."""
    person, text = person_or_404(request, employee_no), request.GET.get("q", "").strip()[:40]
    found = receivers_for(person, by=person_of(request), text=text, limit=SHOWN)
    return JsonResponse(
        [{"value": user.employee_no, "text": f"{user.name} {user.employee_no}"} for user in found],
        safe=False,
    )


def _hand_over_or_404(request: HttpRequest, pk: int) -> HandOver:
    rows = HandOver.objects.visible_to(request.user).select_related("giver", "by", "ended_by")
    return get_object_or_404(rows, pk=pk)


@signed_in
@require_safe
def hand_over_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan with its numbers, or what was handed over and what became of it."""
    hand_over = _hand_over_or_404(request, pk)
    person = hand_over.giver
    context: dict[str, Any] = {
        "hand_over": hand_over,
        "person": person,
        "crumbs": _crumbs(person, (_("Hand-over"), "")),
        "undo_until": services.undo_until(hand_over),
    }
    if hand_over.state == HandOverState.DRAFT:
        try:
            preview = services.preview_hand_over(hand_over, by=person_of(request))
        except Refused as refusal:
            context["problem"] = str(refusal)
        else:
            context |= {"rows": _share_rows(preview.shares), "outside": preview.outside}
            context["count"] = preview.count
    else:
        context["rows"] = _share_rows(services.shares_of(hand_over))
        context |= _left_behind(request, hand_over)
    return render(request, "accounts/hand_over_detail.html", context)


def _share_rows(shares: list[Any]) -> list[dict[str, Any]]:
    """Shares with names: one row a receiver, kind and unit, receivers together."""
    people = User.objects.in_bulk({share.to_id for share in shares})
    units = OrgUnit.objects.in_bulk({share.unit_id for share in shares if share.unit_id})
    rows = [
        {
            "to": people[share.to_id],
            "kind": kind_named(share.kind).title,
            "unit": units[share.unit_id].name if share.unit_id in units else "",
            "count": share.count,
        }
        for share in shares
    ]
    rows.sort(key=lambda row: (row["to"].name, row["to"].pk))
    totals: dict[int, int] = {}
    for row in rows:
        totals[row["to"].pk] = totals.get(row["to"].pk, 0) + row["count"]
    for row in rows:
        row["total"] = totals.pop(row["to"].pk, None)  # beside the first row of a person
    return rows


def _left_behind(request: HttpRequest, hand_over: HandOver) -> dict[str, Any]:
    """What undoing left where it was, with the reason of each piece."""
    if hand_over.state == HandOverState.DONE:
        return {}
    left = hand_over.items.exclude(outcome__in=(Outcome.RETURNED, Outcome.OPEN))
    left = left.select_related("unit", "to_user").order_by("pk")
    page = Paginator(left, ITEMS_PAGE).get_page(request.GET.get("page"))
    titles = {work.key: work.title for work in kinds()}
    for item in page:
        item.title = titles.get(item.kind, item.kind)  # type: ignore[attr-defined]
    returned = hand_over.items.filter(outcome=Outcome.RETURNED).count()
    return {"left": page, "left_count": page.paginator.count, "returned": returned}


@fresh
@signed_in
@require_POST
def hand_over_carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry a plan out; its page then shows what was done."""
    hand_over, by = _hand_over_or_404(request, pk), person_of(request)
    try:
        done = services.carry_out(hand_over, by=by)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(hand_over)
    undo = reverse("accounts:hand-over-undo", args=[done.pk])
    sentence = ngettext(
        "{count} piece of work was handed over.",
        "{count} pieces of work were handed over.",
        done.count,
    )
    messages.success(request, sentence.format(count=f"{done.count:,}"), extra_tags=f"undo={undo}")
    return redirect(hand_over)


@fresh
@signed_in
@require_POST
def hand_over_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a hand-over back; the page lists what stayed and why."""
    hand_over = _hand_over_or_404(request, pk)
    try:
        undone = services.undo_hand_over(hand_over, by=person_of(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(hand_over)
    left = undone.items.exclude(outcome=Outcome.RETURNED).count()
    if left:
        sentence = ngettext(
            "The hand-over was undone; {count} piece of work stayed, as listed below.",
            "The hand-over was undone; {count} pieces of work stayed, as listed below.",
            left,
        )
        messages.warning(request, sentence.format(count=f"{left:,}"))
    else:
        messages.success(request, _("The hand-over was undone."))
    return HttpResponseRedirect(hand_over.get_absolute_url())
