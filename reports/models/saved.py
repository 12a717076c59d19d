"""Saved reports, their schedules, and what was sent to whom (REP-01, CMP-07).

A definition is data: what a report asks is read against the registry of subjects each time it
runs, and always under the rights of whoever reads it. So a row here opens no figure to anybody.
"""

from datetime import time
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scope
from regions.models import OrgUnit

VIEW = "reports.view_savedreport"


class Audience(models.TextChoices):
    """Who may open a saved report beside its owner."""

    OWN = "own", _("Only me")
    BRANCH = "branch", _("My unit and those below it")
    ALL = "all", _("Everybody who may see reports")


class SavedReportQuerySet(models.QuerySet["SavedReport"]):
    def visible_to(self, user: Any, permission: str = VIEW) -> Self:
        """One's own, what was shared with one's unit or everybody, and what one was sent.

        Sharing with a unit means the one in which the owner works today, and those below it.
        """
        if isinstance(user, Scope):
            return self if user.everything else self.none()
        if not user.has_perm(permission):
            return self.none()
        above = user.unit.ancestor_ids() if user.unit else []
        sent = Delivery.objects.filter(
            user=user.pk, state=DeliveryState.SENT, run__schedule__report=OuterRef("pk")
        )
        return self.filter(
            Q(owner=user.pk)
            | Q(audience=Audience.ALL)
            | Q(audience=Audience.BRANCH, owner__unit__in=above)
            | Exists(sent)
        )

    def kept_by(self, user: Any) -> Self:
        """Those that somebody may change."""
        return self.filter(owner=user.pk)


class SavedReport(models.Model):
    """A question that somebody put together and keeps. `definition` as in reports.builder."""

    name = models.CharField(pgettext_lazy("report", "name"), max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="saved_reports",
        verbose_name=_("owner"),
    )
    subject = models.CharField(pgettext_lazy("report", "subject"), max_length=30)
    definition = models.JSONField(default=dict)
    audience = models.CharField(
        _("shared with"), max_length=6, choices=Audience, default=Audience.OWN
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SavedReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        default_permissions = ()
        permissions = [
            ("view_savedreport", _("Can see reports that were shared")),
            ("build_report", _("Can build and schedule reports")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="savedreport_name_once")
        ]
        indexes = [
            models.Index(fields=["name"], condition=Q(audience="all"), name="savedreport_for_all"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("reports:report", args=[self.pk])


class Rhythm(models.TextChoices):
    """How often a report goes out."""

    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month on a day")
    MONTHLY_WORKING = "working", _("Every month on a working day")


class Form(models.TextChoices):
    """As what a report arrives."""

    WORKBOOK = "xlsx", _("Excel workbook")
    PAPER = "pdf", _("PDF file")
    LINK = "link", _("Link that asks for a log-in")


class ScheduleQuerySet(models.QuerySet["ReportSchedule"]):
    def visible_to(self, user: Any, permission: str = "reports.build_report") -> Self:
        """One's own."""
        if isinstance(user, Scope):
            return self if user.everything else self.none()
        return self.filter(owner=user.pk)


class ReportSchedule(models.Model):
    """When a saved report, or a standard one by its key, goes to whom.

    `day` is the weekday (1 Monday to 7) of a weekly one, the day of the month of a monthly one
    (31: its last day), or which working day of the month (negative: from its end). With
    `working_days` a day off moves to the next working day, and a daily one skips days off; what
    is a working day says the calendar of the owner's unit. `settled_through` is the last due time
    that was taken care of, `next_at` the one to come.
    """

    report = models.ForeignKey(
        SavedReport, models.CASCADE, null=True, blank=True, related_name="schedules"
    )
    standard = models.CharField(max_length=30, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    rhythm = models.CharField(
        pgettext_lazy("schedule", "How often"), max_length=8, choices=Rhythm, default=Rhythm.MONTHLY
    )
    day = models.SmallIntegerField(pgettext_lazy("schedule", "Day"), default=1)
    at = models.TimeField(pgettext_lazy("schedule", "Time"), default=time(8, 30))
    working_days = models.BooleanField(_("Only on working days"), default=True)
    form = models.CharField(
        pgettext_lazy("schedule", "As"), max_length=4, choices=Form, default=Form.WORKBOOK
    )
    is_active = models.BooleanField(_("switched on"), default=True)
    settled_through = models.DateTimeField(default=timezone.now, editable=False)
    next_at = models.DateTimeField(_("next time"), null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(report__isnull=False, standard="")
                | Q(report__isnull=True) & ~Q(standard=""),
                name="reportschedule_one_report",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_active=True), name="schedule_next")
        ]

    def __str__(self) -> str:
        return f"{self.report_id or self.standard} {self.rhythm}"

    def get_absolute_url(self) -> str:
        return reverse("reports:schedule", args=[self.pk])


class Receiver(models.Model):
    """One person, or everybody who holds a role in a unit or below it on the day of sending."""

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="receivers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    role = models.ForeignKey("accounts.Role", models.CASCADE, null=True, related_name="+")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("receiver")
        verbose_name_plural = _("receivers")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, role__isnull=True, unit__isnull=True)
                | Q(user__isnull=True, role__isnull=False, unit__isnull=False),
                name="receiver_person_or_role",
            ),
            models.UniqueConstraint(
                fields=["schedule", "user", "role", "unit"],
                nulls_distinct=False,
                name="receiver_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id or f"{self.role_id} {self.unit_id}")


class Unsubscription(models.Model):
    """Somebody who wants no more mails of a schedule. He takes it back himself."""

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="unsubscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("unsubscription")
        verbose_name_plural = _("unsubscriptions")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["schedule", "user"], name="unsubscription_once")
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.user_id}"


class ReportRun(models.Model):
    """One due time of a schedule, which is carried out once; its job may be resumed."""

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="runs")
    due_at = models.DateTimeField(_("due"))
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("sending")
        verbose_name_plural = _("sendings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_at"], name="reportrun_once")
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due_at}"


class DeliveryState(models.TextChoices):
    SENT = "sent", pgettext_lazy("report", "Sent")
    FAILED = "failed", pgettext_lazy("report", "Not sent")


class Delivery(models.Model):
    """What one run came to for one receiver; `message` says why nothing went out, or what did."""

    run = models.ForeignKey(ReportRun, models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(_("state"), max_length=6, choices=DeliveryState)
    message = models.CharField(max_length=300, blank=True)
    rows = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "user"], name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.user_id} {self.state}"
