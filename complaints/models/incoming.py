"""Mails that came in and wait for somebody to make cases of them (CCH-05)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.cases import Case
from core import personal_data
from core.display import masked_email
from core.models import StoredFile
from core.scope import Scoped, ScopedQuerySet


class Mailbox(models.Model):
    """How far a mailbox was read, and whether it could be read last time.

    Mails up to `last_uid` were taken over, as long as the server keeps its `uid_validity`.
    `failure` is the sentence of the last failure; empty when the last visit went well.
    """

    name = models.CharField(max_length=200, unique=True)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")

    def __str__(self) -> str:
        return self.name


class MailState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("incoming mail", "Waiting")
    REGISTERED = "registered", pgettext_lazy("incoming mail", "Made a case")
    JOINED = "joined", pgettext_lazy("incoming mail", "Added to a case")
    DISMISSED = "dismissed", pgettext_lazy("incoming mail", "No request")
    AUTOMATIC = "automatic", pgettext_lazy("incoming mail", "Automatic")
    REFUSED = "refused", pgettext_lazy("incoming mail", "Not taken over")


class MailReason(models.TextChoices):
    """Why a mail does not wait for a case."""

    SPAM = "spam", _("Advertising or spam")
    NOT_OURS = "not_ours", _("Nothing to do with us")
    TWICE = "twice", _("Known already")
    INTERNAL = "internal", _("Internal mail")
    BOUNCE = "bounce", _("A mail of ours could not be delivered")
    AUTO_REPLY = "auto_reply", _("Automatic reply")
    BULK = "bulk", _("Circular or mailing list")
    OWN = "own", _("Sent by this system")
    TOO_LARGE = "too_large", _("Larger than 25 MB")
    BROKEN = "broken", _("Cannot be read as a mail")


# Reasons that a person gives; the others are found by the program.
CHOSEN_REASONS = (MailReason.SPAM, MailReason.NOT_OURS, MailReason.TWICE, MailReason.INTERNAL)
ENDED_WITH_CASE = (MailState.REGISTERED, MailState.JOINED)


class IncomingQuerySet(ScopedQuerySet):
    """Mails of the mailbox belong to the group; those to the address of a unit, to that unit."""

    view_permission = "complaints.add_case"
    own_fields = ("settled_by_id",)


class IncomingMail(Scoped):
    """A mail that came in. Address and text are personal data under the mail's own key.

    `fingerprint` is the same for each delivery of one mail, so that it is taken over once.
    `left_out` are pairs of a file's name and the sentence why it was not kept. `size` is in bytes.
    `settled_by` None in a state that is not waiting: the program did it.
    """

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="mails", db_index=False)
    fingerprint = models.BinaryField(max_length=32, unique=True, editable=False)
    message_id = models.CharField(max_length=250, blank=True, editable=False)
    subject = models.ForeignKey(
        "core.SubjectKey", models.PROTECT, null=True, related_name="+", editable=False
    )
    sender_name = models.CharField(_("sender"), max_length=60, blank=True)
    sender_cipher = models.BinaryField(null=True, editable=False)
    sender_index = models.BinaryField(null=True, editable=False)
    title = models.CharField(pgettext_lazy("mail", "subject"), max_length=200, blank=True)
    text_cipher = models.BinaryField(null=True, editable=False)
    left_out = models.JSONField(default=list, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    received_at = models.DateTimeField(_("came in at"))
    state = models.CharField(
        _("state"), max_length=12, choices=MailState, default=MailState.WAITING, db_index=False
    )
    reason = models.CharField(_("reason"), max_length=12, choices=MailReason, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, blank=True, related_name="mails", editable=False
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = IncomingQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=MailState.WAITING, settled_at__isnull=True)
                | ~Q(state=MailState.WAITING) & Q(settled_at__isnull=False),
                name="incoming_settled_at",
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=True) | Q(state__in=ENDED_WITH_CASE),
                name="incoming_case_state",
            ),
        ]
        indexes = [
            models.Index("state", F("received_at").desc(), F("id").desc(), name="incoming_recent"),
            models.Index(
                fields=["sender_index"],
                condition=Q(sender_index__isnull=False),
                name="incoming_sender",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("complaints:incoming-mail", args=[self.pk])

    @property
    def is_waiting(self) -> bool:
        return self.state == MailState.WAITING

    def _clear(self, field: str) -> str:
        cipher = getattr(self, f"{field}_cipher")
        if not cipher or self.subject is None:
            return ""
        key = personal_data.unwrap(self.subject.wrapped)
        return personal_data.decrypt(key, cipher, f"incoming.{field}")

    def clear_sender(self) -> str:
        """The sender's address in clear. Raises Erased."""
        return self._clear("sender")

    def clear_text(self) -> str:
        """What the mail says. Raises Erased."""
        return self._clear("text")

    @property
    def sender_masked(self) -> str:
        """z***@example.cn, for whoever only has to recognise it."""
        try:
            return masked_email(self.clear_sender()) if self.sender_cipher else ""
        except personal_data.Erased:
            return ""

    @property
    def text(self) -> str:
        """What the mail says, empty when it was erased."""
        try:
            return self.clear_text()
        except personal_data.Erased:
            return ""


class IncomingFileQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Whoever may see the mail."""
        return self.filter(mail__in=IncomingMail.objects.visible_to(user, permission))


class IncomingFile(StoredFile):
    """A file that came with a mail. When the mail becomes part of a case, so does the file."""

    mail = models.ForeignKey(
        IncomingMail, models.CASCADE, related_name="files", db_index=False, editable=False
    )

    objects = IncomingFileQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("file of an incoming mail")
        verbose_name_plural = _("files of incoming mails")
        constraints = [
            *StoredFile.Meta.constraints,
            # Also the index of "the files of this mail".
            models.UniqueConstraint(fields=["mail", "sha256"], name="incomingfile_once"),
        ]
