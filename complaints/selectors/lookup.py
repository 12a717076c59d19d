"""Who calls: owners by telephone number, last four digits or room, for the intake.

Within reach owners stand with their flats. Whoever may look up owners of any branch
(`complaints.lookup_owner`) sees of the others name, project and masked number, nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from complaints.models import Case, Complainant
from complaints.selectors.due import running_deadlines
from core.values.base import BadValue, cell_text
from core.values.phones import parse_phone
from core.values.rooms import parse_room_label
from customers.models import Customer, CustomerUnit, Ownership, Property
from customers.selectors.lists import BY_NAME, ListQuery, place_keys, rows_of
from customers.selectors.terms import Term, understand
from regions.models import OrgUnit

LOOK_UP = "complaints.lookup_owner"
MOST = 10


@dataclass(frozen=True, slots=True)
class Match:
    """An owner who may be calling. `flat` is None where none is known or may be shown."""

    key: str
    customer: Customer
    unit: OrgUnit
    phone: str
    flat: Property | None = None
    ownership: Ownership | None = None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found. `phone` and `room` are what the text itself says of the caller."""

    text: str = ""
    matches: list[Match] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    problem: str | Promise = ""
    phone: str = ""
    room: str = ""

    def match(self, key: str) -> Match | None:
        """The match of a key, None for one that was not offered."""
        return next((one for one in self.matches if one.key == key), None)

    @property
    def foreign(self) -> int:
        """How many owners out of reach are shown."""
        return sum(one.foreign for one in self.matches)


def look_up(user: Any, text: str) -> Found:
    """Owners and open cases for what was typed. Never raises."""
    text = " ".join(cell_text(text).split())
    if not text:
        return Found()
    term = understand(text)
    phone, room = _phone_in(text), parse_room_label(text)
    matches: list[Match] = []
    if term.forms:
        matches = [*_near(user, term), *_elsewhere(user, term, room is not None)]
    return Found(
        text=text,
        matches=matches,
        cases=_open_cases(user, term, matches, room.label if room else ""),
        problem=term.problem,
        phone=text if phone else "",
        room=room.label if room else "",
    )


def _phone_in(text: str) -> str:
    try:
        return parse_phone(text) if len(text) >= 7 else ""
    except BadValue:
        return ""


def _near(user: Any, term: Term) -> list[Match]:
    """Owners within reach, a line a flat; who owns none stands with his unit."""
    places = rows_of(user, place_keys(user, ListQuery(term=term, order=BY_NAME), size=MOST))
    owned: dict[int, list[Ownership]] = {}
    flats = (
        Ownership.objects.visible_to(user)
        .current()
        .filter(customer__in=[place.customer_id for place in places])
        .select_related("property__unit", "unit")
        .order_by("-is_primary", "pk")
    )
    for one in flats:
        owned.setdefault(one.customer_id, []).append(one)
    matches: list[Match] = []
    for place in places:
        customer, phone = place.customer, place.customer.phone_masked
        for one in owned.get(customer.pk, []):
            key = f"flat-{one.pk}"
            matches.append(Match(key, customer, one.unit, phone, one.property, one))
        if customer.pk not in owned:
            matches.append(Match(f"place-{place.pk}", customer, place.unit, phone))
    return matches


def _elsewhere(user: Any, term: Term, is_room: bool) -> list[Match]:
    """Owners of other branches: only by number or room, so that nobody leafs through names."""
    exact = term.personal or is_room or (len(term.text) == 4 and term.text[:3].isdigit())
    if not exact or not user.has_perm(LOOK_UP):
        return []
    places: dict[int, CustomerUnit] = {}
    for form in term.forms:
        rows = form(CustomerUnit.objects.visible_to(user, LOOK_UP))
        rows = rows.select_related("customer__subject", "unit").order_by("pk")[:MOST]
        places |= {place.pk: place for place in rows}
    known = CustomerUnit.objects.visible_to(user).filter(pk__in=places)
    for pk in known.values_list("pk", flat=True):
        del places[pk]
    return [
        Match(f"place-{pk}", one.customer, one.unit, one.customer.phone_masked, foreign=True)
        for pk, one in list(places.items())[:MOST]
    ]


def _open_cases(user: Any, term: Term, matches: Iterable[Match], room: str) -> list[Case]:
    """Open cases within reach of the same owner, number or room, the newest first."""
    cases = Case.objects.visible_to(user).open()
    keys: set[int] = set()
    owners = {match.customer.pk for match in matches}
    wanted: list[dict[str, Any]] = [{"customer__in": owners}] if owners else []
    callers = Complainant.objects.none()
    numbers = [bytes.fromhex(digits) for kind, digits in term.mark if kind == "phone"]
    if numbers:
        callers = Complainant.objects.filter(phone_index__in=numbers)
    elif len(term.text) == 4 and term.text.isdigit():
        callers = Complainant.objects.filter(phone_last4=term.text)
    wanted.append({"pk__in": callers.values("case")})
    if room:
        wanted.append({"room": room})
    for one in wanted:
        newest = cases.filter(**one).order_by("-taken_in_at", "-pk")
        keys |= set(newest.values_list("pk", flat=True)[:MOST])
    rows = Case.objects.filter(pk__in=keys).select_related("unit", "handler", "category__parent")
    return list(rows.prefetch_related(running_deadlines()).order_by("-taken_in_at", "-pk")[:MOST])
