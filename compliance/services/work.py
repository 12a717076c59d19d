"""What compliance gives people to do, as work that they hold: registered for the hand-over of
accounts (ACC-16), and so for the finding about leavers (ACC-07).

Much of it hangs on a customer or an inspection and has no unit of its own; its rows carry that of
what they hang on. Specialist and contact leader of a customer run from the day of the hand-over.
"""

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import HandOver, Outcome, User
from accounts.scopes import compute_scope
from compliance.models import (
    Assignment,
    Charge,
    Finding,
    InspectionPoint,
    PointState,
    ResourceRequest,
    RuleDocument,
    Talk,
    TalkState,
)
from compliance.models.strategic import RESOURCES_OPEN, WORK
from core.errors import Refused
from core.locking import lock
from customers.models import STRATEGIC, Customer, CustomerUnit
from regions.models import Kind, OrgUnit

RIGHT = "accounts.hand_over_work"
PLACES = "customers.place"
SPECIALIST, LEADER = "compliance.specialist", "compliance.contact_leader"
COLUMNS = ("unit_id", "region_id", "city_id", "project_id")
Rows = QuerySet[Any]


# --- who may take it ------------------------------------------------------------------------------


def takers(people: Collection[User], units: Collection[int], by: Any = None) -> dict[int, set[int]]:
    """Whoever can log in can do it: it needs no right."""
    return {person.pk: set(units) if person.is_active else set() for person in people}


def specialists(
    people: Collection[User], units: Collection[int], by: Any = None
) -> dict[int, set[int]]:
    """In which of these units each person may log contacts with customers."""
    found = {}
    for person in people:
        scope = compute_scope(person, WORK)
        branches = scope.branches | scope.own
        reached = OrgUnit.objects.filter(pk__in=units).visible_to(
            type(scope)(scope.user_id, branches)
        )
        keys = reached.values_list("pk", flat=True) if person.is_active and branches else ()
        found[person.pk] = set(keys)
    return found


# --- where it lies --------------------------------------------------------------------------------


def _beside(path: str) -> Callable[[Rows], Rows]:
    """Rows with the place of what they hang on."""

    def placed(rows: Rows) -> Rows:
        return rows.annotate(**{name: F(f"{path}__{name}") for name in COLUMNS})

    return placed


def _at_home(customer: str) -> Callable[[Rows], Rows]:
    """Rows with the place from which their customer is run: the unit that nominated him, else where
    he was entered first; the group where he has no place."""

    def placed(rows: Rows) -> Rows:
        charge = Charge.objects.filter(customer=OuterRef("customer")).values("unit")[:1]
        nominated = Case(When(unit=Subquery(charge), then=Value(0)), default=Value(1))
        places = CustomerUnit.objects.filter(customer=OuterRef(customer)).order_by(nominated, "pk")
        number = IntegerField()
        found: dict[str, Any] = {
            name: Subquery(places.values(name)[:1], output_field=number) for name in COLUMNS
        }
        top = OrgUnit.objects.filter(kind=Kind.GROUP).values("pk")[:1]
        found["unit_id"] = Coalesce(found["unit_id"], Subquery(top, output_field=number))
        return rows.annotate(**found)

    return placed


def _as_is(rows: Rows) -> Rows:
    return rows


# --- the kinds ------------------------------------------------------------------------------------


def open_tasks() -> Rows:
    """Tasks that are still to be done."""
    return Assignment.objects.open()


def findings() -> Rows:
    """Findings whose breach lasts and which were given to somebody."""
    return Finding.objects.live().exclude(owner=None)


def points() -> Rows:
    """What was found at inspections and is still to be mended."""
    return InspectionPoint.objects.filter(state=PointState.OPEN)


def resources() -> Rows:
    """Requests that somebody still has to fulfil or refuse."""
    return ResourceRequest.objects.filter(state__in=RESOURCES_OPEN)


def rules() -> Rows:
    """Rule documents that are reviewed each year."""
    return RuleDocument.objects.filter(is_retired=False)


