"""What the checks look at: everything about the organisation on a day, read once and set-based."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import staffing
from accounts.handover import kinds
from accounts.models import (
    Function,
    LoginKind,
    LoginRecord,
    Post,
    Role,
    RoleGrant,
    SectionGrant,
    User,
    UserState,
)
from compliance.models import (
    FunctionPlan,
    ImplementationRule,
    Inspection,
    InspectionKind,
    PlannedPost,
    PostOverride,
    RuleDocument,
    RuleVersion,
)
from compliance.selectors.owed import strategic
from compliance.selectors.rounds import committee
from customers.models import Customer, CustomerUnit
from regions.models import Kind, OrgUnit, Section, SectionUnit

SECTION_ADMINISTRATOR = "section-administrator"


class World:
    """The organisation on a day. Each part is read when the first check asks for it.

    Nothing is narrowed to a branch: whoever wants one branch keeps what lies in it.
    """

    def __init__(self, day: dt.date | None = None) -> None:
        self.day = day or timezone.localdate()

    # --- units ----------------------------------------------------------------------------------

    @cached_property
    def units(self) -> list[OrgUnit]:
        """Active units in tree order."""
        return list(OrgUnit.objects.active().in_tree_order())

    @cached_property
    def by_id(self) -> dict[int, OrgUnit]:
        """The same by key."""
        return {unit.pk: unit for unit in self.units}

    @property
    def group(self) -> OrgUnit | None:
        """The top of the tree; where what belongs to no unit is reported."""
        return self.units[0] if self.units else None

    def of_kind(self, *kinds: str) -> Iterator[OrgUnit]:
        """Active units of some levels, in tree order."""
        return (unit for unit in self.units if unit.kind in kinds)

    def home_of(self, unit_id: int | None) -> OrgUnit | None:
        """The active unit, or the group for one that is none (any more)."""
        found = self.by_id.get(unit_id) if unit_id is not None else None
        return found or self.group

    # --- posts ----------------------------------------------------------------------------------

    @cached_property
    def posts(self) -> dict[int, list[Post]]:
        """Posts held by people in post, by unit."""
        return staffing.posts_held(self.day)

    @cached_property
    def core(self) -> list[Function]:
        """The nine functions."""
        return staffing.core_functions()

    @cached_property
    def leading(self) -> dict[str, str]:
        """What the post at the top is called, of cities and of projects."""
        names: dict[str, str] = {}
        for function in Function.objects.order_by("-number", "-pk"):
            if function.is_head:
                names[Kind.CITY] = function.name
            if function.is_project_lead:
                names[Kind.PROJECT] = function.name
        return names

    @cached_property
    def overrides(self) -> set[tuple[int, str]]:
        """(post, rule) of what somebody allowed with a reason."""
        running = PostOverride.objects.filter(ended_at=None)
        return set(running.values_list("post", "rule"))

    @cached_property
    def staffing(self) -> list[staffing.Breach]:
        """What `accounts.staffing` finds: names, departments, heads, functions."""
        return staffing.breaches_of(self.units, self.posts, self.core)

    @cached_property
    def positions(self) -> dict[str, set[str]]:
        """Name of somebody who may log in → the positions of all who are called so."""
        found: dict[str, set[str]] = defaultdict(set)
        people = User.objects.active().exclude(position="")
        for name, position in people.values_list("name", "position"):
            found[name].add(position)
        return found

    @cached_property
    def vacated(self) -> dict[tuple[int, int], Post]:
        """(unit, function) → the post held there last, where nobody holds the function now."""
        held = {(unit, post.function_id) for unit, posts in self.posts.items() for post in posts}
        gone = Q(valid_until__lte=self.day) | Q(user__left_on__lt=self.day)
        required = Q(function__is_core=True) | Q(function__is_project_lead=True)
        ended = (
            Post.objects.filter(
                gone | Q(user__state=UserState.LEFT), required, unit__is_active=True
            )
            .exclude(valid_from__gt=self.day)
            .select_related("user", "function")
            .order_by("valid_until", "pk")
        )
        last = {(post.unit_id, post.function_id): post for post in ended}
        return {place: post for place, post in last.items() if place not in held}

    # --- leavers --------------------------------------------------------------------------------

    @cached_property
    def leavers(self) -> dict[int, User]:
        """Who has left by the day, by key."""
        gone = User.objects.filter(Q(state=UserState.LEFT) | Q(left_on__lt=self.day))
        return {user.pk: user for user in gone}

    @cached_property
    def held_by_leavers(self) -> dict[int, dict[str, int]]:
        """Person who left → what he still holds, by kind, with its number: "post", "grant" and
        the kinds of open work."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        ends = Q(valid_until__isnull=True) | Q(valid_until__gt=self.day)
        running: dict[str, QuerySet[Any]] = {
            "post": Post.objects.filter(ends, user__in=self.leavers),
            "grant": RoleGrant.objects.filter(ends, user__in=self.leavers),
        }
        for kind, rows in running.items():
            self._count(found, kind, rows.order_by().values_list("user").annotate(n=Count("pk")))
        for work in kinds():
            rows = work.rows().filter(**{f"{work.holder}__in": self.leavers}).order_by()
            counted = rows.values_list(f"{work.holder}_id").annotate(n=Count("pk"))
            self._count(found, work.key, counted)
        return found

    @staticmethod
    def _count(
        found: dict[int, dict[str, int]], kind: str, counted: Iterable[tuple[int, int]]
    ) -> None:
        for person, number in counted:
            found[person][kind] = number

    # --- grants ---------------------------------------------------------------------------------

    @cached_property
    def grants(self) -> list[RoleGrant]:
        """Roles in force of people who may log in."""
        return list(
            RoleGrant.objects.on(self.day)
            .filter(user__state=UserState.ACTIVE)
            .select_related("user__unit", "role", "unit")
            .order_by("pk")
        )

    @cached_property
    def administrators(self) -> list[RoleGrant]:
        """Those of the grants that open the administration."""
        roles = set(
            Role.objects.filter(
                permissions__content_type__app_label="accounts",
                permissions__codename="use_admin",
            ).values_list("pk", flat=True)
        )
        return [grant for grant in self.grants if grant.role_id in roles]

    def last_log_ins(self, people: Collection[int]) -> dict[int, dt.datetime]:
        """Person → his latest log-in or first page of a day; who never came is absent."""
        kept = LoginRecord.objects.filter(
            user__in=people, kind__in=(LoginKind.LOGIN, LoginKind.DAY)
        )
        return dict(kept.order_by().values_list("user").annotate(at=Max("at")))

    # --- sections -------------------------------------------------------------------------------

    @cached_property
    def sections(self) -> list[tuple[Section, list[OrgUnit]]]:
        """Sections with their units."""
        members: dict[int, list[OrgUnit]] = defaultdict(list)
        for member in SectionUnit.objects.on(self.day).select_related("unit").order_by("pk"):
            members[member.section_id].append(member.unit)
        return [(section, members[section.pk]) for section in Section.objects.all()]

    @cached_property
    def section_administrators(self) -> dict[int, set[int]]:
        """Section → keys of the people who administer it, by a role in the section or in one of
        its units."""
        found: dict[int, set[int]] = defaultdict(set)
        section_of = {unit.pk: section.pk for section, units in self.sections for unit in units}
        in_sections = SectionGrant.objects.on(self.day).filter(
            role__code=SECTION_ADMINISTRATOR, user__state=UserState.ACTIVE
        )
        for section, user in in_sections.values_list("section", "user"):
            found[section].add(user)
        for grant in self.grants:
            if grant.role.code == SECTION_ADMINISTRATOR and grant.unit_id in section_of:
                found[section_of[grant.unit_id]].add(grant.user_id)
        return found

    # --- records --------------------------------------------------------------------------------

    @cached_property
    def people_without_unit(self) -> list[User]:
        """People with an account and no unit."""
        people = User.objects.filter(unit=None).exclude(state=UserState.LEFT)
        return list(people.order_by("employee_no"))

    @cached_property
    def customers_without_place(self) -> int:
        """How many customers lie in no unit."""
        places = CustomerUnit.objects.filter(customer=OuterRef("pk"))
        return Customer.objects.filter(~Exists(places)).count()

    @cached_property
    def places_without_keeper(self) -> dict[int, int]:
        """Unit → number of its customers whom nobody keeps."""
        rows = CustomerUnit.objects.filter(keeper=None).order_by()
        return dict(rows.values_list("unit").annotate(n=Count("pk")))

    # --- committee and rules of the group -------------------------------------------------------

    @cached_property
    def committee(self) -> list[Post]:
        """Who sits in the Customer Management Committee."""
        return committee(self.day)

    @cached_property
    def has_strategic(self) -> bool:
        """Whether the group runs strategic customers."""
        return strategic().exists()

    @cached_property
    def rules_overdue(self) -> list[RuleDocument]:
        """Issued rules in force whose yearly review is overdue."""
        issued = RuleVersion.objects.filter(document=OuterRef("pk"), issued_at__isnull=False)
        late = RuleDocument.objects.filter(is_retired=False, next_review_on__lt=self.day)
        return list(late.filter(Exists(issued)).select_related("keeper", "unit").order_by("pk"))

    # --- plans ----------------------------------------------------------------------------------

    @cached_property
    def function_plans(self) -> set[int]:
        """Units with a function plan."""
        return set(FunctionPlan.objects.values_list("unit", flat=True))

    @cached_property
    def planned_functions(self) -> dict[int, list[Function]]:
        """Unit → the functions of its own that its function plan names."""
        found: dict[int, list[Function]] = defaultdict(list)
        plans = FunctionPlan.objects.prefetch_related("functions")
        for plan in plans:
            found[plan.unit_id] = sorted(
                plan.functions.all(), key=lambda one: (one.number or 99, one.pk)
            )
        return found

    @cached_property
    def planned_posts(self) -> dict[int, list[PlannedPost]]:
        """Unit → its headcount plan of the year."""
        found: dict[int, list[PlannedPost]] = defaultdict(list)
        rows = PlannedPost.objects.filter(year=self.day.year).select_related("function")
        for row in rows.order_by("function__number", "pk"):
            found[row.unit_id].append(row)
        return found

    @cached_property
    def regions_with_rules(self) -> set[int]:
        """Regions with implementation rules in force."""
        rules = ImplementationRule.objects.filter(effective_on__lte=self.day)
        return set(rules.exclude(ended_on__lt=self.day).values_list("unit", flat=True))

    @cached_property
    def supervised(self) -> set[int]:
        """Units in which somebody looked this year how the rules are kept."""
        looked = Inspection.objects.filter(
            kind=InspectionKind.SUPERVISION, inspected_on__year=self.day.year
        )
        return set(looked.values_list("unit", flat=True))
