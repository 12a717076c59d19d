"""Sharing single customers with colleagues, for a while and for a reason (ACC-12, ACC-14)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core import sharing
from core.errors import Refused
from core.notices import notify
from core.scope import Scope, scope_of
from customers.models import Customer, CustomerShare, CustomerUnit
from customers.models.customers import CHANGE, VIEW, whole_branches
from customers.selectors.shares import share_colleagues
from regions.policies import policy

RIGHT = "customers.share_customer"
KEPT = dt.timedelta(days=180)


def shareable_places(by: Any, customer: Customer) -> Any:
    """The places that let somebody share a customer: kept by himself, or in branches he heads."""
    scope = scope_of(by, RIGHT)
    kept = Scope(scope.user_id, scope.own).q(()) & Q(keeper_id=scope.user_id)
    condition = whole_branches(scope) | kept if scope.own else whole_branches(scope)
    return CustomerUnit.objects.filter(condition, customer=customer).select_related("unit")


def may_share(by: Any, customer: Customer) -> bool:
    """Whether somebody may share this customer: his keeper and the heads above him may."""
    return scope_of(by, RIGHT).everything or shareable_places(by, customer).exists()


def longest_share(by: Any, customer: Customer) -> dt.date:
    """The last day that a share given today may have, by the strictest unit that gives it."""
    places = list(shareable_places(by, customer))
    days = min(
        (policy("customers.share_days", unit=place.unit) for place in places),
        default=policy("customers.share_days"),
    )
    return timezone.localdate() + dt.timedelta(days=days)


@transaction.atomic
def share_customer(
    customer: Customer,
    *,
    to: Any,
    by: Any,
    reason: str,
    until: dt.date | None,
    may_change: bool = False,
) -> CustomerShare:
    """Let one person see one customer outside his own scope, or change him, until a day (which
    counts). Sharing again with the same person changes the share.

    `by` None is the operator, whom no rule of reach binds. Raises Refused for a customer that
    `by` may not share, for a person who is not among his colleagues or could not use the share,
    and for an end that has passed or lies too far ahead.
    """
    if by is not None:
        _check_share(customer, to=to, by=by, until=until)
    _check_receiver(to, may_change=may_change, by=by)
    row = sharing.share(
        CustomerShare,
        customer,
        to=to,
        permission=CHANGE if may_change else VIEW,
        by=by,
        reason=reason,
        until=until,
    )
    record(
        "customer.shared",
        by=by,
        subject=customer,
        employee_no=to.employee_no,
        until=until.isoformat() if until else "—",
        reason=row.reason,
    )
    notify(
        [to],
        "customers.shared",
        key=f"share:{row.pk}:{row.given_at.isoformat()}",
        url=customer.get_absolute_url(),
        by=by.name if by is not None else "",
        until=until.isoformat() if until else "",
    )
    return row


def _check_share(customer: Customer, *, to: Any, by: Any, until: dt.date | None) -> None:
    if not may_share(by, customer):
        raise Refused(_("Only the keeper of this customer and the heads above him may share him."))
    if to.pk == by.pk:
        raise Refused(_("You see this customer already."))
    if not share_colleagues(by, customer).filter(pk=to.pk).exists():
        raise Refused(_("{person} is not among those you may share with.").format(person=to))
    if until is None:
        raise Refused(_("Please say until when the share lasts."))
    if until < timezone.localdate():
        raise Refused(_("The last day of the share has passed already."))
    longest = longest_share(by, customer)
    if until > longest:
        raise Refused(_("A share may last until {day} at most.").format(day=longest.isoformat()))


def _check_receiver(to: Any, *, may_change: bool, by: Any) -> None:
    """A share opens a record, not a page: whoever may open no page of customers cannot use it."""
    if not to.is_active:
        raise Refused(_("This person cannot log in; please choose somebody else."))
    if by is not None and not to.has_perm(VIEW):
        raise Refused(_("{person} has no right to see customers at all.").format(person=to))
    if by is not None and may_change and not to.has_perm(CHANGE):
        raise Refused(
            _("{person} may only see customers; please share without the right to edit.").format(
                person=to
            )
        )


def endable(by: Any) -> Any:
    """The shares in force that somebody may end: given by or to himself, or in his branches."""
    return CustomerShare.objects.in_force().visible_to(by, RIGHT)


@transaction.atomic
def end_shares(keys: Iterable[int], *, by: Any) -> int:
    """End the shares with these keys that `by` may end. Returns how many ended."""
    mine = endable(by).filter(pk__in=list(keys))
    rows = list(
        CustomerShare.objects.select_for_update(of=("self",))
        .filter(pk__in=mine.values("pk"))
        .select_related("user", "content_object")
    )
    for row in rows:
        record(
            "customer.share_ended",
            by=by,
            subject=row.content_object,
            employee_no=row.user.employee_no,
        )
    return sharing.end(CustomerShare.objects.filter(pk__in=[row.pk for row in rows]), by=by)


def end_share(share: CustomerShare, *, by: Any) -> None:
    """End one share. Raises Refused when it ended already or is not one's to end."""
    if not end_shares([share.pk], by=by):
        raise Refused(_("This share has ended already, or is not yours to end."))


def delete_old_shares() -> int:
    """Delete shares half a year after they ended. Returns how many went."""
    limit = timezone.localdate() - KEPT
    over = Q(until__lt=limit) | Q(ended_at__date__lt=limit)
    return sharing.forget(CustomerShare.objects.filter(over))
