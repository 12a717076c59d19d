"""Texts with which owners are answered."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.classes import Category
from regions.models import OrgUnit


class AnswerChannel(models.TextChoices):
    PHONE = "phone", _("Telephone")
    SMS = "sms", _("Text message")
    MAIL = "mail", _("E-mail")
    LETTER = "letter", pgettext_lazy("answer", "Letter")


class AnswerTemplate(models.Model):
    """A text with variables ({owner}, {number} …) for the answers of a unit and of all below it.

    One of the group is everybody's. `category` empty stands for all of them; a first level stands
    for its second levels too.
    """

    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("template", "unit")
    )
    name = models.CharField(pgettext_lazy("template", "name"), max_length=60)
    channel = models.CharField(_("channel"), max_length=8, choices=AnswerChannel)
    category = models.ForeignKey(
        Category,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
        help_text=_("Empty: for every category."),
    )
    text = models.TextField(_("text"), max_length=2000)
    is_active = models.BooleanField(_("offered"), default=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("answer template")
        verbose_name_plural = _("answer templates")
        ordering = ["channel", "name", "pk"]
        default_permissions = ()
        permissions = [("change_answertemplate", _("Can write answer templates"))]
        constraints = [
            models.UniqueConstraint(fields=["unit", "channel", "name"], name="answer_template_once")
        ]

    def __str__(self) -> str:
        return self.name
