"""What happens to rows of customers that cannot stand twice when two customers become one."""

from django.db import connection

from customers.merging import earliest, fill, follows, leave, settles
from customers.models import (
    Contact,
    Contract,
    CreditSheet,
    CustomerShare,
    CustomerUnit,
    Demand,
    Loss,
    NameReading,
    Ownership,
    SalesTarget,
    ValueSheet,
)
from customers.services.protect import put, stored
from customers.services.work import PLACES

# Readings are written anew; of two statements about the same year that of the survivor counts.
settles(NameReading, Demand, ValueSheet)(leave)


@settles(CustomerUnit)
def one_place(stays: CustomerUnit, goes: CustomerUnit) -> None:
    """One place with the best of both, as where two units become one. It keeps its keeper."""
    if stays.contacted == goes.contacted:
        stays.last_contact_at = max(stays.last_contact_at, goes.last_contact_at)
    elif goes.contacted:
        stays.last_contact_at = goes.last_contact_at
    stays.contacted = stays.contacted or goes.contacted
    stays.next_contact_on = earliest(stays.next_contact_on, goes.next_contact_on)
    stays.signed_on = earliest(stays.signed_on, goes.signed_on)
    stays.handed_over_on = earliest(stays.handed_over_on, goes.handed_over_on)
    fill(stays, goes, "keeper_id", "entered_by_id", "source")
    stays.created_at = min(stays.created_at, goes.created_at)


@follows(CustomerUnit)
def hand_overs_of_place(stays: int, goes: int) -> None:
    """The history of hand-overs goes on at the place that stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE accounts_handoveritem i SET record_id = %s WHERE kind = %s AND record_id = %s
               AND NOT EXISTS (SELECT FROM accounts_handoveritem o
                 WHERE o.hand_over_id = i.hand_over_id AND o.kind = i.kind AND o.record_id = %s)""",
            [stays, PLACES, goes, stays],
        )


@settles(Contact)
def one_contact(stays: Contact, goes: Contact) -> None:
    """One contact of a name, with what either record knows of him."""
    fill(stays, goes, "department", "title", "fax")
    stays.is_key = stays.is_key or goes.is_key
    for name in ("phone", "email"):
        value = stored(goes, "contact", name)
        if value and not getattr(stays, f"{name}_cipher"):
            put(stays, "contact", name, value)


def _wider(mine: CustomerShare, theirs: CustomerShare) -> bool:
    """A share in force before one that ended."""
    return theirs.is_in_force() and not mine.is_in_force()


@settles(CustomerShare, prefer=_wider)
def stricter_share(stays: CustomerShare, goes: CustomerShare) -> None:
    """Of two shares with the same person the smaller right and the earlier end hold."""
    if not goes.is_in_force():
        return
    if not goes.may_change:
        stays.permission_id = goes.permission_id
    stays.until = earliest(stays.until, goes.until)


@settles(Loss)
def one_loss(stays: Loss, goes: Loss) -> None:
    """Lost once, since the earlier day."""
    stays.lost_on = min(stays.lost_on, goes.lost_on)


@settles(Ownership)
def one_ownership(stays: Ownership, goes: Ownership) -> None:
    """The same flat is owned once, with what either record knows of it."""
    stays.is_primary = stays.is_primary or goes.is_primary
    stays.signed_on = earliest(stays.signed_on, goes.signed_on)
    stays.handed_over_on = earliest(stays.handed_over_on, goes.handed_over_on)
    fill(stays, goes, "share", "price", "payment_method", "valid_from")


def _smaller(mine: CreditSheet, theirs: CreditSheet) -> bool:
    return theirs.limit < mine.limit


@settles(CreditSheet, prefer=_smaller)
def stricter_credit(stays: CreditSheet, goes: CreditSheet) -> None:
    """The sheet with the lower limit holds."""


@settles(SalesTarget)
def one_target(stays: SalesTarget, goes: SalesTarget) -> None:
    """What was to be sold to either is to be sold to the one."""
    stays.amount += goes.amount


@settles(Contract, beside=True)
def both_contracts(stays: Contract, goes: Contract) -> None:
    """Money is never made one unseen: the other contract says whose it was; a person decides."""
    mark = f" ({goes.customer.code})"
    room = Contract._meta.get_field("number").max_length - len(mark)  # type: ignore[operator]
    goes.number = goes.number[:room] + mark
