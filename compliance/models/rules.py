"""The library of rules: documents, their versions and yearly reviews (GOV-01…GOV-05, WF-07)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models.bulletins import units_around
from core.bigrams import Bigrams
from core.scope import Scoped, ScopedQuerySet, scope_of


class RuleQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_rule"
    own_fields = ()

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Rules of the units a person belongs to and of all above them; with the right those of
        his branches."""
        scope = scope_of(user, permission or self.view_permission)
        if scope.everything or permission is not None or scope.user_id is None:
            return self.filter(scope.q(self.own_fields))
        return self.filter(scope.q(self.own_fields) | Q(unit__in=units_around(user)))


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class RuleDocument(Scoped):
    """A rule of a unit, which holds for all below it too. What it says stands in its versions.

    `number` is its place in the system of rules, e.g. "1.2" (GOV-04). `keeper` drafts and revises
    it; he is told when the yearly review on `next_review_on` comes near (GOV-05).
    """

    number = models.CharField(pgettext_lazy("rule", "number"), max_length=20, blank=True)
    title = models.CharField(pgettext_lazy("rule", "title"), max_length=120)
    applies_to = models.CharField(_("applies to"), max_length=200)
    department = models.CharField(_("department in charge"), max_length=60)
    interpreted_by = models.CharField(_("interpreted by"), max_length=60)
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("revised by")
    )
    next_review_on = models.DateField(_("next yearly review"))
    reminded_for = models.DateField(null=True, editable=False)
    is_retired = models.BooleanField(_("no longer in force"), default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule document")
        verbose_name_plural = _("rule documents")
        default_permissions = ()
        permissions = [
            ("view_rule", _("Can see rule documents of units below")),
            ("change_rule", _("Can keep rule documents")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unit", "title"], name="ruledocument_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_review_on"],
                condition=Q(is_retired=False),
                name="ruledocument_review",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("compliance:rule", args=[self.pk])


class ByRule(models.QuerySet):
    """Rows that are seen by whoever may see the rule."""

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return self.filter(document__in=RuleDocument.objects.visible_to(user, permission))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class RuleVersion(models.Model):
    """What a rule says. Written as a draft, approved on the ready form for rules (`request`), then
    issued; it holds from `effective_on` until that of the next issued version.

    `reviewer` and `approver` are filled from the approval, or written for rules that were decided
    before they came here. `signed_by`: the countersigner; `prints`: how many were printed (GOV-03).
    """

    document = models.ForeignKey(
        RuleDocument, models.CASCADE, related_name="versions", db_index=False
    )
    number = models.CharField(_("version"), max_length=10)
    body = models.TextField(pgettext_lazy("rule", "text"))
    note = models.CharField(_("what was changed"), max_length=300)
    effective_on = models.DateField(_("in force from"))
    proposed_by = models.CharField(_("proposed by"), max_length=60, blank=True)
    drafter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("drafted by")
    )
    reviewer = models.CharField(_("reviewed by"), max_length=120, blank=True)
    signed_by = models.CharField(_("countersigned by"), max_length=60, blank=True)
    approver = models.CharField(_("approved by"), max_length=120, blank=True)
    prints = models.PositiveIntegerField(_("copies printed"), null=True, blank=True)
    request = models.OneToOneField(
        "approvals.Request", models.PROTECT, null=True, related_name="+", editable=False
    )
    issued_at = models.DateTimeField(null=True, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ByRule.as_manager()

    class Meta:
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of rules")
        ordering = ["-effective_on", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="ruleversion_once"),
            models.UniqueConstraint(
                fields=["document"],
                condition=Q(issued_at__isnull=True),
                name="ruleversion_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(issued_at__isnull=True) | ~Q(approver=""),
                name="ruleversion_approved",
            ),
        ]
        indexes = [GinIndex(Bigrams("body"), name="ruleversion_pairs")]

    def __str__(self) -> str:
        return f"{self.document} {self.number}"

    def get_absolute_url(self) -> str:
        return self.document.get_absolute_url()


class ReviewOutcome(models.TextChoices):
    KEEP = "keep", pgettext_lazy("rule", "Stays as it is")
    REVISE = "revise", pgettext_lazy("rule", "Is revised")
    RETIRE = "retire", pgettext_lazy("rule", "Is taken out of force")


class RuleReview(models.Model):
    """A yearly review that was done: append-only (GOV-05)."""

    document = models.ForeignKey(
        RuleDocument, models.CASCADE, related_name="reviews", db_index=False
    )
    due_on = models.DateField()
    outcome = models.CharField(_("outcome"), max_length=10, choices=ReviewOutcome)
    note = models.CharField(pgettext_lazy("rule", "findings"), max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ByRule.as_manager()

    class Meta:
        verbose_name = _("review of a rule")
        verbose_name_plural = _("reviews of rules")
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["document", "due_on"], name="rulereview_once")
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.due_on}"
