"""Notices about log-ins: who publishes them, which sanction comes next, who is left out, and the
lists of them, of sanctions and of commendations (LOG-03, LOG-08)."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Reach, RoleGrant, User, UserState
from accounts.scopes import narrow
from compliance.models import (
    Circular,
    CircularLine,
    CircularState,
    Commendation,
    Lapse,
    Sanction,
)
from compliance.months import month_end
from core.keyset import Key, Order
from core.scope import scope_of
from regions.models import OrgUnit
from regions.policies import policy

VIEW, PUBLISH = "compliance.view_circular", "compliance.publish_circular"
SEE = "compliance.view_log_ins"
LATEST_LAPSE = Order("-dated", "dated_on", descending=True, kind="date")
LATEST_DRAFT = Order("-drafted", "drafted_on", descending=True, kind="date")
LATEST_SANCTION = Order("-imposed", "imposed_at", descending=True, kind="time")
LATEST_GIVEN = Order("-given", "given_at", descending=True, kind="time")
LADDER_DAYS = 366  # sanctions of the last year count
ECONOMIC = "economic"


def publishers(unit: OrgUnit) -> QuerySet[User]:
    """Active people who may publish the notice of a unit."""
    above = [pk for pk in unit.ancestor_ids() if pk != unit.pk]
    grants = RoleGrant.objects.now().filter(
        Q(role__reach=Reach.GROUP)
        | Q(unit=unit, role__reach__in=(Reach.UNIT, Reach.SUBTREE))
        | Q(unit__in=above, role__reach=Reach.SUBTREE),
        role__permissions__codename="publish_circular",
        role__permissions__content_type__app_label="compliance",
    )
    return User.objects.active().filter(pk__in=grants.values("user"))


def next_step(person: User, unit: OrgUnit, on: dt.date | None = None) -> tuple[str, Decimal] | None:
    """The step of the unit's ladder that comes next for a person, and the sum it costs (yuan).

    None where the unit has no ladder. Void sanctions do not count. A penalty whose sum the
    subsidiary has not laid down is no step: the ladder goes on without it (LOG-03).
    """
    return next_steps([person.pk], unit, on).get(person.pk)


def next_steps(
    people: Collection[int], unit: OrgUnit, on: dt.date | None = None
) -> dict[int, tuple[str, Decimal]]:
    """The same for some people, by their keys, in one query; empty where there is no ladder."""
    penalty = policy("compliance.log_in_penalty", unit=unit)
    ladder = policy("compliance.sanctions", unit=unit)
    steps = [step for step in ladder if step != ECONOMIC or penalty]
    if not steps:
        return {}
    since = (on or timezone.localdate()) - dt.timedelta(days=LADDER_DAYS)
    rows = Sanction.objects.counting().filter(person__in=people, imposed_at__date__gte=since)
    counts = dict(rows.order_by().values_list("person").annotate(n=Count("pk")))
    found = {}
    for person in people:
        step = steps[min(counts.get(person, 0), len(steps) - 1)]
        found[person] = (step, penalty if step == ECONOMIC else Decimal(0))
    return found


def lacks_penalty(unit: OrgUnit) -> bool:
    """Whether the unit's ladder names a penalty whose sum it has not laid down."""
    named = ECONOMIC in policy("compliance.sanctions", unit=unit)
    return named and not policy("compliance.log_in_penalty", unit=unit)


def why_not_named(person: User, day: dt.date) -> str:
    """Why a notice of a day leaves somebody out whatever he missed: he cannot log in any more.
    Empty for everybody else."""
    if person.state == UserState.LEFT or (person.left_on is not None and person.left_on < day):
        return _("has left the company")
    if person.state == UserState.FROZEN:
        return _("the account is frozen")
    return ""


def why_left_out(lines: Iterable[CircularLine], day: dt.date) -> dict[int, str]:
    """Why people of a notice of a day are not named, by the keys of their lines: whoever cannot log
    in any more, and of commendations whoever has a sanction that the ladder still counts."""
    rows = list(lines)
    praised = [one.about.person_id for one in rows if one.commendation]
    since = day - dt.timedelta(days=LADDER_DAYS)
    held = Sanction.objects.counting().filter(person__in=praised, imposed_at__date__gte=since)
    latest = (
        dict(held.order_by("imposed_at").values_list("person", "imposed_at")) if praised else {}
    )
    found = {}
    for one in rows:
        why, person = why_not_named(one.about.person, day), one.about.person_id
        if not why and person in latest:
            words = _("a sanction of {day} still counts")
            why = words.format(day=timezone.localdate(latest[person]))
        if why:
            found[one.pk] = why
    return found


# --- lists ----------------------------------------------------------------------------------------


def _parts(
    rows: Any, reader: Any, right: str, unit: OrgUnit | None, *, below: bool = True
) -> list[Any]:
    scope = scope_of(reader, right)
    if unit is not None:
        scope = narrow(scope, unit, below=below)
    return list(rows.branches_of(scope, right))


def _in_order(rows: QuerySet[Any], keys: Iterable[Key]) -> list[Any]:
    wanted = [key.pk for key in keys]
    found = rows.in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


