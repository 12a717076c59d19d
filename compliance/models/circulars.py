"""Notices of a subsidiary about the log-in rule: who broke it, with sanctions and appeals, and who
kept it (LOG-03, LOG-08)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models.bulletins import Bulletin
from compliance.models.commendations import Commendation
from compliance.models.common import OfPerson, Voidable, by_branch, void_with_reason
from compliance.models.lapses import Lapse
from compliance.policies.duties import SANCTIONS
from core.scope import Scoped, ScopedQuerySet


class CircularState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("circular", "Draft")
    PUBLISHED = "published", pgettext_lazy("circular", "Published")
    DROPPED = "dropped", pgettext_lazy("circular", "Dropped")


class CircularKind(models.TextChoices):
    LAPSE = "lapse", pgettext_lazy("circular", "Without log-in")
    PRAISE = "praise", pgettext_lazy("circular", "Commendation")


class CircularQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_circular"


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Circular(Scoped):
    """The notice of a subsidiary about its people without log-in, or about those who never missed
    one: drafted by the night, published by a person, who may leave people out with a reason. `unit`
    is the subsidiary."""

    kind = models.CharField(
        _("kind"),
        max_length=6,
        choices=CircularKind,
        default=CircularKind.LAPSE,
        editable=False,
    )
    title = models.CharField(pgettext_lazy("circular", "title"), max_length=120)
    opening = models.TextField(_("opening words"), blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=CircularState,
        default=CircularState.DRAFT,
        editable=False,
    )
    drafted_on = models.DateField(_("drafted on"))
    bulletin = models.ForeignKey(Bulletin, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    dropped_reason = models.CharField(_("reason"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CircularQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("compliance", "notice")
        verbose_name_plural = pgettext_lazy("compliance", "notices")
        default_permissions = ()
        permissions = [
            ("view_circular", _("Can see notices about log-ins, and sanctions")),
            ("publish_circular", _("Can publish notices about log-ins and decide on sanctions")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind"], condition=Q(state="draft"), name="circular_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(state="published", bulletin__isnull=False, published_at__isnull=False)
                | (~Q(state="published") & Q(bulletin__isnull=True)),
                name="circular_published",
            ),
        ]
        indexes = by_branch("circular", F("drafted_on").desc(), F("id").desc())

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("compliance:circular", args=[self.pk])


class CircularLine(models.Model):
    """A lapse or a commendation in a notice, with the days it says; who is left out stays, with the
    reason."""

    circular = models.ForeignKey(Circular, models.CASCADE, related_name="lines")
    lapse = models.OneToOneField(Lapse, models.CASCADE, null=True, related_name="line")
    commendation = models.OneToOneField(
        Commendation, models.CASCADE, null=True, related_name="line"
    )
    days = models.PositiveIntegerField(_("days"))
    left_out = models.CharField(_("left out because"), max_length=200, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("compliance", "line of a notice")
        verbose_name_plural = pgettext_lazy("compliance", "lines of notices")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(lapse__isnull=False, commendation__isnull=True)
                | Q(lapse__isnull=True, commendation__isnull=False),
                name="circularline_about_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.circular_id} {self.about}"

    @property
    def about(self) -> Lapse | Commendation:
        """What it tells of: person, unit, first and last day, number of days."""
        found = self.lapse or self.commendation
        assert found is not None, "a line without anything"  # noqa: S101  a constraint says so
        return found


class SanctionState(models.TextChoices):
    IN_FORCE = "in_force", pgettext_lazy("sanction", "In force")
    APPEALED = "appealed", pgettext_lazy("sanction", "Appealed")
    UPHELD = "upheld", pgettext_lazy("sanction", "Upheld")
    VOID = "void", pgettext_lazy("sanction", "Void")


class SanctionQuerySet(OfPerson):
    view_permission = "compliance.view_circular"

    def counting(self) -> Self:
        """Those that the ladder counts."""
        return self.exclude(state=SanctionState.VOID)


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Sanction(Voidable, Scoped):
    """What a published notice brings a person: a step of his subsidiary's ladder, with the sum that
    the subsidiary lays down where the step is an economic one (yuan). Void with a reason, never
    deleted."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="sanctions", verbose_name=_("person")
    )
    circular = models.ForeignKey(
        Circular, models.PROTECT, related_name="sanctions", verbose_name=_("notice")
    )
    lapse = models.OneToOneField(Lapse, models.PROTECT, related_name="sanction")
    measure = models.CharField(_("measure"), max_length=12, choices=SANCTIONS)
    amount = models.DecimalField(
        pgettext_lazy("sanction", "amount"), max_digits=10, decimal_places=2, default=0
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=SanctionState,
        default=SanctionState.IN_FORCE,
        editable=False,
    )
    imposed_at = models.DateTimeField(_("imposed at"), default=timezone.now)
    imposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    appeal_until = models.DateField(_("appeal until"))
    objects = SanctionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")
        default_permissions = ()
        constraints = [
            void_with_reason("sanction"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="sanction_amount"),
        ]
        indexes = [
            *by_branch("sanction", F("imposed_at").desc(), F("id").desc()),
            models.Index("person", F("imposed_at").desc(), name="sanction_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_measure_display()}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:sanction", args=[self.pk])


class AppealOutcome(models.TextChoices):
    UPHELD = "upheld", pgettext_lazy("appeal", "The sanction stays")
    VOID = "void", pgettext_lazy("appeal", "The sanction is void")


class AppealQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Those of the sanctions one sees."""
        return self.filter(sanction__in=Sanction.objects.visible_to(user, permission))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Appeal(models.Model):
    """The person's objection to a sanction, once, and what somebody else decided."""

    sanction = models.OneToOneField(Sanction, models.CASCADE, related_name="appeal")
    text = models.TextField(_("why the sanction is wrong"))
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(
        _("decision"), max_length=10, choices=AppealOutcome, blank=True, editable=False
    )
    decision = models.TextField(_("reason of the decision"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False) & ~Q(decision="")),
                name="appeal_decided_with_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sanction_id}"
