"""Accounts that are opened, changed, frozen or closed on the form of the group (ACC-07…ACC-11)."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.states import CHANGE_OPEN, ChangeCause, ChangeKind, ChangeState
from core.scope import Scoped, ScopedQuerySet
from expenses.models.common import by_branch


class AccountChangeQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_accountchange"
    own_fields = ("asked_by_id",)


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class AccountChange(Scoped):
    """One 《信息系统用户管理及权限变更审批表》: people, the reason, what is to be done.

    The time limit runs from the staff event on `event_on`; `due_on` is the last day in time, worked
    out by the rule that held when it was entered. It may come by itself from a staff file (`noted`,
    asked by nobody); then somebody files it. `done_at` is when the last person was dealt with.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=ChangeKind)
    cause = models.CharField(_("cause"), max_length=16, choices=ChangeCause)
    event_on = models.DateField(_("day of the staff event"))
    due_on = models.DateField(_("until"))
    reason = models.TextField(_("reason"), blank=True)
    treatment = models.TextField(_("requested treatment"), blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=ChangeState, default=ChangeState.NOTED, editable=False
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("asked for by"),
    )
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    escalated_at = models.DateTimeField(null=True, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )

    objects = AccountChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("account change")
        verbose_name_plural = _("account changes")
        default_permissions = ()
        permissions = [
            ("view_accountchange", _("Can see account changes")),
            ("ask_accountchange", _("Can ask for account changes")),
            ("carry_out_accountchange", _("Can carry out account changes")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=ChangeState.DONE) | Q(done_at__isnull=False),
                name="accountchange_done_when",
            ),
        ]
        indexes = [
            *by_branch("accountchange", F("due_on").desc(), F("id").desc()),
            models.Index(
                fields=["due_on"],
                condition=Q(state__in=CHANGE_OPEN),
                name="accountchange_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.event_on}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:account-change", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in CHANGE_OPEN

    @property
    def is_late(self) -> bool:
        """Whether it is open beyond its limit, or was carried out after it."""
        if self.is_open:
            return self.due_on < timezone.localdate()
        return self.done_at is not None and timezone.localdate(self.done_at) > self.due_on


class ChangeLine(models.Model):
    """One person on the form. `person` is nobody as long as an account is still to be opened."""

    change = models.ForeignKey(AccountChange, models.CASCADE, related_name="lines")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="account_changes",
        verbose_name=_("person"),
    )
    employee_no = models.CharField(_("employee number"), max_length=30)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("person of an account change")
        verbose_name_plural = _("people of account changes")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["change", "employee_no"], name="changeline_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.employee_no})"
