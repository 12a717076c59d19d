"""Who owes a strategic customer which contact by when (ACT-02…ACT-04).

The policy `customers.contact_frequency` of the customer's home unit says how often specialist,
contact leader and principal leaders meet him within a calendar month, quarter, half-year or year.
A contact is an activity that was done; leaders are counted by visits and meetings. What is missing
is due on the last day of the running period. It is *late* when the period before stayed short too
and nothing since made up for it; a period in which the customer was not on the list yet is not
held against anybody.

Everything is read in a fixed number of queries, whatever the number of customers.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts.models import Post, User
from compliance.models import Charge, Talk, TalkKind, TalkState
from customers.models import (
    STRATEGIC,
    Activity,
    ActivityKind,
    ActivityState,
    Customer,
    CustomerUnit,
)
from customers.models.activities import TOUCHES
from customers.selectors.rhythm import FREQUENCY, MONTHS, add_months
from regions.models import OrgUnit
from regions.policies import policy_values
from regions.policies.types import Row

SPECIALIST, LEADER, TOP, TRAVELLING = (
    "specialist",
    "contact_leader",
    "top_leader",
    "travelling_leader",
)
PRINCIPAL_LEADERS = "compliance.principal_leaders"
MEETS = (ActivityKind.VISIT, ActivityKind.MEETING)


@dataclass(frozen=True, slots=True)
class Duty:
    """One row of the policy for one customer: `role` owes `wanted` contacts within the period from
    `first` to `last`, of which `done` are there. `people` is empty where nobody is appointed."""

    customer: Customer
    role: str
    people: tuple[User, ...]
    first: dt.date
    last: dt.date
    wanted: int
    done: int
    late: bool

    @property
    def left(self) -> int:
        """How many contacts are still owed until `last`."""
        return max(self.wanted - self.done, 0)

    @property
    def was_due(self) -> dt.date | None:
        """The last day of the period that was missed, None for a duty that is not late."""
        return self.first - dt.timedelta(days=1) if self.late else None


def period_of(span: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the calendar month, quarter, half-year or year a day lies in."""
    months = MONTHS[span]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return first, add_months(first, months) - dt.timedelta(days=1)


def strategic(customers: Any = None) -> Any:
    """The customers of the list, by name."""
    rows = Customer.objects.all() if customers is None else customers
    return rows.filter(level=STRATEGIC).select_related("specialist__unit", "contact_leader__unit")


def duties(customers: Sequence[Customer], as_of: dt.date | None = None) -> list[Duty]:
    """Every duty towards these strategic customers, met or not, the customers in their order."""
    if not customers:
        return []
    day = as_of or timezone.localdate()
    facts = _Facts(customers, day)
    return [duty for customer in customers for duty in facts.duties_of(customer)]


def owed(customers: Sequence[Customer], as_of: dt.date | None = None) -> list[Duty]:
    """What is still to be done, the late and the soonest first."""
    open_ones = [duty for duty in duties(customers, as_of) if duty.left or duty.late]
    return sorted(open_ones, key=lambda duty: (not duty.late, duty.last, duty.customer.pinyin))


def duties_of(person: User, as_of: dt.date | None = None) -> list[Duty]:
    """Every duty of one person, met or not: as specialist, contact leader or principal leader."""
    concerned = Q(specialist=person) | Q(contact_leader=person)
    led = principal_units(person)
    if led:
        inside = Q(path__startswith=led[0].path)
        for unit in led[1:]:
            inside |= Q(path__startswith=unit.path)
        units = OrgUnit.objects.filter(inside)
        concerned |= Q(pk__in=CustomerUnit.objects.filter(unit__in=units).values("customer"))
    customers = list(strategic().filter(concerned).order_by("pinyin", "pk"))
    return [
        duty for duty in duties(customers, as_of) if any(one.pk == person.pk for one in duty.people)
    ]


