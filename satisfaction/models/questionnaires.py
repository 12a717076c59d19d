"""What is asked: questionnaires in versions, and the items of a version (SAT-01, SAT-02)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from satisfaction.scales import HIGHEST, LOWEST


class QuestionnaireKind(models.TextChoices):
    OWNERS = "owners", _("Home owners")
    BUSINESS = "business", _("Business customers")
    AFTER_CASE = "after_case", _("After a case")
    PARTNERS = "partners", _("Partners")
    DEMAND = "demand", _("Demand research")
    MATURITY = "maturity", _("Internal maturity")


# What is asked for its own sake never enters satisfaction (SAT-11, SAT-13).
SCORED_KINDS = frozenset(
    {
        QuestionnaireKind.OWNERS,
        QuestionnaireKind.BUSINESS,
        QuestionnaireKind.AFTER_CASE,
        QuestionnaireKind.PARTNERS,
    }
)


class Questionnaire(models.Model):
    """A list of questions that goes on through its versions."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=QuestionnaireKind)
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")

    def __str__(self) -> str:
        return self.title


class QuestionnaireVersion(models.Model):
    """The questions as they stood when people answered them; frozen by the first answer."""

    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    frozen_at = models.DateTimeField(_("frozen at"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("version of a questionnaire")
        verbose_name_plural = _("versions of questionnaires")
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire} {self.number}"


class ItemRole(models.TextChoices):
    """What the answers of an item are for."""

    OVERALL = "overall", _("Overall satisfaction")
    ITEM = "item", _("Single item")
    RECOMMENDATION = "recommendation", _("Recommendation")
    REMARK = "remark", _("Remark")


RATED = Q(role=ItemRole.REMARK, low=None, high=None) | (
    ~Q(role=ItemRole.REMARK) & Q(low__gte=LOWEST, high__lte=HIGHEST, low__lt=F("high"))
)


class Item(models.Model):
    """A question of a version. Rated items have a scale from `low` to `high`, both included; an
    item may also ask how much it matters and what was expected, the latter on the same scale."""

    version = models.ForeignKey(QuestionnaireVersion, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=14, choices=ItemRole)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    low = models.SmallIntegerField(_("lowest"), null=True, blank=True)
    high = models.SmallIntegerField(_("highest"), null=True, blank=True)
    asks_importance = models.BooleanField(_("asks for importance"), default=False)
    asks_expectation = models.BooleanField(_("asks for expectation"), default=False)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="item_position"),
            models.UniqueConstraint(fields=["version", "role", "name"], name="item_name"),
            models.UniqueConstraint(
                fields=["version", "role"],
                condition=Q(role__in=[ItemRole.OVERALL, ItemRole.RECOMMENDATION]),
                name="item_one_overall",
            ),
            models.CheckConstraint(condition=RATED, name="item_scale"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name in the reader's language, where it has one in it."""
        return self.name_en if self.name_en and get_language() == "en" else self.name
