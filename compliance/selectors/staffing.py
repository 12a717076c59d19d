"""Findings, account changes, plans and inspections as their pages read them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Function, Post, Reach, RoleGrant
from accounts.scopes import narrow
from accounts.staffing import posts_held
from compliance.agenda import midnight
from compliance.models import (
    AccountChange,
    Finding,
    FindingEvent,
    FindingEventKind,
    FunctionPlan,
    ImplementationRule,
    Inspection,
    InspectionPoint,
    PlannedPost,
    PointState,
    PostOverride,
)
from compliance.selectors.reach import whole_units
from compliance.states import CHANGE_OPEN, FINDING_LIVE, FINDING_OPEN, ChangeState
from core.keyset import Key, Order
from core.scope import scope_of
from regions.models import OrgUnit

FINDINGS, MANAGE = "compliance.view_finding", "compliance.manage_finding"
CHANGES, ASK = "compliance.view_accountchange", "compliance.ask_accountchange"
CARRY_OUT = "compliance.carry_out_accountchange"
PLANS, PLAN = "compliance.view_staffplan", "compliance.change_staffplan"
INSPECTIONS, INSPECT = "compliance.view_inspection", "compliance.change_inspection"

GRAVEST = Order("gravest", "rank")
LATEST_DUE = Order("-due", "due_on", descending=True, kind="date")
NEWEST = Order("-inspected", "inspected_on", descending=True, kind="date")
EXCEPTIONS = (FindingEventKind.EXCEPTED, FindingEventKind.RESUMED)


# --- findings -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """A filtered list of findings; without a state those that are not mended. `on` asks for those
    that stood at the end of a day, `below` whether units below the unit count."""

    unit: OrgUnit | None = None
    state: str = ""
    severity: str = ""
    rule: str = ""
    owner: str = ""
    on: dt.date | None = None
    below: bool = True

    def refine(self, rows: QuerySet[Finding], reader: Any) -> QuerySet[Finding]:
        """The conditions beside scope."""
        if self.on:
            rows = findings_on(rows, self.on)
        if self.state:
            rows = rows.filter(state=self.state)
        elif not self.on:
            rows = rows.filter(state__in=FINDING_LIVE)
        if self.severity:
            rows = rows.filter(severity=self.severity)
        if self.rule:
            rows = rows.filter(rule=self.rule)
        if self.owner == "me":
            return rows.filter(owner=reader.pk)
        return rows.filter(owner=None) if self.owner == "nobody" else rows


def finding_parts(user: Any, query: FindingQuery) -> list[QuerySet[Finding]]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = scope_of(user, FINDINGS)
    if query.unit:
        scope = narrow(scope, query.unit, below=query.below)
    return [query.refine(part, user) for part in Finding.objects.all().branches_of(scope, FINDINGS)]


def findings_on(rows: QuerySet[Finding], day: dt.date) -> QuerySet[Finding]:
    """Findings that somebody had to mend at the end of a day: found, not gone and not excepted.
    Today and later is what is so now; before, the history says which were excepted."""
    if day >= timezone.localdate():
        return rows.filter(state__in=FINDING_OPEN)
    moves = FindingEvent.objects.filter(
        finding=OuterRef("pk"), kind__in=EXCEPTIONS, at__lt=midnight(day + dt.timedelta(days=1))
    )
    latest = Subquery(moves.order_by("-at", "-pk").values("kind")[:1])
    standing = rows.filter(Q(closed_on=None) | Q(closed_on__gt=day), opened_on__lte=day)
    return standing.alias(move=Coalesce(latest, Value(""))).exclude(move=FindingEventKind.EXCEPTED)


def excepted_on(rows: QuerySet[Finding], days: Sequence[dt.date]) -> list[int]:
    """How many findings stood at the end of each past day, but were excepted; in one query."""
    events = (
        FindingEvent.objects.filter(finding__in=rows, kind__in=EXCEPTIONS)
        .order_by("at", "pk")
        .values_list("finding_id", "kind", "at", "finding__opened_on", "finding__closed_on")
    )
    moves: dict[int, list[tuple[dt.date, bool, dt.date]]] = defaultdict(list)
    for pk, kind, at, _opened, closed in events:
        gone = closed or dt.date.max
        moves[pk].append((timezone.localdate(at), kind == FindingEventKind.EXCEPTED, gone))
    counts = []
    for day in days:
        latest = ([one for one in found if one[0] <= day] for found in moves.values())
        counts.append(sum(bool(past and past[-1][1] and past[-1][2] > day) for past in latest))
    return counts


def finding_rows(keys: Iterable[Key]) -> list[Finding]:
    """The findings of these keys with all that a row shows, in one query."""
    return _in_order(Finding.objects.select_related("unit", "owner", "person"), keys)


def finding_in_reach(user: Any, pk: int, right: str = FINDINGS) -> Finding | None:
    """One finding in reach, or None."""
    rows = Finding.objects.visible_to(user, right).select_related("unit", "owner", "person")
    return rows.filter(pk=pk).first()


def findings_by_severity(units: Q) -> dict[str, int]:
    """Number of lasting findings of a branch by gravity; exceptions are not counted."""
    rows = Finding.objects.filter(units, state__in=FINDING_OPEN)
    return dict(rows.order_by().values_list("severity").annotate(n=Count("pk")))


LATEST_OVERRIDE = Order("-allowed", "at", descending=True, kind="time")


def overrides_in_force(user: Any, right: str = FINDINGS) -> QuerySet[PostOverride]:
    """Posts that may break a rule until somebody takes that back, of the units whose findings the
    reader reaches whole. Posts that have ended need no permission any more."""
    rows = PostOverride.objects.filter(
        ended_at=None, post__in=Post.objects.now(), post__unit__in=whole_units(user, right)
    )
    return rows.select_related("post__user", "post__unit", "post__function", "by")


# --- account changes ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """A filtered list of account changes; without a state the open ones. `on` asks for those that
    were open at the end of a day, `below` whether units below the unit count."""

    unit: OrgUnit | None = None
    state: str = ""
    kind: str = ""
    on: dt.date | None = None
    below: bool = True

    def refine(self, rows: QuerySet[AccountChange]) -> QuerySet[AccountChange]:
        """The conditions beside scope."""
        day = self.on or timezone.localdate()
        if self.on or self.state in ("", "late"):
            rows = changes_on(rows, day)
        if self.state == "late":
            rows = rows.filter(due_on__lt=day)
        elif self.state not in ("", "all"):
            rows = rows.filter(state=self.state)
        return rows.filter(kind=self.kind) if self.kind else rows


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role in force of somebody whose account changes; `outside` says that it lies neither in
    his unit nor below it. One held in a section, or reaching the whole group, lies nowhere."""

    grant: RoleGrant
    outside: bool

    def __str__(self) -> str:
        return f"{self.grant.role.name} · {self.grant.unit.name}"


