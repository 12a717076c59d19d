"""What a person or a unit is to reach in a month (CAL-04)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import Scoped, ScopedQuerySet, scope_of


class TargetQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_target"
    own_fields = ("person_id",)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Those of one's branches, and always one's own."""
        scope = scope_of(user, permission or self.view_permission)
        if scope.everything or permission is not None or scope.user_id is None:
            return self.filter(scope.q(self.own_fields))
        return self.filter(scope.q(self.own_fields) | Q(person=scope.user_id))


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Target(Scoped):
    """`value` of `metric` (compliance.actuals) in the month that begins on `month`: of the person,
    or without one of the unit with all below it. A person's unit is that in which it was set."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("person"),
    )
    month = models.DateField(_("month"))
    metric = models.CharField(_("metric"), max_length=40)
    value = models.DecimalField(_("target"), max_digits=14, decimal_places=2)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    set_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("monthly target")
        verbose_name_plural = _("monthly targets")
        default_permissions = ()
        permissions = [
            ("view_target", _("Can see monthly targets")),
            ("change_target", _("Can set monthly targets")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "month", "metric", "person"],
                nulls_distinct=False,
                name="monthlytarget_once",
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="monthlytarget_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="monthlytarget_first"),
        ]
        indexes = [models.Index(fields=["person", "month"], name="monthlytarget_person")]

    def __str__(self) -> str:
        return f"{self.metric} {self.month:%Y-%m}"
