"""Units that somebody sees whole, not only his own records in them."""

from typing import Any

from core.scope import Scope, scope_of
from regions.models import OrgUnit, OrgUnitQuerySet


def whole_units(user: Any, right: str) -> OrgUnitQuerySet:
    """Units of the branches somebody reaches whole with a right: figures of a unit are for them,
    not for who sees his own records there."""
    scope = scope_of(user, right)
    return OrgUnit.objects.visible_to(Scope(scope.user_id, scope.branches), right)
