"""What the checks found, and what became of it (ORG-02…ORG-14, ACC-05, ACC-07)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.states import FINDING_LIVE, FindingState, Severity
from core.scope import Scoped, ScopedQuerySet
from expenses.models.common import by_branch


class FindingQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_finding"
    own_fields = ("owner_id",)

    def live(self) -> Self:
        """Those whose breach lasts."""
        return self.exclude(state=FindingState.CLOSED)


class Finding(Scoped):
    """A breach of a rule in a unit, from the day it was found until the day it was gone.

    `key` tells several of one rule in one unit apart. `evidence` is what the last run saw;
    `message` the same in words, for checks that have none of their own. `owner` mends it until
    `due_on`. An exception holds to the end of `excepted_until`. `rank` is 1 for the gravest, for
    ordering. `told_at` is when whoever answers for it was told that it was found. Its history is
    FindingEvent; nobody writes rows but compliance.services.findings.
    """

    rule = models.CharField(_("rule"), max_length=30)
    key = models.CharField(max_length=120, blank=True)
    severity = models.CharField(_("severity"), max_length=6, choices=Severity)
    rank = models.PositiveSmallIntegerField(editable=False)
    evidence = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=FindingState, default=FindingState.OPEN
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("person concerned"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="findings",
        db_index=False,
        verbose_name=pgettext_lazy("finding", "mended by"),
    )
    due_on = models.DateField(_("until"), null=True)
    explanation = models.TextField(_("explanation"), blank=True)
    excepted_until = models.DateField(_("exception until"), null=True)
    opened_on = models.DateField(_("found on"))
    closed_on = models.DateField(_("gone since"), null=True)
    seen_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, editable=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        default_permissions = ()
        permissions = [
            ("view_finding", _("Can see findings of the checks")),
            ("manage_finding", _("Can assign, explain and except findings")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "unit", "key"],
                condition=~Q(state=FindingState.CLOSED),
                name="finding_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state=FindingState.CLOSED, closed_on__isnull=False)
                | (~Q(state=FindingState.CLOSED) & Q(closed_on__isnull=True)),
                name="finding_closed_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=FindingState.EXCEPTED) | Q(excepted_until__isnull=False),
                name="finding_excepted_until",
            ),
        ]
        indexes = [
            *by_branch("finding", F("rank"), F("id"), condition=Q(state__in=FINDING_LIVE)),
            models.Index(
                fields=["owner", "due_on"],
                condition=Q(state__in=FINDING_LIVE),
                name="finding_owner",
            ),
            models.Index(F("closed_on").desc(), F("id").desc(), name="finding_closed"),
        ]

    @property
    def number(self) -> str:
        """The number of the requirement, for people; checks of the product's own have none."""
        return self.rule if any(sign.isdigit() for sign in self.rule) else ""

    def __str__(self) -> str:
        return f"{self.rule} {self.unit_id}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:finding", args=[self.pk])

    @property
    def is_live(self) -> bool:
        return self.state != FindingState.CLOSED

    @property
    def is_late(self) -> bool:
        """Whether it should have been mended by now."""
        return self.is_live and self.due_on is not None and self.due_on < timezone.localdate()


class FindingEventKind(models.TextChoices):
    OPENED = "opened", pgettext_lazy("finding", "Found")
    CHANGED = "changed", pgettext_lazy("finding", "Evidence changed")
    ASSIGNED = "assigned", pgettext_lazy("finding", "Assigned")
    EXPLAINED = "explained", pgettext_lazy("finding", "Explained")
    ASKED = "asked", pgettext_lazy("finding", "Exception asked for")
    REFUSED = "refused", pgettext_lazy("finding", "Exception refused")
    EXCEPTED = "excepted", pgettext_lazy("finding", "Excepted")
    RESUMED = "resumed", pgettext_lazy("finding", "Exception ended")
    CLOSED = "closed", pgettext_lazy("finding", "Gone")


class FindingEvent(models.Model):
    """One thing that happened to a finding; `by` is nobody for the nightly run."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=FindingEventKind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("event of a finding")
        verbose_name_plural = _("events of findings")
        default_permissions = ()
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.kind}"


class ByFinding(models.QuerySet):
    """Rows that are seen by whoever may see the finding."""

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return self.filter(finding__in=Finding.objects.visible_to(user, permission))


class ExceptionState(models.TextChoices):
    IN_APPROVAL = "in_approval", _("In approval")
    APPROVED = "approved", pgettext_lazy("approval", "Approved")
    REJECTED = "rejected", pgettext_lazy("approval", "Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class FindingException(models.Model):
    """That a breach is borne until a day, for a reason; it holds once it is approved."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="exceptions")
    until = models.DateField(_("exception until"))
    reason = models.TextField(_("reason"))
    state = models.CharField(
        _("state"), max_length=12, choices=ExceptionState, default=ExceptionState.IN_APPROVAL
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(default=timezone.now)

    objects = ByFinding.as_manager()

    class Meta:
        verbose_name = _("exception of a finding")
        verbose_name_plural = _("exceptions of findings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(state=ExceptionState.IN_APPROVAL),
                name="findingexception_one_asked",
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding} → {self.until}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:finding", args=[self.finding_id])


class PostOverride(models.Model):
    """That a post may break a rule "in principle", for a reason (ORG-05, ORG-06, ORG-10).

    It holds until somebody takes it back.
    """

    post = models.ForeignKey("accounts.Post", models.CASCADE, related_name="overrides")
    rule = models.CharField(_("rule"), max_length=30)
    reason = models.CharField(_("reason"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("override of a rule")
        verbose_name_plural = _("overrides of rules")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["post", "rule"],
                condition=Q(ended_at__isnull=True),
                name="postoverride_once",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="postoverride_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.rule}"


class CheckRun(models.Model):
    """One run of all checks: one row, rewritten, whose lock lets one run write at a time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    ran_at = models.DateTimeField(null=True)
    opened = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("run of the checks")
        verbose_name_plural = _("runs of the checks")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="checkrun_one")]

    def __str__(self) -> str:
        return f"{self.ran_at}"
