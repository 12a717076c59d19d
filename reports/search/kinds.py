"""The kinds of things that the search finds.

Each asks the selectors of its app, which read through `visible_to`, with one bounded query: how
many there are is counted up to MOST, and nothing is ever counted beyond.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from complaints.models import Case
from complaints.selectors.lists import CaseQuery, case_keys
from complaints.selectors.terms import CaseTerm, cases_of_numbers, understand_case
from complaints.states import VIEW as VIEW_CASE
from compliance.models import Bulletin, BulletinState, RuleDocument
from compliance.selectors.bulletins import search_bulletins
from compliance.selectors.rules import search_rules
from core.display import when
from core.words import excerpt, pieces_of
from customers.models import Contact, Customer, CustomerUnit, Property
from customers.selectors.search import find_contacts, find_places, find_properties
from customers.selectors.terms import Term
from regions.models import OrgUnit
from satisfaction.selectors.remarks import READ as READ_REMARKS
from satisfaction.selectors.remarks import search_remarks

MOST = 51  # counted as "50+"
VIEW_CUSTOMER = "customers.view_customer"
VIEW_UNIT = "regions.view_orgunit"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for, read the way each kind needs it."""

    term: Term
    case: CaseTerm
    pieces: list[str]

    @property
    def marks(self) -> list[str]:
        """What is highlighted in results."""
        compact = self.term.text.replace(" ", "")
        return list(dict.fromkeys([self.term.text, compact, *self.pieces])) if compact else []


def asked_of(term: Term) -> Asked:
    """The question of a term. A full number has no text: it is known by its blind index alone, of
    customers and of those who called."""
    if term.personal:
        return Asked(term, cases_of_numbers(term.mark), [])
    if term.everything:
        return Asked(term, CaseTerm(), [])
    return Asked(term, understand_case(term.text), pieces_of(term.text))


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: where it is, what it is called, what tells it from others."""

    kind: str
    pk: int
    url: str
    title: str
    facts: tuple[str, ...] = ()
    excerpt: str = ""
    beside: str = ""  # what is shown and never highlighted: masked numbers, dates


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found of one kind: the first ones, and how many there are up to MOST."""

    hits: list[Hit] = field(default_factory=list)
    count: int = 0


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class SearchKind:
    """A kind of things. `right` is who may see any of them (empty: everybody, of what is meant for
    him), `find` searches, `named` gives things by key as far as they are in reach, `listed` is the
    list that continues where the search stops."""

    key: str
    title: str | Promise
    icon: str
    right: str
    find: Callable[[Any, Asked, int], Found]
    named: Callable[[Any, Iterable[int]], list[Hit]] | None = None
    listed: str = ""

    def list_url(self, text: str) -> str:
        return f"{reverse(self.listed)}?{urlencode({'q': text})}" if self.listed else ""


def _first(rows: list[Any], shown: int, hit: Callable[[Any], Hit]) -> Found:
    return Found([hit(row) for row in rows[:shown]], len(rows))


# --- customers, contacts, properties ------------------------------------------------------------


def _customers(user: Any, asked: Asked, shown: int) -> Found:
    places, count = find_places(user, asked.term, size=shown, most=MOST)
    return Found([_customer(place) for place in places], count)


def _customer(place: CustomerUnit) -> Hit:
    customer = place.customer
    flats = [one.property.label for one in getattr(customer, "owned", [])[:1]]
    facts = (place.level, *flats, place.unit.name)
    return Hit(
        "customers",
        customer.pk,
        customer.get_absolute_url(),
        place.name,
        tuple(filter(None, facts)),
        beside=customer.phone_masked,
    )


def _customers_named(user: Any, pks: Iterable[int]) -> list[Hit]:
    rows = Customer.objects.visible_to(user, VIEW_CUSTOMER).filter(pk__in=pks)
    return [Hit("customers", row.pk, row.get_absolute_url(), row.name) for row in rows]


def _contacts(user: Any, asked: Asked, shown: int) -> Found:
    return _first(find_contacts(user, asked.term.text, most=MOST), shown, _contact)


