"""Setting the sales targets of a year (VAL-06, VAL-07)."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.locking import lock
from customers.models import Customer, CustomerUnit, SalesTarget
from customers.models.value import FIRST_YEAR, LAST_YEAR
from regions.models import OrgUnit


@transaction.atomic
def set_target(
    unit: OrgUnit,
    *,
    by: Any,
    year: int,
    amount: Decimal,
    product: str = "",
    customer: Customer | None = None,
) -> SalesTarget:
    """Set what a unit with all below it is to sell in a year, of a product, of everything, or to a
    customer; what stood there before is replaced. Raises Refused for nothing, for a product and a
    customer at once, and for a customer without a place in the unit or below it."""
    product = product.strip()
    if amount <= 0:
        raise Refused(_("The amount must be above zero."))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        sentence = _("Please choose a year from {first} to {last}.")
        raise Refused(sentence.format(first=FIRST_YEAR, last=LAST_YEAR))
    if product and customer:
        raise Refused(_("A target is that of a product or that of a customer, not of both."))
    if customer is not None and not _is_here(customer, unit):
        raise Refused(_("The customer has no place in this unit or below it."))
    # Two who set the same target at once: the second one waits and then changes it.
    lock(OrgUnit.objects.filter(pk=unit.pk), no_key=True).get()
    known = SalesTarget.objects.filter(unit=unit, year=year, product=product, customer=customer)
    row = known.first() or SalesTarget(year=year, product=product, customer=customer)
    row.place_in(unit)
    row.amount, row.by, row.at = amount, by, timezone.now()
    row.save()
    record("customer.target_set", by=by, subject=unit, **_said(row))
    return row


def _is_here(customer: Customer, unit: OrgUnit) -> bool:
    rows = CustomerUnit.objects.filter(customer=customer, unit__path__startswith=unit.path)
    return rows.exists()


def _said(row: SalesTarget) -> dict[str, Any]:
    what = row.customer.code if row.customer else row.product or "—"
    return {"year": row.year, "what": what, "amount": f"{row.amount:.2f}"}


@transaction.atomic
def drop_target(target: SalesTarget, *, by: Any) -> None:
    """Delete a target; from now on the unit is measured by none."""
    record("customer.target_dropped", by=by, subject=target.unit, **_said(target))
    target.delete()
