"""Hand-over of a person's work with its history, and the monthly review of grants (ACC-16)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.people import RoleGrant, User
from core.scope import scope_of
from regions.models import OrgUnit


class HandOverCause(models.TextChoices):
    """Why work changes hands."""

    LEAVING = "leaving", _("Leaves the company")
    MOVING = "moving", _("Moves to another post")
    STAND_BY = "stand_by", _("Is away for some time")
    SHARING_OUT = "sharing_out", _("Work is shared out anew")


class HandOverRule(models.TextChoices):
    """To whom each piece of work goes."""

    ONE = "one", _("Everything to one person")
    TURNS = "turns", _("In turn to several people, equally")
    UNITS = "units", _("Each unit to a person of its own")


class HandOverState(models.TextChoices):
    DRAFT = "draft", _("Not carried out yet")
    DONE = "done", pgettext_lazy("hand-over", "Carried out")
    RETURNED = "returned", _("Returned after the stand-in")
    UNDONE = "undone", _("Undone")


class HandOverQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "accounts.hand_over_work") -> Self:
        """One's own deeds, and those about people in reach; drafts are their maker's alone."""
        people = User.objects.visible_to(user, permission)
        done = Q(giver__in=people) & ~Q(state=HandOverState.DRAFT)
        return self.filter(Q(by=user.pk) | done)


class HandOver(models.Model):
    """Work that went, or is about to go, from one person (or from several) to others.

    A draft holds the plan while its maker looks at the numbers. `plan` is data of the rule:
    {"to": [user keys], "units": {unit key: user key}, "pick": {kind: [record keys]}}; without
    `pick` all open work of the giver goes. `until` is the last day of a stand-in; the work then
    returns by itself.
    """

    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="hand_overs",
        verbose_name=_("handed over by"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    cause = models.CharField(
        _("cause"),
        max_length=12,
        choices=HandOverCause,
        default=HandOverCause.SHARING_OUT,
        blank=True,
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    rule = models.CharField(_("rule"), max_length=6, choices=HandOverRule, default=HandOverRule.ONE)
    plan = models.JSONField(default=dict)
    keep_shares = models.BooleanField(_("shares stay"), default=True)
    until = models.DateField(_("until"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=HandOverState, default=HandOverState.DRAFT
    )
    count = models.PositiveIntegerField(_("pieces of work"), default=0)
    made_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(_("carried out at"), null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        default_permissions = ()
        permissions = [
            ("hand_over_work", _("Can hand over the work of people")),
            ("close_account", _("Can record that people have left")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft") | Q(done_at__isnull=False), name="hand_over_done_when"
            )
        ]
        indexes = [
            models.Index(fields=["giver", "-made_at"], name="hand_over_giver"),
            models.Index(
                fields=["until"],
                condition=Q(state="done", until__isnull=False),
                name="hand_over_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.giver_id} → {self.count}"

    def get_absolute_url(self) -> str:
        return reverse("accounts:hand-over", args=[self.pk])


class Outcome(models.TextChoices):
    """What undoing or the end of a stand-in did with one piece of work, and if nothing, why."""

    OPEN = "", _("With the receiver")
    RETURNED = "returned", _("Returned")
    MOVED_ON = "moved_on", _("Somebody else has it by now")
    CLOSED = "closed", _("It is finished")
    GONE = "gone", _("It does not exist any more")
    LEFT = "left", _("The former holder cannot take it back")


class HandOverItem(models.Model):
    """One piece of work that changed hands. Written and read set-based, hence no constraints."""

    hand_over = models.ForeignKey(
        HandOver, models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    unit = models.ForeignKey(
        OrgUnit, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    from_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default=Outcome.OPEN)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hand_over", "kind", "record_id"], name="item_once")
        ]
        indexes = [models.Index(fields=["kind", "record_id"], name="item_record")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"


class WorkLeft(models.Model):
    """Open work of somebody who has left, as the nightly look found it (ACC-16)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="work_left")
    kind = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="work_left_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.count}"


class GrantDecision(models.TextChoices):
    KEEP = "keep", _("Kept")
    END = "end", _("Ended")


class GrantReview(models.Model):
    """What a head or administrator decided about a grant in a month (its first day)."""

    grant = models.ForeignKey(RoleGrant, models.CASCADE, related_name="reviews")
    month = models.DateField(_("month"))
    decision = models.CharField(_("decision"), max_length=4, choices=GrantDecision)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("review of a grant")
        verbose_name_plural = _("reviews of grants")
        default_permissions = ()
        permissions = [("review_grants", _("Can see and review the grants of people"))]
        constraints = [
            models.UniqueConstraint(fields=["grant", "month"], name="review_once_a_month"),
            models.CheckConstraint(
                condition=Q(decision="keep") | ~Q(reason=""), name="review_end_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.month:%Y-%m} {self.decision}"


def may_reach(user: Any, permission: str, person: User) -> bool:
    """Whether a person lies in the branches that a user reaches with a right."""
    if scope_of(user, permission).nothing:
        return False
    return User.objects.visible_to(user, permission).filter(pk=person.pk).exists()
