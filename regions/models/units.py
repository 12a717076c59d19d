"""The organisation: one tree of units, group → region → city → project (ORG-01).

The four levels are fixed, because data is scoped by them; what they are called, and what the
departments in them may be called, is data (`UnitLevel`), so that a bank or a property company
uses the same tree under its own words (ORG-26, ORG-29).
"""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.rules import check_department_name


class Kind(models.TextChoices):
    GROUP = "group", _("Group")
    REGION = "region", _("Region")
    CITY = "city", _("City")
    PROJECT = "project", _("Project")


PARENT_KIND = {
    Kind.GROUP: None,
    Kind.REGION: Kind.GROUP,
    Kind.CITY: Kind.REGION,
    Kind.PROJECT: Kind.CITY,
}
DEPTH = {Kind.GROUP: 0, Kind.REGION: 1, Kind.CITY: 2, Kind.PROJECT: 3}


class DepartmentLevel(models.TextChoices):
    """Level of a regional customer relationship department (ORG-04)."""

    CENTRE = "centre", _("Centre")
    FIRST = "first", _("First-level department")
    SECOND = "second", _("Second-level department")


class UnitLevel(models.Model):
    """What a level of the tree is called here, and which department names it may use (ORG-02)."""

    kind = models.CharField(
        pgettext_lazy("unit", "level"), max_length=10, choices=Kind, primary_key=True
    )
    name = models.CharField(_("name"), max_length=30)
    department_names = ArrayField(
        models.CharField(max_length=50),
        verbose_name=_("allowed department names"),
        default=list,
        blank=True,
        help_text=_("Separate names by commas; leave empty to allow any name."),
    )
    department_required = models.BooleanField(_("department required"), default=False)

    class Meta:
        verbose_name = _("level of the tree")
        verbose_name_plural = _("levels of the tree")

    def __str__(self) -> str:
        return self.name


# "/1/21/" as the numbers {1,21}: as text, 21 would stand before 3.
TREE_ORDER = Cast(
    Func(Func(F("path"), Value("/"), function="btrim"), Value("/"), function="string_to_array"),
    ArrayField(models.IntegerField()),
)


class OrgUnitQuerySet(models.QuerySet):
    def in_tree_order(self) -> Self:
        """Parents before their children, siblings in the order they were entered."""
        return self.order_by(TREE_ORDER)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def below(self, unit: "OrgUnit", *, include_self: bool = True) -> Self:
        """The branch of a unit."""
        branch = self.filter(path__startswith=unit.path)
        return branch if include_self else branch.exclude(pk=unit.pk)

    def visible_to(self, user: Any, permission: str = "regions.view_orgunit") -> Self:
        """Units of the branches a user reaches with a right; own reach counts, as its unit does."""
        from core.scope import scope_of

        scope = scope_of(user, permission)
        if scope.everything:
            return self
        condition = Q(pk__in=[])
        for branch in scope.branches | scope.own:
            if branch.column is None:
                return self
            if branch.column == "unit_id":
                condition |= Q(pk=branch.unit_id)
            else:
                condition |= Q(path__contains=f"/{branch.unit_id}/")
        return self.filter(condition)