def roles_of(change: AccountChange) -> dict[int, list[HeldRole]]:
    """Person → his roles in force, of those whose part of a form is still to be done."""
    people = change.lines.filter(done_at=None).exclude(person=None).values("person")
    grants = RoleGrant.objects.now().filter(user__in=people)
    found: dict[int, list[HeldRole]] = defaultdict(list)
    for grant in grants.select_related("user", "role", "unit").order_by("unit__path", "pk"):
        everywhere = grant.section_grant_id is not None or grant.role.reach == Reach.GROUP
        home = grant.user.unit_id or change.unit_id
        outside = not everywhere and home not in grant.unit.ancestor_ids()
        found[grant.user_id].append(HeldRole(grant, outside))
    return found


def change_parts(user: Any, query: ChangeQuery) -> list[QuerySet[AccountChange]]:
    """Querysets whose union is the list."""
    scope = scope_of(user, CHANGES)
    if query.unit:
        scope = narrow(scope, query.unit, below=query.below)
    return [query.refine(part) for part in AccountChange.objects.all().branches_of(scope, CHANGES)]


def changes_on(rows: QuerySet[AccountChange], day: dt.date) -> QuerySet[AccountChange]:
    """Account changes that were open at the end of a day; today and later, those open now. What
    was rejected or withdrawn since is left out, because its end has no day."""
    if day >= timezone.localdate():
        return rows.filter(state__in=CHANGE_OPEN)
    done = Q(state=ChangeState.DONE, done_at__gte=midnight(day + dt.timedelta(days=1)))
    return rows.filter(Q(state__in=CHANGE_OPEN) | done, event_on__lte=day)


def change_rows(keys: Iterable[Key]) -> list[AccountChange]:
    """The changes of these keys with their people, in two queries."""
    rows = AccountChange.objects.select_related("unit", "asked_by").prefetch_related("lines")
    return _in_order(rows, keys)


def change_in_reach(user: Any, pk: int, right: str = CHANGES) -> AccountChange | None:
    """One change in reach, or None."""
    rows = AccountChange.objects.visible_to(user, right)
    return rows.select_related("unit", "asked_by", "done_by").filter(pk=pk).first()


# --- functions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A unit with, for each of the nine functions, who carries it."""

    unit: OrgUnit
    cells: list[list[Post]]
    others: list[tuple[Function, list[Post]]]
    planned: bool

    @property
    def covered(self) -> int:
        return sum(1 for cell in self.cells if cell)


def coverage(units: list[OrgUnit], day: dt.date | None = None) -> list[CoverageRow]:
    """The matrix unit × nine functions, with what else units carry or planned for themselves.
    A fixed number of queries."""
    posts = posts_held(day or timezone.localdate())
    core = core_functions()
    plans = {
        plan.unit_id: plan
        for plan in FunctionPlan.objects.filter(unit__in=units).prefetch_related("functions")
    }
    rows = []
    for unit in units:
        held: dict[int, list[Post]] = defaultdict(list)
        further: dict[int, Function] = {}
        for post in posts.get(unit.pk, []):
            held[post.function_id].append(post)
            if not post.function.is_core:
                further[post.function_id] = post.function
        plan = plans.get(unit.pk)
        for function in plan.functions.all() if plan else ():
            further[function.pk] = function
        rows.append(
            CoverageRow(
                unit,
                [held[function.pk] for function in core],
                [(one, held[one.pk]) for one in sorted(further.values(), key=lambda one: one.pk)],
                plan is not None,
            )
        )
    return rows