def principal_units(person: User) -> list[OrgUnit]:
    """The units of which somebody is a principal leader today."""
    posts = Post.objects.now().filter(user=person).select_related("unit", "function")
    words = policy_values(PRINCIPAL_LEADERS)
    return [post.unit for post in posts if _leads(post, words[post.unit_id])]


def _leads(post: Post, table: Iterable[Row]) -> bool:
    return any(row["word"] == post.function.name for row in table)


def homes(customers: Collection[int]) -> dict[int, CustomerUnit]:
    """The place from which each customer is run: the unit that nominated him, else where he was
    entered first."""
    return _homes(customers, _charges(customers))


def _homes(customers: Collection[int], charges: Mapping[int, Charge]) -> dict[int, CustomerUnit]:
    places = (
        CustomerUnit.objects.filter(customer__in=customers).select_related("unit").order_by("-pk")
    )
    found: dict[int, CustomerUnit] = {}
    named: dict[int, CustomerUnit] = {}
    for place in places:
        found[place.customer_id] = place
        charge = charges.get(place.customer_id)
        if charge is not None and charge.unit_id == place.unit_id:
            named[place.customer_id] = place
    return found | named


def _charges(customers: Collection[int]) -> dict[int, Charge]:
    rows = Charge.objects.filter(customer__in=customers)
    return {row.customer_id: row for row in rows}


@dataclass(frozen=True, slots=True)
class _Contact:
    month: dt.date
    kind: str
    by: int
    count: int


@dataclass
class _Facts:
    """What the duties of some customers are computed from, read at once."""

    customers: Sequence[Customer]
    day: dt.date
    contacts: dict[int, list[_Contact]] = field(init=False)
    trips: dict[int, list[dt.date]] = field(init=False)

    def __post_init__(self) -> None:
        keys = [customer.pk for customer in self.customers]
        start = dt.date(self.day.year - 1, 1, 1)
        self.charges = _charges(keys)
        self.homes = _homes(keys, self.charges)
        self.tables = policy_values(FREQUENCY, self.day)
        self.contacts = _contacts(keys, start, self.day)
        self.trips = _trips(keys, start, self.day)
        self.leaders = _principal_leaders(self.day)

    def duties_of(self, customer: Customer) -> list[Duty]:
        home = self.homes.get(customer.pk)
        table: Iterable[Row] = self.tables[home.unit_id] if home else ()
        return [
            self._duty(customer, home, row)
            for row in table
            if row["whom"] == "strategic" and row["who"] != "keeper"
        ]

    def _duty(self, customer: Customer, home: CustomerUnit | None, row: Row) -> Duty:
        first, last = period_of(row["span"], self.day)
        before, _end = period_of(row["span"], first - dt.timedelta(days=1))
        people = self._people(customer, home, row["who"])
        done = self._done(customer, row["who"], people, first)
        late = self._since(customer, row["who"]) <= before and (
            self._done(customer, row["who"], people, before) < row["times"]
        )
        return Duty(customer, row["who"], people, first, last, row["times"], done, late)

    def _since(self, customer: Customer, role: str) -> dt.date:
        """From when on the customer's contacts are owed by who has the role now."""
        charge = self.charges.get(customer.pk)
        begun = None
        if charge is not None:
            begun = charge.leader_since if role == LEADER else charge.specialist_since
            begun = charge.listed_on if role == TOP else begun
        return begun or timezone.localdate(customer.created_at)

    def _people(self, customer: Customer, home: CustomerUnit | None, role: str) -> tuple[User, ...]:
        if role == LEADER:
            return (customer.contact_leader,) if customer.contact_leader else ()
        if role == TOP:
            return self._above(home) if home else ()
        return (customer.specialist,) if customer.specialist else ()

    def _above(self, home: CustomerUnit) -> tuple[User, ...]:
        """The principal leaders of the nearest unit at or above the customer's home."""
        for unit in reversed(home.unit.ancestor_ids()):
            if unit in self.leaders:
                return tuple(self.leaders[unit])
        return ()

    def _done(self, customer: Customer, role: str, people: tuple[User, ...], first: dt.date) -> int:
        if role == TRAVELLING:
            return sum(day >= first for day in self.trips.get(customer.pk, ()))
        keys = {person.pk for person in people}
        return sum(
            one.count
            for one in self.contacts.get(customer.pk, ())
            if one.by in keys and one.month >= first and (role == SPECIALIST or one.kind in MEETS)
        )


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _contacts(keys: list[int], first: dt.date, last: dt.date) -> dict[int, list[_Contact]]:
    """Contacts of these customers by month, kind and person: one row each, not one an activity."""
    rows = (
        Activity.objects.filter(
            customer__in=keys,
            state=ActivityState.DONE,
            kind__in=sorted(TOUCHES),
            at__gte=_midnight(first),
            at__lt=_midnight(last + dt.timedelta(days=1)),
        )
        .order_by()
        .annotate(month=TruncMonth("at"))
        .values_list("customer", "month", "kind", "by")
        .annotate(count=Count("*"))
    )
    found: dict[int, list[_Contact]] = defaultdict(list)
    for customer, month, kind, by, count in rows:
        found[customer].append(_Contact(timezone.localdate(month), kind, by, count))
    return found