class OrgUnit(models.Model):
    """A group, region, city or project.

    `path` is "/1/5/17/", the keys from the group down to this unit; a branch is a prefix.
    Keys are int4 on purpose: the search index of places mixes them with text, and btree_gin has
    no operators across integer types.
    """

    id = models.AutoField(primary_key=True)
    kind = models.CharField(pgettext_lazy("unit", "level"), max_length=10, choices=Kind)
    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent unit"),
    )
    parent_kind = models.CharField(max_length=10, choices=Kind, null=True, editable=False)
    path = models.CharField(max_length=100, unique=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    department_name = models.CharField(
        _("customer relationship department"), max_length=50, blank=True
    )
    department_level = models.CharField(
        _("level of the department"), max_length=10, choices=DepartmentLevel, blank=True
    )
    stage = models.CharField(
        _("stage"),
        max_length=20,
        blank=True,
        help_text=_("Stage of a city or project in the words of the group."),
    )
    households = models.PositiveIntegerField(_("households"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    split_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("split from"),
    )
    entered_at = models.DateTimeField(_("entered at"), default=timezone.now, editable=False)
    late_by = models.PositiveSmallIntegerField(_("days late"), default=0, editable=False)

    objects = OrgUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                name="orgunit_hangs_under_the_right_level",
                condition=Q(kind=Kind.GROUP, parent_kind__isnull=True, parent__isnull=True)
                | Q(kind=Kind.REGION, parent_kind=Kind.GROUP, parent__isnull=False)
                | Q(kind=Kind.CITY, parent_kind=Kind.REGION, parent__isnull=False)
                | Q(kind=Kind.PROJECT, parent_kind=Kind.CITY, parent__isnull=False),
            ),
            # Target of the composite key that proves parent_kind, see migration 0002.
            models.UniqueConstraint(fields=["id", "kind"], name="orgunit_id_kind"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind=Kind.GROUP), name="orgunit_one_group"
            ),
            models.CheckConstraint(
                name="orgunit_closed_after_opened",
                condition=Q(closed_on__isnull=True)
                | Q(opened_on__isnull=True)
                | Q(closed_on__gte=F("opened_on")),
            ),
        ]
        indexes = [
            models.Index(fields=["path"], name="orgunit_path", opclasses=["varchar_pattern_ops"])
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Derive level of parent and path; moving a unit is `regions.services.move_unit`."""
        self.parent_kind = self.parent.kind if self.parent else None
        if self.pk is None:
            self.pk = next_unit_id()
            kwargs.setdefault("force_insert", True)
        base = self.parent.path if self.parent else "/"
        self.path = f"{base}{self.pk}/"
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("regions:unit", args=[self.code])

    def clean(self) -> None:
        """The rules of the tree and of names, for admin and forms alike (ORG-01, ORG-02)."""
        expected = PARENT_KIND[Kind(self.kind)] if self.kind in Kind.values else None
        if expected is None and self.parent_id:
            raise ValidationError({"parent": _("The group stands on top and has no parent.")})
        if expected and (self.parent is None or self.parent.kind != expected):
            sentence = _("Please choose a parent of the level {level}.")
            raise ValidationError({"parent": sentence.format(level=Kind(expected).label)})
        problem = check_department_name(self.kind, self.department_name)
        if problem:
            raise ValidationError({"department_name": problem})

    @property
    def depth(self) -> int:
        return DEPTH[Kind(self.kind)]

    def ancestor_ids(self) -> list[int]:
        """Keys from the group down to this unit."""
        return [int(part) for part in self.path.strip("/").split("/")]

    def home(self) -> "OrgUnit":
        """The unit in which the rows of this one lie: itself, or what it was merged into."""
        unit = self
        while unit.merged_into is not None:
            unit = unit.merged_into
        return unit

    def scope_columns(self) -> tuple[int | None, int | None, int | None]:
        """(region_id, city_id, project_id) of rows that belong to this unit.

        Rows of the past stay with a merged unit; their columns follow its successor, so that his
        people see them.
        """
        ids: list[int | None] = [*self.home().ancestor_ids()[1:]]
        ids += [None] * (3 - len(ids))
        return ids[0], ids[1], ids[2]

    def scope_column(self) -> str | None:
        """The column by which this unit's branch is an equality; None for the group."""
        return scope_column(self.kind)


def scope_column(kind: str) -> str | None:
    """The column by which the branch of a unit of this kind is an equality; None for the group."""
    return None if kind == Kind.GROUP else f"{kind}_id"


def next_unit_id() -> int:
    """The next key of a unit: needed before the insert, because the path contains it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('regions_orgunit', 'id'))")
        return cursor.fetchone()[0]


class KindManager(models.Manager):
    """Units of one level."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> OrgUnitQuerySet:
        return OrgUnitQuerySet(self.model, using=self._db).filter(kind=self.kind)


class Region(OrgUnit):
    objects = KindManager(Kind.REGION)  # type: ignore[assignment, misc]

    class Meta:
        proxy = True
        verbose_name = _("region")
        verbose_name_plural = _("regions")


class City(OrgUnit):
    objects = KindManager(Kind.CITY)  # type: ignore[assignment, misc]

    class Meta:
        proxy = True
        verbose_name = _("city")
        verbose_name_plural = _("cities")


class Project(OrgUnit):
    objects = KindManager(Kind.PROJECT)  # type: ignore[assignment, misc]

    class Meta:
        proxy = True
        verbose_name = _("project")
        verbose_name_plural = _("projects")
