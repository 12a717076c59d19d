"""What a case is classed by: the category tree and the levels. Data of the group, not code."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Trade(models.TextChoices):
    """Kinds of building work, each with its warranty (policy complaints.warranty, CMP-16)."""

    STRUCTURE = "structure", _("Foundation and main structure")
    WATERPROOFING = "waterproofing", _("Waterproofing")
    PIPES = "pipes", _("Pipes, wiring and equipment")
    FINISHES = "finishes", _("Finishes and decoration")
    HEATING = "heating", _("Heating and cooling")


class Category(models.Model):
    """A category of cases, in two or more levels: 工程质量 › 渗漏.

    `level` and `function` are what intake proposes; a category without them takes its parent's.
    So it is with `trade` and `warranty_months`, of which the latter goes first.
    `is_offered` is False for words that only came with a file of former cases.
    """

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("above"),
    )
    name = models.CharField(pgettext_lazy("category", "name"), max_length=60)
    level = models.ForeignKey(
        "complaints.Level",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("proposed level"),
    )
    function = models.ForeignKey(
        "accounts.Function",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible function"),
    )
    words = models.CharField(
        _("words"),
        max_length=200,
        blank=True,
        help_text=_("Words in the owner's story that point to this category, with blanks between."),
    )
    trade = models.CharField(
        pgettext_lazy("building", "trade"),
        max_length=16,
        choices=Trade,
        blank=True,
        help_text=_("The rule of the warranty says how many months each trade has."),
    )
    warranty_months = models.PositiveSmallIntegerField(
        _("warranty (months)"),
        null=True,
        blank=True,
        help_text=_("From the hand-over of the flat. Empty: what the rule says of the trade."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_offered = models.BooleanField(_("offered at intake"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="category_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent.name} › {self.name}" if self.parent else self.name


class Level(models.Model):
    """How grave a case is. `rank` orders levels, the gravest has the highest."""

    name = models.CharField(pgettext_lazy("level", "name"), max_length=40, unique=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)
    is_serious = models.BooleanField(
        _("serious"),
        default=False,
        help_text=_("The limits and the second person of serious cases apply."),
    )
    is_mass = models.BooleanField(_("for many complainants"), default=False)
    is_offered = models.BooleanField(_("offered at intake"), default=True)

    class Meta:
        verbose_name = _("level of cases")
        verbose_name_plural = _("levels of cases")
        ordering = ["rank", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_mass"], condition=Q(is_mass=True), name="level_one_mass"
            ),
        ]

    def __str__(self) -> str:
        return self.name
