"""What people put into their own calendar, and the private feed of it (CAL-01, CAL-03)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.scope import scope_of

PEOPLE = "accounts.view_user"


class AppointmentQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """One's own, and those of people in reach that are not private."""
        scope = scope_of(user, permission or PEOPLE)
        people = User.objects.visible_to(user, permission or PEOPLE)
        return self.filter(Q(person=scope.user_id) | Q(is_private=False, person__in=people))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Appointment(models.Model):
    """Something a person has to do at a time. All day: from midnight of the first day until
    midnight after the last. Of a private one others see only that he is busy."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", editable=False
    )
    title = models.CharField(pgettext_lazy("appointment", "title"), max_length=120)
    starts_at = models.DateTimeField(_("begins at"))
    ends_at = models.DateTimeField(_("ends at"))
    all_day = models.BooleanField(_("all day"), default=False)
    place = models.CharField(pgettext_lazy("event", "place"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    is_private = models.BooleanField(pgettext_lazy("appointment", "private"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="appointment_ends_later"
            )
        ]
        indexes = [models.Index(fields=["person", "starts_at"], name="appointment_of")]

    def __str__(self) -> str:
        return self.title


class FeedQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Nobody sees another one's feed."""
        return self.filter(person=user)


class CalendarFeed(models.Model):
    """An address under which programs of a person read his calendar. Only a hash of its secret is
    kept; a new address ends the one before. `hits` are the requests since `hits_since`."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    hits = models.PositiveIntegerField(default=0)
    hits_since = models.DateTimeField(default=timezone.now)

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(revoked_at__isnull=True), name="calendarfeed_one"
            )
        ]
        indexes = [models.Index(fields=["person", "-created_at"], name="calendarfeed_of")]

    def __str__(self) -> str:
        return f"{self.person_id}"
