"""Which rows a person may see: the shape of a scope and the queryset that obeys it.

A scope is a set of branches of the organisation tree, computed from role grants
(`accounts.scopes`). Scoped tables carry the unit of a row and, derived from it, its region, city
and project; a branch is then an equality on its narrowest column, which is the only design that
stays fast on a branch without recent rows (docs/adr/0002-scope-columns.md). Ordered lists must
never OR branches: they take the top rows of each branch and unite them, see core.paging.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

LEVELS = ("region_id", "city_id", "project_id")


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of the tree: `column` = one of LEVELS or "unit_id"; None is the whole group."""

    column: str | None
    unit_id: int | None = None

    def q(self) -> Q:
        return Q() if self.column is None else Q(**{self.column: self.unit_id})


GROUP = Branch(None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person reaches with one right.

    `branches` are seen whole and do not contain one another; in `own` branches only rows that
    the person keeps or entered are seen. An empty scope sees nothing.
    """

    user_id: int | None
    branches: frozenset[Branch] = frozenset()
    own: frozenset[Branch] = field(default=frozenset())

    @property
    def everything(self) -> bool:
        return GROUP in self.branches

    @property
    def nothing(self) -> bool:
        return not self.branches and not self.own

    @property
    def own_only(self) -> bool:
        """Whether nothing is seen whole."""
        return bool(self.own) and not self.branches

    def parts(self, own_fields: tuple[str, ...]) -> list[Q]:
        """One filter a branch. Own parts may overlap, so unite them without ALL."""
        if self.everything:
            return [Q()]
        whole = [branch.q() for branch in sorted(self.branches, key=repr)]
        mine = [
            branch.q() & Q(**{name: self.user_id})
            for branch in sorted(self.own, key=repr)
            for name in own_fields
        ]
        return whole + mine

    def q(self, own_fields: tuple[str, ...]) -> Q:
        """The scope as one condition: for single rows, counts and EXISTS, never for top-N."""
        parts = self.parts(own_fields)
        if not parts:
            return Q(pk__in=[])
        condition = parts[0]
        for part in parts[1:]:
            condition |= part
        return condition


NOTHING = Scope(user_id=None)
EVERYTHING = Scope(user_id=None, branches=frozenset({GROUP}))


def scope_of(user: Any, permission: str) -> Scope:
    """The scope of a user for a permission; the operator at the command line is `EVERYTHING`."""
    if isinstance(user, Scope):
        return user
    if user is None or not user.is_authenticated:
        return NOTHING
    return user.scope(permission)


class ScopedQuerySet(models.QuerySet):
    """Rows of a table with scope columns. Subclasses say which right shows them and what is own."""

    view_permission: ClassVar[str]
    own_fields: ClassVar[tuple[str, ...]] = ()

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """The one definition of which of these rows a user may see (or act on, by `permission`)."""
        scope = scope_of(user, permission or self.view_permission)
        return self.filter(scope.q(self.own_fields))

    def branches_of(self, user: Any, permission: str | None = None) -> list[Self]:
        """One queryset a branch of the user's scope; for lists that unite the top rows of each."""
        scope = scope_of(user, permission or self.view_permission)
        return [self.filter(part) for part in scope.parts(self.own_fields)]


class Scoped(models.Model):
    """The unit of a row and its place in the tree.

    `region`, `city` and `project` repeat what the tree says about `unit`: they are filled by the
    service (`place_in`) and the import's join, moved by set updates, and compared with the tree
    by a test and a nightly check. They bear no constraint: one foreign key costs an import a
    quarter of its speed.
    """

    unit = models.ForeignKey(
        "regions.OrgUnit", models.PROTECT, related_name="+", db_index=False, verbose_name=_("unit")
    )
    region = models.ForeignKey(
        "regions.OrgUnit",
        models.DO_NOTHING,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    city = models.ForeignKey(
        "regions.OrgUnit",
        models.DO_NOTHING,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    project = models.ForeignKey(
        "regions.OrgUnit",
        models.DO_NOTHING,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        editable=False,
    )

    class Meta:
        abstract = True

    def place_in(self, unit: Any) -> None:
        """Put the row into a unit and fill the derived columns from it."""
        self.unit = unit
        self.region_id, self.city_id, self.project_id = unit.scope_columns()
