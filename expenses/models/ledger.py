"""What was booked: the ledger, payments, receipts, evidence and settlements (EXP-08, EXP-11)."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import StoredFile
from core.scope import Scoped, ScopedQuerySet
from expenses.models.applications import Application, ByApplication
from expenses.models.categories import Category
from expenses.models.common import by_branch, money
from expenses.models.guards import append_only

ZERO = Decimal("0.00")


class EntryKind(models.TextChoices):
    APPROVE = "approve", pgettext_lazy("ledger", "Approved")
    PAY = "pay", pgettext_lazy("ledger", "Paid")
    REFUND = "refund", pgettext_lazy("ledger", "Refunded")
    RELEASE = "release", _("Released at settlement")
    REVERSE = "reverse", _("Reversing entry")
    IMPORT = "import", _("Former times")


class LedgerQuerySet(ScopedQuerySet):
    view_permission = "expenses.view_ledgerentry"


class LedgerEntry(Scoped):
    """A line of the ledger; only ever added, corrected by a line against it.

    `approved` and `paid` are signed yuan: what this line adds to what is granted and to what was
    paid. The sum of `approved` over the lines of an application is its `approved_amount`, that of
    `paid` its `paid_amount`. `reverses` is the line that a reversing entry takes back. `unit` is
    the unit of the applicant at the time of booking and stays (EXP-11).
    """

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="ledger", db_index=False
    )
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(_("kind"), max_length=8, choices=EntryKind)
    booked_on = models.DateField(_("booked on"), default=timezone.localdate)
    approved = money(pgettext_lazy("ledger", "approved"), default=ZERO)
    paid = money(pgettext_lazy("ledger", "paid"), default=ZERO)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    text = models.CharField(pgettext_lazy("ledger", "text"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of the ledger")
        verbose_name_plural = _("lines of the ledger")
        default_permissions = ()
        permissions = [("view_ledgerentry", _("Can see the ledger of expenses"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False)
                | ~Q(kind="reverse") & Q(reverses__isnull=True),
                name="ledgerentry_reverses",
            ),
        ]
        indexes = [
            models.Index(fields=["application", "at"], name="ledgerentry_application"),
            *by_branch("ledgerentry", F("booked_on").desc(), F("id").desc()),
        ]
        triggers = append_only("expenses_ledgerentry", movable=True, brought=True)

    def __str__(self) -> str:
        return f"{self.application} · {self.get_kind_display()}"


class PaymentKind(models.TextChoices):
    PAY = "pay", pgettext_lazy("payment", "Payment")
    REFUND = "refund", pgettext_lazy("payment", "Refund")


class PayBy(models.TextChoices):
    TRANSFER = "transfer", _("Bank transfer")
    CASH = "cash", _("Cash")
    GOODS = "goods", _("Goods, booked to the unit")
    FORMER = "former", _("Before this system")


class Payment(models.Model):
    """Money that went out for an application, or came back. `entry` is its line in the ledger.

    `request_key` lets a form that is sent twice book once.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="payments")
    kind = models.CharField(_("kind"), max_length=8, choices=PaymentKind, default=PaymentKind.PAY)
    amount = money(_("amount"))
    paid_on = models.DateField(_("paid on"), default=timezone.localdate)
    method = models.CharField(_("method"), max_length=10, choices=PayBy, default=PayBy.TRANSFER)
    reference = models.CharField(_("voucher number"), max_length=60, blank=True)
    note = models.CharField(_("remark"), max_length=200, blank=True)
    entry = models.OneToOneField(
        LedgerEntry, models.PROTECT, related_name="payment", editable=False
    )
    reversed_at = models.DateTimeField(null=True, editable=False)
    request_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ByApplication.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["paid_on", "pk"]
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount")]

    def __str__(self) -> str:
        return f"{self.application} · {self.amount}"


class ReceiptKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    RECEIPT = "receipt", _("Receipt")


class Receipt(StoredFile):
    """An invoice or receipt with its picture or PDF. No number and no file is taken twice, in the
    whole group: the same paper cannot be paid in two branches."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="receipts")
    kind = models.CharField(
        _("kind"), max_length=8, choices=ReceiptKind, default=ReceiptKind.INVOICE
    )
    number = models.CharField(_("invoice number"), max_length=40, blank=True)
    issuer = models.CharField(_("issued by"), max_length=120, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    amount = money(_("amount"))

    objects = ByApplication.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="receipt_number_once"
            ),
            models.UniqueConstraint(fields=["sha256"], name="receipt_file_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_amount"),
        ]


class EvidenceKind(models.TextChoices):
    PHOTO = "photo", _("Photograph of the event")
    SIGN_IN = "sign_in", _("Sign-in sheet")
    CONFIRMATION = "confirmation", _("Confirmation of receipt")
    OTHER = "other", pgettext_lazy("evidence", "Other")


class Evidence(StoredFile):
    """What proves that it took place: photographs, sign-in sheets (EXP-08)."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="evidence", db_index=False
    )
    kind = models.CharField(
        pgettext_lazy("evidence", "shows"),
        max_length=14,
        choices=EvidenceKind,
        default=EvidenceKind.PHOTO,
    )

    objects = ByApplication.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(fields=["application", "sha256"], name="evidence_once"),
        ]


class Settlement(models.Model):
    """What was really spent against what was approved. A difference is explained."""

    application = models.OneToOneField(Application, models.PROTECT, related_name="settlement")
    approved = money(_("approved amount"))
    spent = money(_("really spent"))
    receipts = money(_("sum of the receipts"))
    explanation = models.TextField(_("explanation of the difference"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ByApplication.as_manager()

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(spent__gte=0, spent__lte=F("approved"), receipts__gte=0),
                name="settlement_within",
            ),
            models.CheckConstraint(
                condition=Q(spent=F("approved"), receipts=F("spent")) | ~Q(explanation=""),
                name="settlement_explained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.spent}"

    @property
    def difference(self) -> Decimal:
        """What was approved and not spent."""
        return self.approved - self.spent


class ReviewMark(models.Model):
    """Somebody looked at an unusual application and says what he found."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="review_marks")
    finding = models.CharField(_("finding"), max_length=20)
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ByApplication.as_manager()

    class Meta:
        verbose_name = _("review mark")
        verbose_name_plural = _("review marks")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["application", "finding"], name="reviewmark_once")
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.finding}"
