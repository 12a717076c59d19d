"""Gifts come into the stock of a unit, are promised to applications and given away (EXP-01)."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.locking import lock
from expenses.models import Application, Gift, GiftMove, GiftMovement
from expenses.states import GRANTED
from regions.models import OrgUnit


@transaction.atomic
def create(
    unit: OrgUnit, *, name: str, price: Decimal, by: Any, is_own_product: bool = False
) -> Gift:
    """A new kind of gift of a unit, with nothing in stock. Raises Refused for a name it has."""
    name = name.strip()
    if not name or price < 0:
        raise Refused(_("Please enter a name and the value of a piece."))
    if Gift.objects.filter(unit=unit, name=name).exists():
        raise Refused(_("The unit has a gift of this name already."))
    gift = Gift(name=name, price=price, is_own_product=is_own_product)
    gift.place_in(unit)
    gift.save()
    record("gift.created", by=by, subject=gift, name=name)
    return gift


@transaction.atomic
def receive(gift: Gift, *, quantity: int, by: Any, reason: str = "") -> Gift:
    """Pieces come into the stock. Raises Refused unless there is at least one."""
    if quantity <= 0:
        raise Refused(_("Please enter how many pieces came."))
    held = _hold([gift.pk])[gift.pk]
    _move(held, GiftMove.RECEIVE, quantity, by, reason)
    return held


@transaction.atomic
def correct(gift: Gift, *, counted: int, by: Any, reason: str) -> Gift:
    """Somebody counted. Raises Refused without a reason, and below what is promised."""
    held = _hold([gift.pk])[gift.pk]
    if not reason.strip():
        raise Refused(_("Please say why the stock differs."))
    if counted < held.promised:
        sentence = _("{count} pieces are promised; please take back applications first.")
        raise Refused(sentence.format(count=held.promised))
    if counted != held.stock:
        _move(held, GiftMove.CORRECT, counted - held.stock, by, reason)
    return held


@transaction.atomic
def give(application: Application, *, by: Any) -> int:
    """Hand out what an approved application was promised. Returns how many pieces; pressed twice
    it gives nothing more. Raises Refused before the approval."""
    row = lock(Application.objects.filter(pk=application.pk)).get()
    if row.state not in GRANTED:
        raise Refused(_("Gifts are given once the application is approved."))
    lines = list(row.gift_lines.filter(given_at=None))
    held = _hold([line.gift_id for line in lines])
    for line in lines:
        gift = held[line.gift_id]
        gift.promised -= line.quantity
        _move(gift, GiftMove.GIVE, -line.quantity, by, row.title, application=row)
        line.given_at = timezone.now()
        line.save(update_fields=["given_at"])
    return sum(line.quantity for line in lines)


def promise_gifts(application: Application) -> None:
    """Keep the pieces of a submitted application free for it; within its transaction."""
    lines = list(application.gift_lines.all())
    held = _hold([line.gift_id for line in lines])
    for line in lines:
        gift = held[line.gift_id]
        if line.quantity > gift.free:
            sentence = _("Of “{gift}” only {free} are free; {quantity} are asked for.")
            raise Refused(sentence.format(gift=gift, free=gift.free, quantity=line.quantity))
        gift.promised += line.quantity
        gift.save(update_fields=["promised"])


def free_gifts(application: Application) -> None:
    """Pieces of an application that gets none are free again."""
    lines = list(application.gift_lines.filter(given_at=None))
    held = _hold([line.gift_id for line in lines])
    for line in lines:
        gift = held[line.gift_id]
        gift.promised -= line.quantity
        gift.save(update_fields=["promised"])


def _hold(keys: list[int]) -> dict[int, Gift]:
    return {gift.pk: gift for gift in lock(Gift.objects.filter(pk__in=keys), no_key=True)}


def _move(
    gift: Gift,
    kind: str,
    quantity: int,
    by: Any,
    reason: str,
    application: Application | None = None,
) -> None:
    """Change the stock of a held gift with its movement."""
    gift.stock += quantity
    gift.save(update_fields=["stock", "promised"])
    GiftMovement.objects.create(
        gift=gift, kind=kind, quantity=quantity, application=application, reason=reason[:200], by=by
    )
    record("gift.moved", by=by, subject=gift, name=gift.name, quantity=quantity)