def _contact(row: Contact) -> Hit:
    url = f"{row.customer.get_absolute_url()}?tab=contacts"
    facts = tuple(filter(None, (row.title, row.customer.name)))
    return Hit("contacts", row.pk, url, row.name, facts)


def _contacts_named(user: Any, pks: Iterable[int]) -> list[Hit]:
    rows = Contact.objects.visible_to(user).filter(pk__in=pks).select_related("customer")
    return [_contact(row) for row in rows]


def _properties(user: Any, asked: Asked, shown: int) -> Found:
    return _first(find_properties(user, asked.term.text, most=MOST), shown, _property)


def _property(row: Property) -> Hit:
    """A flat has no page: it leads to those who own it."""
    query = urlencode({"q": row.label, "unit": row.unit.code})
    url = f"{reverse('customers:list')}?{query}"
    return Hit("properties", row.pk, url, row.label, (row.unit.name,))


def _properties_named(user: Any, pks: Iterable[int]) -> list[Hit]:
    rows = Property.objects.visible_to(user).filter(pk__in=pks).select_related("unit")
    return [_property(row) for row in rows]


# --- units -------------------------------------------------------------------------------------


def _units(user: Any, asked: Asked, shown: int) -> Found:
    """A unit by a part of its name or by its code; there are a thousand, which are read through."""
    text = asked.term.text.strip()
    if not text or asked.term.personal:
        return NOTHING
    rows = OrgUnit.objects.visible_to(user).active()
    named = rows.filter(Q(name__icontains=text) | Q(code__iexact=text))
    return _first(list(named.in_tree_order()[:MOST]), shown, _unit)


def _unit(row: OrgUnit) -> Hit:
    facts = (str(row.get_kind_display()), row.code)
    return Hit("units", row.pk, row.get_absolute_url(), row.name, facts)


def _units_named(user: Any, pks: Iterable[int]) -> list[Hit]:
    return [_unit(row) for row in OrgUnit.objects.visible_to(user).filter(pk__in=pks)]


# --- cases, remarks -----------------------------------------------------------------------------


def _cases(user: Any, asked: Asked, shown: int) -> Found:
    if not asked.case.forms:
        return NOTHING
    keys = case_keys(user, CaseQuery(term=asked.case), size=MOST)
    wanted = [key.pk for key in keys[:shown]]
    rows = Case.objects.select_related("unit", "category").in_bulk(wanted)
    hits = [_case(rows[pk], asked.pieces) for pk in wanted if pk in rows]
    return Found(hits, len(keys))


def _case(row: Case, pieces: list[str]) -> Hit:
    category = row.category.name if row.category else row.get_kind_display()
    facts = (category, row.complainant_name, row.room, row.unit.name)
    return Hit(
        "cases",
        row.pk,
        row.get_absolute_url(),
        row.number,
        tuple(filter(None, facts)),
        excerpt(row.content, pieces),
        f"{row.get_state_display()} · {when(row.taken_in_at, 'date')}",
    )


def _cases_named(user: Any, pks: Iterable[int]) -> list[Hit]:
    rows = Case.objects.visible_to(user, VIEW_CASE).filter(pk__in=pks)
    return [
        Hit("cases", row.pk, row.get_absolute_url(), row.number, (row.unit.name,))
        for row in rows.select_related("unit")
    ]


def _remarks(user: Any, asked: Asked, shown: int) -> Found:
    if not asked.pieces:
        return NOTHING
    found = search_remarks(user, asked.pieces)
    hits = []
    for one in found[:shown]:
        query = urlencode({"wave": one.wave, "q": max(asked.pieces, key=len)[:60]})
        beside = f"×{one.count}" if one.count > 1 else ""
        url = f"{reverse('satisfaction:remarks')}?{query}"
        hits.append(Hit("remarks", one.pk, url, excerpt(one.text, asked.pieces), beside=beside))
    return Found(hits, min(len(found), MOST))


# --- bulletins, rules ---------------------------------------------------------------------------


