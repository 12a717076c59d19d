"""Whom somebody may ask to decide, sign or know: colleagues around him and on the way up."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from regions.models import OrgUnit


def colleagues(reader: Any) -> "QuerySet[User]":
    """Active people of his own unit, of the units above it, and of those he reaches anyway."""
    line: list[int] = reader.unit.ancestor_ids() if reader.unit_id else []
    reached = OrgUnit.objects.visible_to(reader, "accounts.view_user")
    around = Q(unit__in=line) | Q(unit__in=reached)
    return User.objects.active().filter(around).exclude(pk=reader.pk)