def charges() -> Rows:
    """Strategic customers, who are run by a pair."""
    return Customer.objects.filter(level=STRATEGIC)


def talks() -> Rows:
    """Talks that are still to be held, or to be minuted."""
    return Talk.objects.filter(state=TalkState.PLANNED)


def _register(
    name: str,
    title: Any,
    rows: Callable[[], Rows],
    holder: str,
    list_url: str,
    placed: Callable[[Rows], Rows] = _as_is,
    **more: Any,
) -> None:
    handover.register(
        handover.Work(
            key=name,
            title=title,
            rows=lambda: placed(rows()),
            holder=holder,
            takers=more.pop("takers", takers),
            right=RIGHT,
            list_url=list_url,
            placed=placed,
            **more,
        )
    )


def _place_kept() -> Subquery:
    """The place of a customer that his specialist keeps himself: both go to one person."""
    kept = CustomerUnit.objects.filter(customer=OuterRef("pk"), keeper=OuterRef("specialist"))
    return Subquery(kept.order_by("pk").values("pk")[:1])


_register("compliance.task", _("Tasks"), open_tasks, "to", "/tasks/")
_register(
    "compliance.finding", _("Findings to mend"), findings, "owner", "/compliance/findings/?owner=me"
)
_register(
    "compliance.point",
    _("Points of inspections to mend"),
    points,
    "owner",
    "/compliance/me/",
    _beside("inspection"),
)
_register(
    "compliance.resource",
    _("Requests for resources"),
    resources,
    "to",
    "/strategic/resources/",
    _at_home("customer"),
)
_register("compliance.rule", _("Rule documents revised"), rules, "keeper", "/rules/")
_register(
    SPECIALIST,
    _("Strategic customers, as specialist"),
    charges,
    "specialist",
    "/strategic/",
    _at_home("pk"),
    takers=specialists,
    follows=PLACES,
    lead=_place_kept(),
)
_register(
    LEADER,
    _("Strategic customers, as contact leader"),
    charges,
    "contact_leader",
    "/strategic/",
    _at_home("pk"),
)
_register(
    "compliance.talk", _("Planned talks"), talks, "leader", "/strategic/", _at_home("customer")
)


# --- the pair of a customer -----------------------------------------------------------------------


@handover.hold_before_rows
def hold_customers(rows: handover.Rows) -> None:
    """Hold the customers whose pair changes: everybody locks a customer before his places."""
    wanted = Q(pk__in=[])
    for kind in (SPECIALIST, LEADER):
        if kind in rows:
            wanted |= Q(pk__in=rows[kind].order_by().values("pk"))
    # The level is said once more: its index keeps the search off the whole archive.
    lock(Customer.objects.filter(wanted, level=STRATEGIC))


@handover.when_carried_out
def begin_charges(hand_over: HandOver) -> None:
    """Contacts are owed by the new people from today on. Raises Refused where one person would be
    both of a pair."""
    _begin(hand_over, Outcome.OPEN)
    moved = hand_over.items.filter(kind__in=(SPECIALIST, LEADER)).values("record_id")
    twice = Customer.objects.filter(pk__in=moved, specialist=F("contact_leader"))
    found = twice.select_related("specialist").first()
    if found is not None:
        sentence = gettext(
            "{person} would be specialist and contact leader of {customer}. Please choose another "
            "person, or appoint the pair of this customer first."
        )
        raise Refused(sentence.format(person=found.specialist, customer=found.name))


@handover.when_undone
def begin_charges_again(hand_over: HandOver) -> None:
    """Whoever got a customer back owes from today on."""
    _begin(hand_over, Outcome.RETURNED)


def _begin(hand_over: HandOver, outcome: str) -> None:
    today = timezone.localdate()
    moved = set(hand_over.items.order_by().values_list("kind", flat=True).distinct())
    for kind, since in ((SPECIALIST, "specialist_since"), (LEADER, "leader_since")):
        if kind not in moved:
            continue
        items = hand_over.items.filter(kind=kind, outcome=outcome).values("record_id")
        Charge.objects.filter(customer__in=items).update(**{since: today})
