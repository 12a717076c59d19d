"""Categories of customer-relationship expenses: data of the group, not code (EXP-01, EXP-02)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Family(models.TextChoices):
    """Which of the predefined flows a category takes; a flow names it in its condition."""

    GOODS = "goods", _("Goods and activities (flow A)")
    CASH = "cash", _("Cash for a family event (flow B)")
    OTHER = "other", pgettext_lazy("flow family", "Other")


class Needs(models.TextChoices):
    """Whether a form wants something of an application."""

    NO = "no", pgettext_lazy("form field", "Not asked")
    MAY = "may", pgettext_lazy("form field", "May be given")
    MUST = "must", pgettext_lazy("form field", "Must be given")


class Category(models.Model):
    """A kind of expense and what an application of this kind must say.

    `fields` lists further questions, each `{"key", "label", "type", "choices", "required"}` with
    the types of approvals.subjects.FieldSpec. `evidence_days` are working days after the event
    within which photographs or lists must lie there; empty asks for none (EXP-08).
    `evidence_kinds` are values of expenses.models.EvidenceKind. `ceiling_policy` is the key of a
    rule that holds the most an application of this kind may ask for (EXP-02). `words` are other
    names that files of former times use. `is_offered` is False for what only a file brought.
    """

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(pgettext_lazy("category", "name"), max_length=40, unique=True)
    family = models.CharField(_("flow"), max_length=8, choices=Family, default=Family.GOODS)
    fields = models.JSONField(_("further questions"), default=list, blank=True)
    customers = models.CharField(
        _("customers concerned"), max_length=4, choices=Needs, default=Needs.MAY
    )
    case = models.CharField(
        pgettext_lazy("expense", "complaint"), max_length=4, choices=Needs, default=Needs.NO
    )
    beneficiary = models.CharField(_("beneficiary"), max_length=4, choices=Needs, default=Needs.NO)
    gifts = models.CharField(
        _("gifts from the stock"), max_length=4, choices=Needs, default=Needs.NO
    )
    event = models.CharField(
        _("date and plan of an event"), max_length=4, choices=Needs, default=Needs.MAY
    )
    evidence_days = models.PositiveSmallIntegerField(
        _("evidence within (working days)"), null=True, blank=True
    )
    evidence_kinds = models.JSONField(_("evidence wanted"), default=list, blank=True)
    ceiling_policy = models.CharField(_("rule of the ceiling"), max_length=60, blank=True)
    words = models.CharField(_("other names in files"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_offered = models.BooleanField(_("offered to applicants"), default=True)

    class Meta:
        verbose_name = _("expense category")
        verbose_name_plural = _("expense categories")
        ordering = ["position", "id"]
        default_permissions = ("view", "change", "add")

    def __str__(self) -> str:
        return self.name

    @property
    def wants_evidence(self) -> bool:
        return self.evidence_days is not None
