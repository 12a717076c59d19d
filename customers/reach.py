"""What the archive says about what a person sees (accounts.reach)."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.reach import Fact, facts_of_person
from core.paging import COUNT_CAP
from core.scope import Scope, scope_of
from customers.models import CustomerUnit
from customers.selectors.shares import shares_held


def _labels() -> dict[str, str]:
    return {
        "customers.view_customer": _("Customers that may be seen"),
        "customers.change_customer": _("Customers that may be edited"),
        "customers.reveal_customer": _("Customers whose numbers may be shown"),
        "customers.hand_over_customer": _("Customers that may be handed over"),
    }


def _count(person: Any, reader: Any, right: str) -> str:
    """How many customers both reach, capped; the reader learns of no other."""
    rows = CustomerUnit.objects.visible_to(person, right)
    if person.pk != reader.pk:
        scope = scope_of(reader, "customers.view_customer")
        rows = rows.filter(Scope(scope.user_id, scope.branches, scope.own).q(rows.own_fields))
    found = set(rows.order_by().values_list("customer_id", flat=True)[: 2 * COUNT_CAP])
    return f"{COUNT_CAP:,}+" if len(found) > COUNT_CAP else f"{len(found):,}"


@facts_of_person
def customers_of(person: Any, reader: Any) -> list[Fact]:
    """How many customers a person sees, edits, reveals and hands over, and what is shared with
    him."""
    facts = []
    for right, label in _labels().items():
        if person.is_active and not scope_of(person, right).nothing:
            url = reverse("customers:list") if person.pk == reader.pk else ""
            facts.append(Fact(label, _count(person, reader, right), url))
    held = shares_held(person)
    live = [share for share in held if share.is_in_force()]
    if held:
        ended = len(held) - len(live)
        note = _("{count} ended in the last 90 days").format(count=ended) if ended else ""
        url = reverse("shares") if person.pk == reader.pk else ""
        facts.append(Fact(_("Customers shared with this person"), f"{len(live)}", url, note))
    return facts
