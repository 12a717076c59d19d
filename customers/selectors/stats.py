"""Counts of the archive for operators and checks of imports."""

from typing import Any

from django.db.models import Count

from core.scope import EVERYTHING
from customers.models import CustomerKind, CustomerUnit, Property
from customers.selectors.lists import ListQuery, scope_for
from regions.models import OrgUnit


def customer_stats(unit: OrgUnit | None = None) -> dict[str, Any]:
    """Persons, organisations and properties of a branch (of the group without one), and its
    organisations by class, keys in the words of the files, no empty or zero keys."""
    scope = scope_for(EVERYTHING, ListQuery(unit=unit)) if unit else EVERYTHING
    places = CustomerUnit.objects.filter(scope.q(()))
    organisations = places.filter(customer__kind=CustomerKind.ORGANISATION)
    return {
        "persons": _customers(places.filter(customer__kind=CustomerKind.PERSON)),
        "organisations": _customers(organisations),
        "properties": Property.objects.filter(scope.q(())).count(),
        "by_ownership_class": _by(organisations, "ownership_class"),
        "by_importance": _by(organisations, "level"),
    }


def _customers(places: Any) -> int:
    return places.aggregate(n=Count("customer", distinct=True))["n"]


def _by(places: Any, column: str) -> dict[str, int]:
    rows = (
        places.exclude(**{column: ""})
        .order_by()
        .values_list(column)
        .annotate(n=Count("customer", distinct=True))
    )
    return dict(sorted(rows))
