"""Waves: one survey over a period, and whom it stands for (SAT-04)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import scope_of
from regions.models import OrgUnit
from satisfaction.models.questionnaires import QuestionnaireVersion


class WaveState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("wave", "Planned")
    OPEN = "open", pgettext_lazy("wave", "Open")
    CLOSED = "closed", pgettext_lazy("wave", "Closed")


class WaveQuerySet(models.QuerySet):
    view_permission = "satisfaction.view_wave"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Waves of the branches one reaches, and of the units above them: who answers for a
        project reads the figures of the group's survey, as far as they are his (see scores)."""
        scope = scope_of(user, permission or self.view_permission)
        if scope.nothing:
            return self.none()
        if scope.everything:
            return self.all()
        roots = OrgUnit.objects.filter(
            pk__in=[branch.unit_id for branch in scope.branches | scope.own]
        )
        above = Exists(roots.filter(path__startswith=OuterRef("unit__path")))
        mine = OrgUnit.objects.visible_to(scope)
        return self.filter(Q(unit__in=mine) | above)


class Wave(models.Model):
    """One survey of a unit and what lies below it. `code` is unique in the group.

    `run` is the scoring whose figures are shown: setting it is what publishes them. An anonymous
    wave never knows which person gave an answer; a database constraint on its responses holds it.
    A standing wave takes the ratings that go out after every closed case; it has no sample of
    quotas and is scored as it grows. To get an answer `100 / expected_response` owners are drawn,
    and of these `reserve_share` per cent more wait as reserves. `seed` and `drawn_at` freeze the
    drawn list: who was in the population is drawn again from them in the same order.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    version = models.ForeignKey(
        QuestionnaireVersion, models.PROTECT, related_name="waves", verbose_name=_("questionnaire")
    )
    state = models.CharField(_("state"), max_length=8, choices=WaveState, default=WaveState.PLANNED)
    opens_on = models.DateField(_("opens on"), null=True, blank=True)
    closes_on = models.DateField(_("closes on"), null=True, blank=True)
    is_anonymous = models.BooleanField(_("anonymous"), default=False)
    is_standing = models.BooleanField(_("goes on for ever"), default=False, editable=False)
    excluded_days = models.PositiveSmallIntegerField(
        _("not asked again within (days)"), null=True, blank=True
    )
    excludes_open_cases = models.BooleanField(
        _("leaves out who has a complaint open"), default=True
    )
    reminder_days = models.PositiveSmallIntegerField(
        _("reminded after (days)"), null=True, blank=True
    )
    expected_response = models.PositiveSmallIntegerField(
        _("expected response rate (%)"), null=True, blank=True
    )
    reserve_share = models.PositiveSmallIntegerField(
        _("reserves (% of those drawn)"), null=True, blank=True
    )
    seed = models.BigIntegerField(_("seed"), null=True, editable=False)
    drawn_at = models.DateTimeField(_("drawn at"), null=True, editable=False)
    left_out = models.JSONField(_("left out, by reason"), default=dict, editable=False)
    counted_on = models.DateField(_("owners counted on"), null=True, editable=False)
    run = models.ForeignKey(
        "satisfaction.ScoringRun", models.PROTECT, null=True, related_name="+", editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        permissions = [
            ("import_response", _("Can import answers")),
            ("score_wave", _("Can score waves")),
            ("void_response", _("Can void answers")),
            ("call_sample", _("Can interview by telephone")),
            ("fill_on_site", _("Can hand the form to owners")),
            ("view_identity", _("Can see who gave an answer")),
            ("review_report", _("Can review survey reports")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "is_anonymous"], name="wave_and_anonymity"),
            models.CheckConstraint(
                condition=Q(closes_on__isnull=True) | Q(opens_on__lte=F("closes_on")),
                name="wave_period",
            ),
            models.CheckConstraint(
                condition=Q(expected_response__isnull=True)
                | Q(expected_response__gte=1, expected_response__lte=100),
                name="wave_expected_response",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.code


class Population(models.Model):
    """How many owners of a project stood in a stage when a wave counted them; figures of regions
    and of the group are weighted by it. `stage` is empty where only households are known."""

    wave = models.ForeignKey(Wave, models.CASCADE, related_name="population")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    owners = models.PositiveIntegerField(_("owners"))

    class Meta:
        verbose_name = _("count of owners")
        verbose_name_plural = _("counts of owners")
        constraints = [
            models.UniqueConstraint(fields=["wave", "unit", "stage"], name="population_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.stage}: {self.owners}"
