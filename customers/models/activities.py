"""What staff did with a customer and mean to do: the action record (ACT-07, ACT-08)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scope, Scoped, ScopedQuerySet, scope_of
from customers.models.customers import Contact, Customer, places_kept, whole_branches


class ActivityKind(models.TextChoices):
    CALL = "call", pgettext_lazy("activity", "Call")
    VISIT = "visit", _("Visit")
    MESSAGE = "message", _("Message")
    MEETING = "meeting", _("Meeting")
    CARE = "care", _("Care")
    SURVEY = "survey", _("Survey")
    NOTE = "note", _("Note")


# Kinds that count as having been in touch with the customer.
TOUCHES = frozenset(ActivityKind.values) - {ActivityKind.NOTE}


class ActivityState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class ActivityQuerySet(ScopedQuerySet):
    view_permission = "customers.view_customer"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """In branches of own reach: one's own, and everybody's with a customer one keeps there."""
        scope = scope_of(user, permission or self.view_permission)
        rows = whole_branches(scope)
        if scope.own:
            kept = places_kept(scope, customer=OuterRef("customer"), unit=OuterRef("unit"))
            mine = Q(by_id=scope.user_id) | Q(entered_by_id=scope.user_id) | Q(Exists(kept))
            rows |= Scope(scope.user_id, scope.own).q(()) & mine
        return self.filter(rows)

    def planned(self) -> Self:
        return self.filter(state=ActivityState.PLANNED)

    def for_timeline(self) -> Self:
        return self.select_related("by", "contact", "unit").order_by("-at", "-pk")


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Activity(Scoped):
    """A call, visit or note. `at` is when it happened, or for planned work when it is due."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="activities", db_index=False
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ActivityKind)
    state = models.CharField(
        _("state"), max_length=10, choices=ActivityState, default=ActivityState.DONE
    )
    at = models.DateTimeField(_("when"))
    content = models.TextField(_("content"))
    result = models.TextField(_("result"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="activities",
        db_index=False,
        verbose_name=_("by"),
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ActivityState.DONE, done_at__isnull=False)
                | ~Q(state=ActivityState.DONE),
                name="activity_done_when",
            )
        ]
        indexes = [
            models.Index("customer_id", F("at").desc(), F("id").desc(), name="activity_customer"),
            models.Index("region_id", F("at").desc(), F("id").desc(), name="activity_region"),
            models.Index("city_id", F("at").desc(), F("id").desc(), name="activity_city"),
            models.Index("project_id", F("at").desc(), F("id").desc(), name="activity_project"),
            models.Index(F("at").desc(), F("id").desc(), name="activity_recent"),
            models.Index("by_id", F("at").desc(), F("id").desc(), name="activity_by"),
            models.Index(
                fields=["by", "at"], condition=Q(state="planned"), name="activity_planned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"
