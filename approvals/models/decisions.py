"""What people decided, copies for knowledge, decisions by telephone, attached files."""

from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.models.running import Approval, Step, Task
from core.models import StoredFile


class Verb(models.TextChoices):
    """What was done; what a person reads beside the name in the history."""

    SUBMIT = "submit", pgettext_lazy("approval", "Submitted")
    APPROVE = "approve", pgettext_lazy("approval", "Agreed")
    REJECT = "reject", pgettext_lazy("approval", "Rejected")
    SEND_BACK = "send_back", pgettext_lazy("approval", "Sent back")
    TRANSFER = "transfer", pgettext_lazy("approval", "Transferred")
    ADD_BEFORE = "add_before", pgettext_lazy("approval", "Added a signer before")
    ADD_AFTER = "add_after", pgettext_lazy("approval", "Added a signer after")
    DELEGATE = "delegate", pgettext_lazy("approval", "Delegated")
    GIVE_BACK = "give_back", pgettext_lazy("approval", "Gave back")
    CHOOSE_NEXT = "choose_next", pgettext_lazy("approval", "Agreed and chose the next")
    WITHDRAW = "withdraw", pgettext_lazy("approval", "Withdrawn")
    URGE = "urge", pgettext_lazy("approval", "Urged")
    REMARK = "remark", pgettext_lazy("approval", "Commented")
    COPY = "copy", pgettext_lazy("approval", "Sent a copy")
    SIGN = "sign", pgettext_lazy("approval", "Signed afterwards")
    VOID = "void", pgettext_lazy("approval", "Content changed; decisions void")
    ONCE = "once", pgettext_lazy("approval", "Agreed already in an earlier step")
    TIMED_PASS = "timed_pass", pgettext_lazy("approval", "Passed after the time limit")
    TIMED_REJECT = "timed_reject", pgettext_lazy("approval", "Rejected after the time limit")
    TIMED_REMIND = "timed_remind", pgettext_lazy("approval", "Reminded after the time limit")
    TIMED_ESCALATE = "timed_escalate", pgettext_lazy("approval", "Passed up after the time limit")
    REROUTE = "reroute", pgettext_lazy("approval", "Given to another; the approver left")


class Decision(models.Model):
    """One act on an approval, written once: the database refuses to change or delete it.

    `by` is who acted, None for the clock; `acting_for` is for whom, if he stood in or only wrote
    down a telephone call. `snapshot_hash` says exactly what was decided on. `request_key` comes
    with the form: the same again is the same act. `detail` holds plain facts of the verb.
    """

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="decisions", db_index=False)
    step = models.ForeignKey(
        Step, models.CASCADE, null=True, related_name="decisions", db_index=False
    )
    task = models.ForeignKey(Task, models.CASCADE, null=True, related_name="decisions")
    verb = models.CharField(max_length=14, choices=Verb)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    acting_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    comment = models.TextField(_("comment"), blank=True)
    snapshot_hash = models.CharField(max_length=64)
    request_key = models.CharField(max_length=64, null=True)
    at = models.DateTimeField(default=timezone.now)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["approval", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["request_key"], name="decision_request"),
        ]
        indexes = [
            models.Index(fields=["approval", "id"], name="decision_approval"),
            models.Index("by_id", F("at").desc(), F("id").desc(), name="decision_by"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="immutable",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    RAISE EXCEPTION 'a decision is never changed'
                    USING ERRCODE = 'check_violation';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.approval_id} · {self.verb}"


class Copy(models.Model):
    """A person is told of an approval and may read it."""

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="copies", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    given_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("copy of an approval")
        verbose_name_plural = _("copies of approvals")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["approval", "person"], name="copy_once"),
        ]
        indexes = [models.Index("person_id", F("id").desc(), name="copy_of")]

    def __str__(self) -> str:
        return f"{self.approval_id} · {self.person_id}"


class PhoneSignatureQuerySet(models.QuerySet):
    def unsigned(self) -> Self:
        return self.filter(signed_at__isnull=True)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Those of approvals one sees."""
        return self.filter(decision__approval__in=Approval.objects.visible_to(user, permission))


class PhoneSignature(models.Model):
    """A decision made by telephone that the approver still has to sign, or signed (EXP-07).

    `sign_by` is the end of the last day for it: so many working days after he is back.
    """

    decision = models.OneToOneField(Decision, models.CASCADE, related_name="phone_signature")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("approver")
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("recorded by"),
    )
    witness = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("witness"),
    )
    called_at = models.DateTimeField(_("called at"))
    sign_by = models.DateTimeField(_("to be signed by"))
    signed_at = models.DateTimeField(_("signed at"), null=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    escalated_at = models.DateTimeField(_("escalated at"), null=True)

    objects = PhoneSignatureQuerySet.as_manager()

    class Meta:
        verbose_name = _("signature after a call")
        verbose_name_plural = _("signatures after calls")
        ordering = ["sign_by", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(recorded_by=F("approver"))
                & ~Q(witness=F("approver"))
                & ~Q(witness=F("recorded_by")),
                name="phonesignature_three_people",
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by__isnull=True)
                | Q(signed_at__isnull=False, signed_by__isnull=False),
                name="phonesignature_signed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sign_by"], condition=Q(signed_at__isnull=True), name="phonesignature_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision} · {self.approver_id}"


class ApprovalFileQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Whoever may see the approval."""
        return self.filter(approval__in=Approval.objects.visible_to(user, permission))


class ApprovalFile(StoredFile):
    """A file that came with a comment. The papers of the subject itself belong to its own app."""

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="files", db_index=False)
    decision = models.ForeignKey(
        Decision, models.CASCADE, null=True, related_name="files", db_index=False
    )

    objects = ApprovalFileQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("file of an approval")
        verbose_name_plural = _("files of approvals")
        default_permissions = ()
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(fields=["approval", "sha256"], name="approvalfile_once"),
        ]
        indexes = [
            models.Index(
                fields=["decision"],
                condition=Q(decision__isnull=False),
                name="approvalfile_decision",
            )
        ]
