"""Sections (版块) and the companies they belong to: sets of units beside the tree (ACC-06)."""

from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from regions.models.history import Span, SpanQuerySet
from regions.models.units import OrgUnit


class SectionQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "regions.view_section") -> Self:
        """Sections of which a unit lies in reach today; all of them for the whole group."""
        from django.utils import timezone

        from core.scope import scope_of

        if scope_of(user, permission).everything:
            return self
        units = OrgUnit.objects.visible_to(user, permission).values("pk")
        held = SectionUnit.objects.on(timezone.localdate()).filter(unit__in=units)
        return self.filter(pk__in=held.values("section"))


class Section(models.Model):
    """A part of the business whose data is managed and seen separately."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True, unique=True)

    objects = SectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = [F("number").asc(nulls_last=True), "code"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.name


class SectionUnit(models.Model):
    """A unit, with all below it, belongs to a section from a day until a day."""

    section = models.ForeignKey(Section, models.PROTECT, related_name="members")
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, related_name="sections", verbose_name=_("unit")
    )
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)

    objects = SpanQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit of a section")
        verbose_name_plural = _("units of sections")
        ordering = ["section", "unit", "valid_from"]
        default_permissions = ()
        constraints = [
            ExclusionConstraint(
                name="sectionunit_one_section_a_day",
                expressions=[("unit", RangeOperators.EQUAL), (Span(), RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="sectionunit_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section} · {self.unit}"


class Company(models.Model):
    """A company of the group to which sections are mapped."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    sections: models.ManyToManyField = models.ManyToManyField(
        Section, through="SectionCompany", related_name="companies", verbose_name=_("sections")
    )

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["code"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class SectionCompany(models.Model):
    """A section belongs to a company; one company may hold several sections (10 : 8)."""

    section = models.ForeignKey(Section, models.CASCADE)
    company = models.ForeignKey(Company, models.PROTECT)

    class Meta:
        verbose_name = _("company of a section")
        verbose_name_plural = _("companies of sections")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["section", "company"], name="sectioncompany_once")
        ]

    def __str__(self) -> str:
        return f"{self.section} · {self.company}"
