"""What is not a case yet: talk in public (CCH-02) and trouble seen coming (CMP-08)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.cases import Case
from complaints.models.classes import Level
from core.scope import Scoped, ScopedQuerySet


class OutsideQuerySet(ScopedQuerySet):
    view_permission = "complaints.view_case"
    own_fields = ("entered_by_id",)


def _newest(prefix: str, moment: str) -> list[models.Index]:
    columns = ("unit_id", "region_id", "city_id", "project_id", "entered_by_id")
    return [
        models.Index(
            column,
            F(moment).desc(),
            F("id").desc(),
            name=f"{prefix}_{column.removesuffix('_id')}_recent",
        )
        for column in columns
    ] + [models.Index(F(moment).desc(), F("id").desc(), name=f"{prefix}_recent")]


class Spread(models.TextChoices):
    SINGLE = "single", pgettext_lazy("spread of talk", "A single post")
    SHARED = "shared", pgettext_lazy("spread of talk", "Shared and commented")
    WIDE = "wide", pgettext_lazy("spread of talk", "Widely shared")
    MEDIA = "media", pgettext_lazy("spread of talk", "Taken up by media")


class PublicOpinion(Scoped):
    """An item of public opinion: where it stands, since when, how far it spread, how grave."""

    source = models.CharField(
        _("source"), max_length=60, help_text=_("Platform, newspaper or authority.")
    )
    link = models.URLField(_("link"), max_length=500, blank=True)
    title = models.CharField(pgettext_lazy("public opinion", "title"), max_length=200)
    content = models.TextField(_("content"), blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    spread = models.CharField(_("spread"), max_length=10, choices=Spread, default=Spread.SINGLE)
    level = models.ForeignKey(
        Level, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("level")
    )
    cases = models.ManyToManyField(
        Case, related_name="opinions", blank=True, verbose_name=_("cases")
    )
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True, editable=False)
    outcome = models.TextField(_("outcome"), blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OutsideQuerySet.as_manager()

    class Meta:
        verbose_name = _("item of public opinion")
        verbose_name_plural = _("public opinion")
        indexes = _newest("opinion", "first_seen_at")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("complaints:opinion", args=[self.pk])


class Risk(models.TextChoices):
    LOW = "low", pgettext_lazy("risk", "Low")
    MEDIUM = "medium", pgettext_lazy("risk", "Medium")
    HIGH = "high", pgettext_lazy("risk", "High")


class EarlyWarning(Scoped):
    """Trouble before it is a complaint: a light item that can become a case."""

    content = models.TextField(_("what was noticed"))
    risk = models.CharField(_("risk"), max_length=8, choices=Risk, default=Risk.MEDIUM)
    customer = models.ForeignKey(
        "customers.Customer",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="warnings",
        verbose_name=_("customer"),
    )
    noticed_at = models.DateTimeField(_("noticed at"), default=timezone.now)
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, blank=True, related_name="warnings", editable=False
    )
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)
    outcome = models.TextField(_("outcome"), blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = OutsideQuerySet.as_manager()

    class Meta:
        verbose_name = _("early warning")
        verbose_name_plural = _("early warnings")
        constraints = [
            models.CheckConstraint(
                condition=Q(case__isnull=True) | Q(settled_at__isnull=False),
                name="warning_with_case_is_settled",
            )
        ]
        indexes = _newest("warning", "noticed_at")

    def __str__(self) -> str:
        return self.content[:40]

    @property
    def tone(self) -> str:
        """The colour of the risk."""
        return {Risk.HIGH: "bad", Risk.MEDIUM: "warn"}.get(Risk(self.risk), "off")
