"""A few customers who were entered twice, as it happens: at the hotline, from a list of firms."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import SubjectKey
from customers.demo.parts import Gone, Part, Scene, register
from customers.demo.removal import remove_history
from customers.models import CustomerKind, CustomerMerge, CustomerUnit, DuplicatePair
from customers.services import create_customer, find_duplicates, log_activity, merge_customers

TWICE = 4  # owners who are entered once more; the first of them is merged again
HOTLINE = "400热线"
CALLED = "业主来电咨询车位续租，按来电号码新建了客户。"
WHY = "同一部手机、同一姓名，电话核实为同一位业主。"


def write_duplicates(cursor: Any, scene: Scene) -> dict[str, int]:
    """Owners of one project whom the hotline entered once more, and a firm from a list."""
    places = [
        place
        for place in scene.archive.places
        if place.client.kind == CustomerKind.PERSON and place.keeper and place.client.phone
    ]
    step = max(len(places) // TWICE, 1)
    chosen = places[::step][:TWICE]
    found = CustomerUnit.objects.filter(customer__in=[one.client.key for one in chosen])
    rows = {}
    for row in found.select_related("customer", "unit", "keeper").order_by("-pk"):
        rows[row.customer_id] = row
    again = []
    for place in chosen:
        row = rows[place.client.key]
        customer, _new = create_customer(
            unit=row.unit,
            by=row.keeper,
            keeper=row.keeper,
            kind=CustomerKind.PERSON,
            name=row.name,
            phone=row.customer.clear("phone"),
            source=HOTLINE,
            import_run_id=scene.run,
        )
        log_activity(
            customer.places.get(), by=row.keeper, kind="call", at=scene.now, content=CALLED
        )
        again.append((row, customer))
    written = len(again) + _firm(scene)
    pairs = find_duplicates()
    if again:
        row, customer = again[0]
        merge_customers(row.customer, customer, by=None, reason=WHY)
    return {"entered_twice": written, "pairs": pairs}


def _firm(scene: Scene) -> int:
    """A business customer whose name a list writes with other brackets."""
    firms = [one.key for one in scene.archive.clients if one.kind == CustomerKind.ORGANISATION]
    rows = CustomerUnit.objects.filter(customer__in=firms, keeper__isnull=False)
    row = rows.select_related("customer", "unit", "keeper").order_by("pk").first()
    if row is None:
        return 0
    create_customer(
        unit=row.unit,
        by=row.keeper,
        keeper=row.keeper,
        kind=CustomerKind.ORGANISATION,
        name=" ".join((row.name[:2], row.name[2:])),
        address=row.customer.address,
        import_run_id=scene.run,
    )
    return 1


def remove_duplicates(cursor: Any, gone: Gone) -> dict[str, int]:
    """The pairs and merges of the customers who go, with the keys of merged records."""
    either = Q(first__in=gone.customers) | Q(second__in=gone.customers)
    pairs, _models = DuplicatePair.objects.filter(either).delete()
    merges = CustomerMerge.objects.filter(survivor__in=gone.customers)
    keys = [key for key in merges.values_list("subject", flat=True) if key is not None]
    former = list(merges.values_list("former_id", flat=True))
    merges.delete()
    SubjectKey.objects.filter(pk__in=keys).delete()
    remove_history(cursor, former)
    return {"pairs": pairs, "merged": len(former)}


register(
    Part(
        write_duplicates,
        remove_duplicates,
        {
            "entered_twice": _("Customers entered twice"),
            "pairs": _("Possible duplicates"),
            "merged": _("Merged customers"),
        },
    )
)