@dataclass(frozen=True, slots=True)
class LapseQuery:
    """A filtered list of lapses; without `show` those that last. `month` (its first day) asks for
    those dated in it, `below` whether units below the unit count."""

    unit: OrgUnit | None = None
    show: str = ""
    month: dt.date | None = None
    below: bool = True

    def parts(self, reader: Any) -> list[QuerySet[Lapse]]:
        """Querysets whose union is the list."""
        rows = Lapse.objects.all()
        if self.month:
            rows = rows.filter(dated_on__range=(self.month, month_end(self.month)))
        found = _parts(rows, reader, SEE, self.unit, below=self.below)
        if self.show == "all":
            return found
        over = Q(ended_on__isnull=False) | Q(explained_on__isnull=False)
        return [part.filter(over if self.show == "ended" else ~over) for part in found]


def lapse_rows(keys: Iterable[Key]) -> list[Lapse]:
    """The lapses of these keys with all that a row shows, in one query."""
    return _in_order(Lapse.objects.select_related("person", "unit", "line__circular"), keys)


@dataclass(frozen=True, slots=True)
class CircularQuery:
    """A filtered list of notices; without a state drafts and published ones."""

    unit: OrgUnit | None = None
    state: str = ""
    kind: str = ""

    def parts(self, reader: Any) -> list[QuerySet[Circular]]:
        """Querysets whose union is the list."""
        rows = Circular.objects.filter(kind=self.kind) if self.kind else Circular.objects.all()
        found = _parts(rows, reader, VIEW, self.unit)
        if self.state:
            return [part.filter(state=self.state) for part in found]
        return [part.exclude(state=CircularState.DROPPED) for part in found]


def circular_rows(keys: Iterable[Key]) -> list[Circular]:
    """The notices of these keys with how many they name, in one query."""
    named = Count("lines", filter=Q(lines__left_out=""))
    rows = Circular.objects.select_related("unit", "published_by").annotate(named=named)
    return _in_order(rows, keys)


def circular_in_reach(reader: Any, pk: int, right: str = VIEW) -> Circular | None:
    """One notice in reach, or None."""
    rows = Circular.objects.visible_to(reader, right)
    return rows.select_related("unit", "published_by", "bulletin").filter(pk=pk).first()


def lines_of(circular: Circular) -> list[CircularLine]:
    """Its lines by number, with person and what came of it."""
    rows = circular.lines.select_related(
        "lapse__person", "lapse__unit", "lapse__sanction",
        "commendation__person", "commendation__unit",
    )  # fmt: skip
    return sorted(rows, key=lambda one: one.about.person.employee_no)


@dataclass(frozen=True, slots=True)
class SanctionQuery:
    """A filtered list of sanctions: those in reach, and one's own."""

    unit: OrgUnit | None = None
    state: str = ""

    def parts(self, reader: Any) -> list[QuerySet[Sanction]]:
        """Querysets whose union is the list."""
        found = _parts(Sanction.objects.all(), reader, VIEW, self.unit)
        if self.unit is None:
            found.append(Sanction.objects.filter(person=reader.pk))
        return [part.filter(state=self.state) for part in found] if self.state else found


def sanction_rows(keys: Iterable[Key]) -> list[Sanction]:
    """The sanctions of these keys with all that a row shows, in one query."""
    return _in_order(Sanction.objects.select_related("person", "unit", "circular"), keys)


def sanction_in_reach(reader: Any, pk: int, right: str = "") -> Sanction | None:
    """One sanction in reach, or one's own unless a right is asked for; else None."""
    rows = Sanction.objects.select_related(
        "person", "unit", "circular__bulletin", "lapse", "appeal__decided_by",
        "imposed_by", "void_by",
    )  # fmt: skip
    if right:
        return rows.filter(pk__in=Sanction.objects.visible_to(reader, right), pk=pk).first()
    return rows.filter(pk__in=Sanction.objects.of_or_visible_to(reader), pk=pk).first()


@dataclass(frozen=True, slots=True)
class CommendationQuery:
    """A filtered list of commendations that were given: those in reach, and one's own."""

    unit: OrgUnit | None = None
    state: str = ""

    def parts(self, reader: Any) -> list[QuerySet[Commendation]]:
        """Querysets whose union is the list."""
        rows = Commendation.objects.given()
        found = _parts(rows, reader, VIEW, self.unit)
        if self.unit is None:
            found.append(rows.filter(person=reader.pk))
        return [part.filter(state=self.state) for part in found] if self.state else found


def commendation_rows(keys: Iterable[Key]) -> list[Commendation]:
    """The commendations of these keys with all that a row shows, in one query."""
    return _in_order(Commendation.objects.select_related("person", "unit"), keys)


def commendation_in_reach(reader: Any, pk: int, right: str = "") -> Commendation | None:
    """One commendation that was given in reach, or one's own unless a right is asked for; else
    None."""
    rows = Commendation.objects.given().select_related(
        "person", "unit", "line__circular__bulletin", "given_by", "void_by"
    )
    if right:
        return rows.filter(pk__in=Commendation.objects.visible_to(reader, right), pk=pk).first()
    return rows.filter(pk__in=Commendation.objects.of_or_visible_to(reader), pk=pk).first()
