"""What is planned for a unit: functions with their reasons, posts, rules (ORG-11…ORG-14)."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import Scoped, ScopedQuerySet


class PlanQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_staffplan"


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class FunctionPlan(Scoped):
    """Which functions a unit fills and why: its pace, its targets, its results so far (ORG-11).

    `functions` are those that the unit lays down for itself beside the nine; for a project they are
    its whole list (ORG-12).
    """

    pace = models.TextField(_("pace of development"))
    targets = models.TextField(_("management targets"))
    results = models.TextField(_("results of the present stage"))
    functions: models.ManyToManyField = models.ManyToManyField(
        "accounts.Function", blank=True, related_name="+", verbose_name=_("functions")
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("function plan")
        verbose_name_plural = _("function plans")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["unit"], name="functionplan_one_a_unit")]

    def __str__(self) -> str:
        return f"{self.unit_id}"


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class PlannedPost(Scoped):
    """A line of a unit's headcount plan of a year: 五定 for one function (ORG-13, ORG-27).

    `establishment` is how many people the post shall have; `basis` the development target that the
    number follows from.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    function = models.ForeignKey(
        "accounts.Function",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("function"),
    )
    establishment = models.PositiveSmallIntegerField(_("establishment"))
    basis = models.CharField(_("development target behind it"), max_length=200, blank=True)
    grade = models.CharField(_("grade"), max_length=40)
    capability = models.TextField(_("capability required"))
    duties = models.TextField(_("job description"))
    indicators = models.TextField(_("targets of the post"), blank=True)
    incentive = models.TextField(_("incentive"), blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned post")
        verbose_name_plural = _("planned posts")
        default_permissions = ()
        permissions = [
            ("view_staffplan", _("Can see functions, headcount plans and duties of units")),
            ("change_staffplan", _("Can plan functions and headcount of units")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year", "function"], name="plannedpost_once_a_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.function_id}"


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class ImplementationRule(Scoped):
    """The rules by which a region carries out those of the group (落实细则, ORG-14)."""

    title = models.CharField(_("title"), max_length=120)
    issued_by = models.CharField(
        _("issued by"), max_length=120, default="区域平台人力行政中心、客户关系中心"
    )
    issued_on = models.DateField(_("issued on"))
    effective_on = models.DateField(_("in force from"))
    ended_on = models.DateField(_("in force until"), null=True, blank=True)
    summary = models.TextField(_("what it lays down"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("implementation rule")
        verbose_name_plural = _("implementation rules")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("effective_on")),
                name="implementationrule_span",
            )
        ]

    def __str__(self) -> str:
        return self.title
