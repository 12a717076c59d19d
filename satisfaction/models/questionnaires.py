"""What is asked: questionnaires in versions, and the items of a version (SAT-01, SAT-02)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from satisfaction.models.frozen import frozen_itself, frozen_with
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


def in_language(chinese: str, english: str) -> str:
    """A text in the reader's language, where it has one in it."""
    return english if english and get_language() == "en" else chinese


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
        return self.shown_title

    @property
    def shown_title(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title, self.title_en)

    @property
    def is_scored(self) -> bool:
        """Whether its answers enter satisfaction."""
        return self.kind in SCORED_KINDS


class QuestionnaireVersion(models.Model):
    """The questions as they stood when people answered them; frozen by the first answer."""

    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    intro = models.TextField(_("introduction"), blank=True)
    intro_en = models.TextField(_("introduction in English"), blank=True)
    thanks = models.TextField(_("words of thanks"), blank=True)
    thanks_en = models.TextField(_("words of thanks in English"), blank=True)
    frozen_at = models.DateTimeField(_("frozen at"), null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("version of a questionnaire")
        verbose_name_plural = _("versions of questionnaires")
        triggers = [frozen_itself()]
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire} {self.number}"

    @property
    def shown_intro(self) -> str:
        """The introduction in the reader's language."""
        return in_language(self.intro, self.intro_en)

    @property
    def shown_thanks(self) -> str:
        """The words of thanks in the reader's language."""
        return in_language(self.thanks, self.thanks_en)


class Section(models.Model):
    """A page of a questionnaire: what is asked together under one heading."""

    version = models.ForeignKey(QuestionnaireVersion, models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("title"), max_length=80)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("section of a questionnaire")
        verbose_name_plural = _("sections of questionnaires")
        triggers = [frozen_with("{row}.version_id")]
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"],
                name="questionnaire_section_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.shown_title

    @property
    def shown_title(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title, self.title_en)


class TouchPoint(models.TextChoices):
    """The moments at which an owner meets the group (SAT-10, SAT-15)."""

    SALES = "sales", _("Sales")
    SIGNING = "signing", _("Signing")
    DESIGN = "design", _("Design")
    QUALITY = "quality", _("Quality of works")
    HAND_OVER = "hand_over", pgettext_lazy("touch point", "Hand-over")
    REPAIR = "repair", _("Repair")
    COMPLAINTS = "complaints", _("Complaint handling")
    PROPERTY_SERVICE = "property_service", _("Property service")
    COMMUNITY = "community", _("Community")


class Indicator(models.Model):
    """A node of the tree in which the group weighs what it asks: 1 a field, 2 a touch point, 3 a
    single indicator (SAT-10). Weights count among siblings that were answered; a run keeps those
    it used, so figures stay what they were when the tree changes."""

    DEEPEST = 3

    code = models.CharField(_("code"), max_length=40, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    level = models.PositiveSmallIntegerField(_("level"), editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    touch_point = models.CharField(_("touch point"), max_length=16, choices=TouchPoint, blank=True)
    weight = models.DecimalField(_("weight"), max_digits=6, decimal_places=2)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["level", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level=1, parent__isnull=True)
                | Q(level__gt=1, level__lte=3, parent__isnull=False),
                name="indicator_level",
            ),
            models.CheckConstraint(condition=Q(weight__gt=0), name="indicator_weight"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name in the reader's language, where it has one in it."""
        return in_language(self.name, self.name_en)


class ItemRole(models.TextChoices):
    """What the answers of an item are for."""

    OVERALL = "overall", _("Overall satisfaction")
    ITEM = "item", _("Single item")
    RECOMMENDATION = "recommendation", _("Recommendation")
    REMARK = "remark", pgettext_lazy("item", "Remark")
    CHOICE = "choice", _("Single choice")
    CHOICES = "choices", _("Multiple choice")


UNRATED = (ItemRole.REMARK, ItemRole.CHOICE, ItemRole.CHOICES)
RATED = Q(role__in=UNRATED, low=None, high=None) | (
    ~Q(role__in=UNRATED) & Q(low__gte=LOWEST, high__lte=HIGHEST, low__lt=F("high"))
)


class Item(models.Model):
    """A question of a version. Rated items have a scale from `low` to `high`, both included; an
    item may also ask how much it matters and what was expected, the latter on the same scale.

    `name` is what tables call it, `text` the question as people read it. With `condition` it is
    asked only of those whose answer to that earlier item is one of `condition_values`: points of
    its scale, or positions of its options.
    """

    version = models.ForeignKey(QuestionnaireVersion, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=14, choices=ItemRole)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    section = models.ForeignKey(
        Section, models.CASCADE, null=True, blank=True, related_name="items", db_index=False
    )
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, null=True, blank=True, related_name="items", db_index=False
    )
    text = models.CharField(_("question"), max_length=300, blank=True)
    text_en = models.CharField(_("question in English"), max_length=400, blank=True)
    is_required = models.BooleanField(_("must be answered"), default=False)
    allows_unused = models.BooleanField(_("offers “not used”"), default=False)
    low = models.SmallIntegerField(_("lowest"), null=True, blank=True)
    high = models.SmallIntegerField(_("highest"), null=True, blank=True)
    asks_importance = models.BooleanField(_("asks for importance"), default=False)
    asks_expectation = models.BooleanField(_("asks for expectation"), default=False)
    condition = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    condition_values = ArrayField(models.SmallIntegerField(), default=list, blank=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        triggers = [frozen_with("{row}.version_id")]
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"],
                name="item_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
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
        return in_language(self.name, self.name_en)

    @property
    def shown_text(self) -> str:
        """The question in the reader's language; its name where nobody worded one."""
        return in_language(self.text, self.text_en) or self.shown_name

    @property
    def points(self) -> range:
        """The points of its scale, lowest first; empty where nothing is rated."""
        return range(0) if self.low is None or self.high is None else range(self.low, self.high + 1)


class Option(models.Model):
    """One of the answers that a single or multiple choice offers."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(_("answer"), max_length=120)
    text_en = models.CharField(_("answer in English"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        triggers = [
            frozen_with("(SELECT version_id FROM satisfaction_item WHERE id = {row}.item_id)")
        ]
        ordering = ["item", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "position"],
                name="option_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.shown_text

    @property
    def shown_text(self) -> str:
        """The answer in the reader's language, where it has one in it."""
        return in_language(self.text, self.text_en)
