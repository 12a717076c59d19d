"""Customer events with or without money, and the dates customers hold dear (CAR-02, CAR-04)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import StoredFile
from core.scope import Scoped, ScopedQuerySet
from expenses.models.categories import Category
from expenses.models.common import by_branch, money


class EventKind(models.TextChoices):
    PARTY = "party", _("Get-together")
    FORUM = "forum", _("Forum")
    GROUP = "group", _("Consultation group")
    TRAINING = "training", _("Dealer training")
    OTHER = "other", pgettext_lazy("event", "Other")


class EventState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("event", "Planned")
    HELD = "held", pgettext_lazy("event", "Held")
    CANCELLED = "cancelled", pgettext_lazy("event", "Cancelled")


class EventQuerySet(ScopedQuerySet):
    view_permission = "expenses.view_event"
    own_fields = ("organiser_id", "entered_by_id")


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Event(Scoped):
    """A get-together, a forum or a consultation group, with participants, minutes and photographs.

    Held, it becomes a meeting in the timeline of each customer who came (customers.Activity).
    Money for it is asked for by applications that name it.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=EventKind)
    title = models.CharField(pgettext_lazy("event", "title"), max_length=120)
    starts_at = models.DateTimeField(_("begins at"))
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    place = models.CharField(pgettext_lazy("event", "place"), max_length=120, blank=True)
    people = models.PositiveIntegerField(_("people taking part"), null=True, blank=True)
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("organiser")
    )
    staff = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("staff present")
    )
    plan = models.TextField(pgettext_lazy("event", "plan"), blank=True)
    minutes = models.TextField(_("minutes"), blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=EventState,
        default=EventState.PLANNED,
        editable=False,
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer event")
        verbose_name_plural = _("customer events")
        default_permissions = ()
        permissions = [
            ("view_event", _("Can see customer events")),
            ("change_event", _("Can plan and record customer events")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="event_ends_later",
            ),
            models.CheckConstraint(
                condition=~Q(state=EventState.HELD) | ~Q(minutes=""), name="event_held_minutes"
            ),
        ]
        indexes = by_branch("event", F("starts_at").desc(), F("id").desc())

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("expenses:event", args=[self.pk])


class ByEvent(models.QuerySet):
    """Rows that are seen by whoever may see the event."""

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return self.filter(event__in=Event.objects.visible_to(user, permission))


class EventCustomer(models.Model):
    """A customer who is invited; `came` is known once the event was held."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="customers")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    contact = models.ForeignKey(
        "customers.Contact", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    came = models.BooleanField(_("came"), null=True)

    objects = ByEvent.as_manager()

    class Meta:
        verbose_name = _("guest of an event")
        verbose_name_plural = _("guests of events")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["event", "customer"], name="eventcustomer_once")
        ]

    def __str__(self) -> str:
        return str(self.customer)


class EventFile(StoredFile):
    """A photograph or paper of an event."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="files", db_index=False)

    objects = ByEvent.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("file of an event")
        verbose_name_plural = _("files of events")
        default_permissions = ()
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(fields=["event", "sha256"], name="eventfile_once"),
        ]


class DateKind(models.TextChoices):
    ANNIVERSARY = "anniversary", _("Company anniversary")
    TRAINING = "training", _("Dealer training")
    YEAR_END = "year_end", _("Year-end celebration")
    WEDDING = "wedding", _("Wedding")
    FAMILY = "family", _("Family event")
    OTHER = "other", pgettext_lazy("key date", "Other")


class KeyDateQuerySet(ScopedQuerySet):
    view_permission = "expenses.view_keydate"
    own_fields = ("owner_id", "entered_by_id")


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["region", "city", "project", "reminded_for"],
)
class KeyDate(Scoped):
    """A day a customer or a decision-maker of his holds dear: each year (`month`, `day`) or once
    (`on`). `remind_days` before it, `owner` is told and finds an application filled in with
    `category` and `amount`. `reminded_for` is the day he was told of last (CAR-02)."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="key_dates")
    contact = models.ForeignKey(
        "customers.Contact",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decision-maker"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=DateKind)
    title = models.CharField(pgettext_lazy("key date", "title"), max_length=80, blank=True)
    month = models.PositiveSmallIntegerField(_("month"), null=True, blank=True)
    day = models.PositiveSmallIntegerField(_("day"), null=True, blank=True)
    on = models.DateField(_("date"), null=True, blank=True)
    remind_days = models.PositiveSmallIntegerField(_("remind (days before)"), default=14)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("reminded")
    )
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    amount = money(_("amount"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    reminded_for = models.DateField(null=True, editable=False)
    is_active = models.BooleanField(_("reminds"), default=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = KeyDateQuerySet.as_manager()

    class Meta:
        verbose_name = _("key date")
        verbose_name_plural = _("key dates")
        default_permissions = ()
        permissions = [
            ("view_keydate", _("Can see key dates of customers")),
            ("change_keydate", _("Can keep key dates of customers")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(on__isnull=False, month__isnull=True, day__isnull=True)
                | Q(on__isnull=True, month__range=(1, 12), day__range=(1, 31)),
                name="keydate_yearly_or_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0), name="keydate_amount"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "month", "day"], name="keydate_owner"),
            models.Index(fields=["unit", "month", "day"], name="keydate_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.get_kind_display()}"
