"""Notices to people, what each of them prefers, and the outbox of what leaves the house."""

import uuid
from datetime import time
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models.keys import SubjectKey


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "") -> Self:
        """A notice is its reader's alone; no right opens anybody else's."""
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notice(models.Model):
    """One message in the bell of one person; facts are kept, words are made when it is read.

    `key` names the event, so that the same event tells nobody twice. `in_digest` waits for the
    reader's daily mail, until `digested_at`.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(max_length=200)
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True)
    in_digest = models.BooleanField(default=False)
    digested_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="notice_once_per_event")
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_recent"),
            models.Index(
                fields=["user", "-id"], condition=Q(read_at__isnull=True), name="notice_unread"
            ),
            models.Index(
                fields=["user"],
                condition=Q(in_digest=True, digested_at__isnull=True),
                name="notice_for_digest",
            ),
            models.Index(
                fields=["read_at"], condition=Q(read_at__isnull=False), name="notice_read_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class MailChoice(models.TextChoices):
    ONCE = "once", pgettext_lazy("mail", "At once")
    DIGEST = "digest", _("In the daily mail")
    OFF = "off", _("No mail")


class NoticePreference(models.Model):
    """When mails may reach a person; nobody has a row before changing something."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preference"
    )
    digest_at = models.TimeField(_("Time of the daily mail"), default=time(8, 30))
    quiet_from = models.TimeField(_("No mails from"), null=True, blank=True, default=time(20, 0))
    quiet_until = models.TimeField(_("No mails until"), null=True, blank=True, default=time(8, 0))
    working_days_only = models.BooleanField(_("No mails on days off"), default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="noticepreference_quiet_span",
            )
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class NoticeChoice(models.Model):
    """Whether notices of a kind come as mail too; without a row the kind's own habit holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choices"
    )
    kind = models.CharField(max_length=60)
    mail = models.CharField(max_length=10, choices=MailChoice)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="noticechoice_one_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.mail}"


class WebhookTarget(models.Model):
    """An address of another system that is told about chosen kinds of notices and of events.

    Of events it is told those in `unit` and below it (None: in the whole group). `secret` is
    ciphertext under `key` (core.personal_data); it signs every request. `failing_since` is the
    first failure after the last success; `stopped_at` when it was switched off for failing long.
    """

    name = models.CharField(pgettext_lazy("webhook", "Name"), max_length=60, unique=True)
    url = models.URLField(_("Address"), max_length=400)
    kinds = models.JSONField(_("Kinds of notifications"), default=list)
    events = models.JSONField(_("Kinds of events"), default=list)
    unit = models.ForeignKey(
        "regions.OrgUnit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Unit"),
    )
    is_active = models.BooleanField(pgettext_lazy("webhook", "Active"), default=True)
    failing_since = models.DateTimeField(null=True, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)
    key = models.OneToOneField(SubjectKey, models.PROTECT, related_name="+")
    secret = models.BinaryField()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]
        permissions = [("manage_webhooks", _("Can manage webhooks"))]

    def __str__(self) -> str:
        return self.name

    def reaches(self, unit: Any, *, covers: bool = False) -> bool:
        """Whether events of a unit are told to it; those that cover all below it, to them too."""
        if self.unit is None or unit.path.startswith(self.unit.path):
            return True
        return covers and self.unit.path.startswith(unit.path)


class OutboxState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("outbox", "Waiting")
    SENDING = "sending", pgettext_lazy("outbox", "Sending")
    SENT = "sent", pgettext_lazy("outbox", "Sent")
    FAILED = "failed", pgettext_lazy("outbox", "Failed")
    DOUBT = "doubt", pgettext_lazy("outbox", "In doubt")
    CANCELLED = "cancelled", pgettext_lazy("outbox", "Cancelled")


class OutboxMessage(models.Model):
    """A mail or a request to another system, written in the transaction that caused it.

    waiting → sending → sent, or back to waiting with a longer pause, or failed. `sending` is
    committed before the first byte leaves, so a sender that died leaves `doubt` and never a
    second mail. `holder` and `lease_until` say which sender has reserved or holds it.
    """

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(_("Channel"), max_length=20)
    dedupe_key = models.CharField(max_length=260, unique=True)
    kind = models.CharField(_("kind"), max_length=60, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    target = models.ForeignKey(WebhookTarget, models.CASCADE, null=True, related_name="messages")
    to = models.CharField(_("To"), max_length=254, blank=True)
    subject = models.CharField(_("Subject"), max_length=250, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    payload = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=OutboxState, default=OutboxState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("Tries"), default=0)
    due_at = models.DateTimeField(default=timezone.now)  # not before the quiet time was over
    next_try_at = models.DateTimeField(_("Next try"), default=timezone.now)
    last_error = models.CharField(_("Last error"), max_length=300, blank=True)
    holder = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    sent_at = models.DateTimeField(_("Sent at"), null=True)

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        permissions = [("manage_outbox", _("Can see and resend outgoing messages"))]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], condition=Q(state="waiting"), name="outbox_due"
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="outbox_sending"
            ),
            models.Index(fields=["state", "-id"], name="outbox_state"),
            models.Index(fields=["target", "-id"], name="outbox_target"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class OutboxTry(models.Model):
    """One attempt to hand a message over: when, how it ended, what the other side said."""

    message = models.ForeignKey(OutboxMessage, models.CASCADE, related_name="tries")
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=OutboxState)
    answer = models.CharField(max_length=300, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"