def core_functions() -> list[Function]:
    """The nine."""
    return list(Function.objects.filter(is_core=True).order_by("number"))


def function_plan_of(unit: OrgUnit) -> FunctionPlan | None:
    """The plan of a unit with its functions."""
    return FunctionPlan.objects.filter(unit=unit).prefetch_related("functions").first()


def units_in_reach(user: Any, right: str = PLANS) -> QuerySet[OrgUnit]:
    """Active units in tree order."""
    return OrgUnit.objects.visible_to(user, right).active().in_tree_order()


# --- headcount ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeadcountRow:
    """A planned post with the people in it."""

    plan: PlannedPost
    people: list[Post]

    @property
    def gap(self) -> int:
        """People missing; negative where there are too many."""
        return self.plan.establishment - len({post.user_id for post in self.people})


def headcount(user: Any, year: int, unit: OrgUnit | None = None) -> list[HeadcountRow]:
    """The plan of a year in the reader's reach beside the people in post, in tree order."""
    rows = PlannedPost.objects.visible_to(user).filter(year=year)
    if unit is not None:
        rows = rows.filter(unit__path__startswith=unit.path)
    posts = posts_held(timezone.localdate())
    plans = rows.select_related("unit", "function").order_by("unit__path", "function__number", "pk")
    return [
        HeadcountRow(
            plan,
            [post for post in posts.get(plan.unit_id, []) if post.function_id == plan.function_id],
        )
        for plan in plans
    ]


def planned_post_in_reach(user: Any, pk: int, right: str = PLANS) -> PlannedPost | None:
    """One planned post in reach, or None."""
    rows = PlannedPost.objects.visible_to(user, right).select_related("unit", "function")
    return rows.filter(pk=pk).first()


def implementation_rules(user: Any) -> list[ImplementationRule]:
    """Rules of the regions in reach, those in force first."""
    rows = ImplementationRule.objects.visible_to(user).select_related("unit")
    return list(rows.order_by("unit__path", "-effective_on", "-pk"))


def implementation_rules_in_charge(user: Any) -> set[int]:
    """Keys of the rules that a reader may change."""
    return set(ImplementationRule.objects.visible_to(user, PLAN).values_list("pk", flat=True))


def implementation_rule_in_reach(
    user: Any, pk: int, right: str = PLANS
) -> ImplementationRule | None:
    """The rules of one region in reach, or None."""
    rows = ImplementationRule.objects.visible_to(user, right).select_related("unit")
    return rows.filter(pk=pk).first()


def rules_over(units: QuerySet[OrgUnit]) -> QuerySet[ImplementationRule]:
    """Rules of the regions in which some units lie, the latest of each first."""
    below = units.filter(path__startswith=OuterRef("unit__path"))
    rows = ImplementationRule.objects.filter(Exists(below)).select_related("unit")
    return rows.order_by("unit__path", "-effective_on", "-pk")


# --- inspections ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InspectionQuery:
    """A filtered list of inspections."""

    unit: OrgUnit | None = None
    kind: str = ""
    unmended: bool = False

    def refine(self, rows: QuerySet[Inspection]) -> QuerySet[Inspection]:
        """The conditions beside scope."""
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.unmended:
            points = InspectionPoint.objects.filter(inspection=OuterRef("pk"))
            rows = rows.filter(Exists(points.exclude(state=PointState.CHECKED)))
        return rows


def inspection_parts(user: Any, query: InspectionQuery) -> list[QuerySet[Inspection]]:
    """Querysets whose union is the list."""
    scope = scope_of(user, INSPECTIONS)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    return [query.refine(part) for part in Inspection.objects.all().branches_of(scope, INSPECTIONS)]


def inspection_rows(keys: Iterable[Key]) -> list[Inspection]:
    """The inspections of these keys with the numbers of their points, in one query."""
    rows = Inspection.objects.select_related("unit", "by").annotate(
        points_all=Count("points"),
        points_open=Count("points", filter=~Q(points__state=PointState.CHECKED)),
    )
    return _in_order(rows, keys)


def inspection_in_reach(user: Any, pk: int, right: str = INSPECTIONS) -> Inspection | None:
    """One inspection in reach, or None."""
    rows = Inspection.objects.visible_to(user, right).select_related("unit", "by", "rule")
    return rows.filter(pk=pk).first()


def _in_order(rows: QuerySet[Any], keys: Iterable[Key]) -> list[Any]:
    wanted = [key.pk for key in keys]
    found = rows.in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]
