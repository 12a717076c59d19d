"""The Customer Management Committee's work of a year: rounds, nominations, meetings (ORG-16, 17).

Who sits in the committee is said by posts (accounts.Post): the ladder of complaints addresses the
same people. What hangs on a customer is in `compliance.models.strategic`.
"""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models.common import by_branch
from core.scope import Scoped, ScopedQuerySet
from customers.models import Customer

VIEW = "compliance.view_strategic"
NOMINATE = "compliance.nominate_strategic"
RUN = "compliance.run_round"
COMMITTEE = "compliance.view_committee"


class RoundState(models.TextChoices):
    PREPARED = "prepared", pgettext_lazy("round", "Not open yet")
    NOMINATING = "nominating", _("Nominations are open")
    EVALUATING = "evaluating", _("Evaluation")
    ISSUED = "issued", _("List issued")


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Round(models.Model):
    """The evaluation of a year: units nominate until mid-December, the committee evaluates at its
    end, and the list for the next year is issued by the end of January (CUS-25, CUS-26).

    The dates are those of the policy when the round was prepared; reopening moves them. All days
    count themselves.
    """

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    state = models.CharField(
        _("state"), max_length=10, choices=RoundState, default=RoundState.PREPARED
    )
    opens_on = models.DateField(_("nominations open on"))
    closes_on = models.DateField(_("last day of nominations"))
    evaluate_by = models.DateField(_("evaluated by"))
    issue_by = models.DateField(_("list issued by"))
    issued_at = models.DateTimeField(null=True, blank=True, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("yearly round")
        verbose_name_plural = _("yearly rounds")
        ordering = ["-year"]
        default_permissions = ()
        permissions = [("run_round", _("Can run the yearly round of strategic customers"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    opens_on__lte=F("closes_on"),
                    closes_on__lte=F("evaluate_by"),
                    evaluate_by__lte=F("issue_by"),
                ),
                name="round_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(state=RoundState.ISSUED, issued_at__isnull=False)
                | ~Q(state=RoundState.ISSUED),
                name="round_issued_when",
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)

    def get_absolute_url(self) -> str:
        return reverse("compliance:round", args=[self.year])


class Decision(models.TextChoices):
    OPEN = "open", pgettext_lazy("nomination", "Not decided")
    ACCEPTED = "accepted", pgettext_lazy("nomination", "Accepted")
    DECLINED = "declined", pgettext_lazy("nomination", "Declined")


class NominationQuerySet(ScopedQuerySet):
    view_permission = VIEW
    own_fields = ("nominated_by_id", "specialist_id")


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Nomination(Scoped):
    """A unit proposes a customer of its own for the company's list, with the pair that shall run
    him. `flags` are the tests of CUS-05 that hold, `sheet` the committee's criteria with weight
    and mark (0…100): [{"word", "weight", "mark"}].
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="nominations")
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="nominations", verbose_name=_("customer")
    )
    specialist = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("marketing specialist"),
    )
    contact_leader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("contact leader"),
    )
    cooperations = models.PositiveSmallIntegerField(_("cooperations so far"), default=0)
    flags = models.JSONField(default=list, blank=True)
    reason = models.TextField(_("reason"))
    nominated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    nominated_at = models.DateTimeField(default=timezone.now, editable=False)
    sheet = models.JSONField(default=list, blank=True)
    mark = models.DecimalField(_("mark"), max_digits=5, decimal_places=1, null=True, blank=True)
    decision = models.CharField(
        _("decision"), max_length=10, choices=Decision, default=Decision.OPEN
    )
    level = models.CharField(_("level"), max_length=20, blank=True)
    remark = models.TextField(_("remark"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NominationQuerySet.as_manager()

    class Meta:
        verbose_name = _("nomination")
        verbose_name_plural = _("nominations")
        default_permissions = ()
        permissions = [
            ("view_strategic", _("Can see strategic customers and their yearly rounds")),
            ("nominate_strategic", _("Can nominate strategic customers")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "customer", "unit"], name="nomination_once_a_unit"
            ),
            models.UniqueConstraint(
                fields=["round", "customer"],
                condition=Q(decision="accepted"),
                name="nomination_accepted_once",
            ),
            models.CheckConstraint(
                condition=~Q(specialist=F("contact_leader")), name="nomination_pair_of_two"
            ),
        ]
        indexes = by_branch("nomination", F("nominated_at").desc(), F("id").desc())

    def __str__(self) -> str:
        return f"{self.round_id} · {self.customer_id}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:nomination", args=[self.round.year, self.pk])


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Meeting(models.Model):
    """A meeting of the committee: called by its office, held, minuted."""

    held_at = models.DateTimeField(_("when"))
    place = models.CharField(pgettext_lazy("event", "place"), max_length=120, blank=True)
    agenda = models.TextField(_("agenda"))
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("takes the chair"),
    )
    present = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("present")
    )
    minutes = models.TextField(_("minutes"), blank=True)
    round = models.ForeignKey(
        Round,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("yearly round"),
    )
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("meeting of the committee")
        verbose_name_plural = _("meetings of the committee")
        ordering = ["-held_at", "-pk"]
        default_permissions = ()
        permissions = [
            ("view_committee", _("Can see the committee, its meetings and minutes")),
        ]

    def __str__(self) -> str:
        return f"{self.held_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:meeting", args=[self.pk])
