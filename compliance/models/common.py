"""What tables of compliance share."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scope import ScopedQuerySet, scope_of

COLUMNS = ("unit_id", "region_id", "city_id", "project_id")


def by_branch(prefix: str, *order: Any, condition: Q | None = None) -> list[models.Index]:
    """An index of a list for each column of a scope, and one for the whole group."""
    return [
        models.Index(column, *order, condition=condition, name=f"{prefix}_{column[:-3]}")
        for column in COLUMNS
    ] + [models.Index(*order, condition=condition, name=f"{prefix}_group")]


class OfPerson(ScopedQuerySet):
    """Rows that are about a person, who sees them whatever he reaches."""

    own_fields = ("person_id",)

    def of_or_visible_to(self, user: Any) -> Self:
        """Those in reach of a person, and his own."""
        scope = scope_of(user, self.view_permission)
        if scope.everything:  # an empty condition in an OR would count for nothing
            return self
        return self.filter(scope.q(self.own_fields) | Q(person=user.pk))


class Voidable(models.Model):
    """What may be declared void with a reason and is never deleted; `state` says so."""

    void_reason = models.CharField(_("void because"), max_length=500, blank=True)
    void_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    void_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


def void_with_reason(prefix: str) -> models.CheckConstraint:
    """What is void says why, and nothing else does."""
    return models.CheckConstraint(
        condition=(Q(state="void") & ~Q(void_reason="")) | (~Q(state="void") & Q(void_reason="")),
        name=f"{prefix}_void_reason",
    )
