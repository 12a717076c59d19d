"""A few owners who stand in the archive twice, as it happens: once for each flat."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import SubjectKey
from customers.demo.parts import Gone, Part, Scene, register
from customers.demo.removal import remove_history
from customers.models import Customer, CustomerKind, CustomerMerge, DuplicatePair
from customers.services import change_customer, find_duplicates
from customers.services.protect import stored

TWICE = 3  # owners of whom two records are made


def write_duplicates(cursor: Any, scene: Scene) -> dict[str, int]:
    """Of two owners of one project the second becomes the first one, entered again without his
    identity number; then the nightly look."""
    homes: dict[str, list[int]] = {}
    for place in scene.archive.places:
        if place.client.kind == CustomerKind.PERSON and place.keeper and place.client.phone:
            homes.setdefault(place.unit.code, []).append(place.client.key)
    pairs = [keys[:2] for _code, keys in sorted(homes.items()) if len(set(keys[:2])) == 2]
    for one, other in pairs[:: max(len(pairs) // TWICE, 1)][:TWICE]:
        known = Customer.objects.select_related("subject").in_bulk([one, other])
        change_customer(
            known[other],
            by=None,
            name=known[one].name,
            gender=known[one].gender,
            phone=stored(known[one], "customer", "phone"),
            identity="",
        )
    return {"pairs": find_duplicates()}


def remove_duplicates(cursor: Any, gone: Gone) -> dict[str, int]:
    """The pairs of the customers who go, and what was merged into them meanwhile with its keys and
    its history."""
    either = Q(first__in=gone.customers) | Q(second__in=gone.customers)
    pairs, _models = DuplicatePair.objects.filter(either).delete()
    merges = CustomerMerge.objects.filter(survivor__in=gone.customers)
    keys = [key for key in merges.values_list("subject", flat=True) if key is not None]
    former = list(merges.values_list("former_id", flat=True))
    merges.delete()
    SubjectKey.objects.filter(pk__in=keys).delete()
    remove_history(cursor, former)
    return {"pairs": pairs}


register(Part(write_duplicates, remove_duplicates, {"pairs": _("Possible duplicates")}))