def _trips(keys: list[int], first: dt.date, last: dt.date) -> dict[int, list[dt.date]]:
    rows = Talk.objects.filter(
        customer__in=keys,
        kind=TalkKind.TRIP,
        state=TalkState.HELD,
        at__gte=_midnight(first),
        at__lt=_midnight(last + dt.timedelta(days=1)),
    )
    found: dict[int, list[dt.date]] = defaultdict(list)
    for customer, at in rows.values_list("customer", "at"):
        found[customer].append(timezone.localdate(at))
    return found


def _principal_leaders(day: dt.date) -> dict[int, list[User]]:
    """Unit → its principal leaders on a day."""
    words = policy_values(PRINCIPAL_LEADERS, day)
    names = {row["word"] for table in words.values() for row in table}
    posts = (
        Post.objects.on(day)
        .filter(function__name__in=names, user__state="active")
        .select_related("user__unit", "function")
        .order_by("pk")
    )
    found: dict[int, list[User]] = defaultdict(list)
    for post in posts:
        if _leads(post, words[post.unit_id]):
            found[post.unit_id].append(post.user)
    return found


# --- whole years --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody ran a customer as SPECIALIST or LEADER from `first` to `last`, both counted."""

    customer: int
    person: int
    role: str
    first: dt.date
    last: dt.date


def met_in(held: Sequence[Held], first: dt.date, last: dt.date) -> dict[Held, tuple[int, int]]:
    """What each of them owed in the whole periods from `first` to `last` in which he ran the
    customer from the first day to the last, and how much of it was done: no more a period than it
    asked for. The policy is that of the last day."""
    keys = sorted({one.customer for one in held})
    places, tables = homes(keys), policy_values(FREQUENCY, last)
    contacts = _contacts(keys, first, last)
    found = {}
    for one in held:
        home = places.get(one.customer)
        wanted = done = 0
        for row in tables[home.unit_id] if home else ():
            if row["whom"] != "strategic" or row["who"] != one.role:
                continue
            for start, end in _periods(row["span"], max(first, one.first), min(last, one.last)):
                wanted += row["times"]
                made = sum(
                    contact.count
                    for contact in contacts.get(one.customer, ())
                    if contact.by == one.person
                    and start <= contact.month <= end
                    and (one.role == SPECIALIST or contact.kind in MEETS)
                )
                done += min(made, row["times"])
        found[one] = (wanted, done)
    return found


def _periods(span: str, first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
    """The whole periods between two days, both counted."""
    found = []
    start, end = period_of(span, first)
    while end <= last:
        if start >= first:
            found.append((start, end))
        start, end = period_of(span, end + dt.timedelta(days=1))
    return found