def _bulletins(user: Any, asked: Asked, shown: int) -> Found:
    if not asked.pieces:
        return NOTHING
    rows = search_bulletins(user, asked.pieces, most=MOST)
    return _first(rows, shown, lambda row: _bulletin(row.bulletin, row.part, asked.pieces))


def _bulletin(row: Bulletin, text: str = "", pieces: list[str] | None = None) -> Hit:
    url, day = row.get_absolute_url(), when(row.published_at, "date")
    part = excerpt(text, pieces or [])
    return Hit("bulletins", row.pk, url, row.title, (row.unit.name,), part, day)


def _bulletins_named(user: Any, pks: Iterable[int]) -> list[Hit]:
    rows = Bulletin.objects.visible_to(user).filter(pk__in=pks, state=BulletinState.PUBLISHED)
    return [_bulletin(row) for row in rows.select_related("unit")]


def _rules(user: Any, asked: Asked, shown: int) -> Found:
    if not asked.pieces:
        return NOTHING
    rows: list[Any] = search_rules(user, asked.pieces, most=MOST)
    return _first(rows, shown, lambda row: _rule(row, row.part or "", asked.pieces))


def _rule(row: RuleDocument, text: str = "", pieces: list[str] | None = None) -> Hit:
    title = f"{row.number} {row.title}".strip()
    part = excerpt(text, pieces or [])
    return Hit("rules", row.pk, row.get_absolute_url(), title, (row.unit.name,), part)


def _rules_named(user: Any, pks: Iterable[int]) -> list[Hit]:
    rows = RuleDocument.objects.visible_to(user).filter(pk__in=pks, is_retired=False)
    return [_rule(row) for row in rows.select_related("unit")]


KINDS: dict[str, SearchKind] = {
    kind.key: kind
    for kind in (
        SearchKind(
            *("customers", _("Customers"), "users", VIEW_CUSTOMER),
            *(_customers, _customers_named, "customers:list"),
        ),
        SearchKind("contacts", _("Contacts"), "id", VIEW_CUSTOMER, _contacts, _contacts_named),
        SearchKind(
            "properties", _("Properties"), "home", VIEW_CUSTOMER, _properties, _properties_named
        ),
        SearchKind("units", _("Units"), "sitemap", VIEW_UNIT, _units, _units_named),
        SearchKind(
            *("cases", pgettext_lazy("search", "Cases"), "message-report", VIEW_CASE),
            *(_cases, _cases_named, "complaints:list"),
        ),
        SearchKind(
            "remarks", pgettext_lazy("survey", "Remarks"), "message", READ_REMARKS, _remarks
        ),
        SearchKind("bulletins", _("Bulletins"), "mail", "", _bulletins, _bulletins_named),
        SearchKind("rules", _("Rules"), "file-text", "", _rules, _rules_named),
    )
}


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind. `more` says how many are not shown; `capped` that there are more than
    anybody counted."""

    kind: SearchKind
    hits: list[Hit]
    more: int
    capped: bool
    list_url: str = ""

    @property
    def count_text(self) -> str:
        """How many there are: "12", or "50+"."""
        count = len(self.hits) + self.more
        return f"{count}+" if self.capped else f"{count}"

    @property
    def more_text(self) -> str:
        """How many more of this kind there are, as a sentence for the link to them."""
        words = (
            _("{count}+ more of this kind")
            if self.capped
            else ngettext("{count} more of this kind", "{count} more of this kind", self.more)
        )
        return str(words).format(count=self.more)


def search(user: Any, asked: Asked, *, shown: int, only: str = "") -> list[Group]:
    """What is found in the reader's reach, kind by kind; what he may not see is not asked."""
    groups: list[Group] = []
    if not (asked.term.forms or asked.pieces):
        return groups
    for kind in KINDS.values():
        if (only and kind.key != only) or (kind.right and not user.has_perm(kind.right)):
            continue
        found = kind.find(user, asked, shown)
        if found.hits:
            capped = found.count >= MOST
            count = min(found.count, MOST - 1)
            url = "" if asked.term.personal else kind.list_url(asked.term.text)
            groups.append(Group(kind, found.hits, max(0, count - len(found.hits)), capped, url))
    return groups
