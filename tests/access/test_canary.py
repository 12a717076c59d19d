"""What happens in one branch changes no byte of what the other reads.

Readers of the north open, search and export everything before the southern branch exists and once
more when it is full of marks (tests/access/branches.py). Every answer must be the same: rows,
counts, choices, order, paging and error pages. Whatever is found with the product's protections
switched off shows that the readers would have noticed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from accounts.models import User, UserQuerySet
from api.reach import SCOPES
from api.services import issue
from complaints.models import Case, CaseQuerySet, IncomingMail, Measure, WorkOrder
from complaints.models.work import WorkQuerySet
from compliance.models.bulletins import BulletinQuerySet
from compliance.models.rules import RuleQuerySet
from core.admin import ScopedAdmin
from core.models import ImportRunQuerySet
from core.scope import EVERYTHING, ScopedQuerySet
from customers.models import Activity, Customer, Property
from customers.models.activities import ActivityQuerySet
from customers.models.customers import ContactQuerySet, CustomerQuerySet, PlaceQuerySet
from customers.models.merging import PairQuerySet
from customers.models.properties import OwnershipQuerySet, PropertyQuerySet
from customers.selectors.lists import count_customers
from regions.models import OrgUnit, OrgUnitQuerySet
from tests.access.branches import (
    NORTH,
    SOUTH,
    Branch,
    Marks,
    make_branch,
    make_crossing,
    make_group,
)
from tests.access.crawl import Story, Visit, shape

pytestmark = pytest.mark.django_db

READERS = ("clerk", "head", "desk", "local_admin")
CASE_PAGES = tuple(f"/complaints/{name}" for name in ("", "board/", "overdue/", "call-backs/"))
API = (
    *("customers", "cases", "properties", "activities", "units", "staff", "survey-waves"),
    *("metrics", "metrics/figures"),
)
CASES_ALL = "channel=&sort=taken_in"  # every case in reach; an address that no page offers
READING = {"朔": "shuo", "赣": "gan"}


def typed_by_staff(marks: Marks) -> Iterator[str]:
    """Searches by name, pinyin, initials, room, code, number; choices; units and people."""
    sign, word, digits = marks.sign, marks.word, marks.digits
    reading = READING[sign]
    terms = [
        sign,
        "李",
        f"li{reading}",
        f"shan{reading}",
        f"l{reading[0]}",
        f"{sign}州花园3-2-{digits}02",
        f"3-2-{digits}02",
        f"{digits}01",
        marks.identity[-4:],
        "YZ42000001",
        f"王{sign}联",
        f"{sign}州",
        "州通知",
        "落实细则",
        "卫生间渗水",
        "太吵",
    ]
    yield from (f"/search/?{urlencode({'q': term})}" for term in terms)
    for query in (
        {"q": sign},
        {"q": f"{digits}01"},
        {"q": f"li{reading}", "sort": "-name"},
        {"unit": f"{word}1"},
        {"unit": f"{word}1", "only": "on"},
        {"keeper": f"{word}-CLERK"},
    ):
        yield f"/customers/?{urlencode(query)}"
    for path in ("/people/", "/organisation/units/", "/organisation/units/children/"):
        yield from (f"{path}?{urlencode({'q': term})}" for term in (sign, word))
    for right in ("customers.view_customer", "regions.view_orgunit", "core.add_importrun"):
        for path in ("/choices/units/", "/choices/people/"):
            yield f"{path}?{urlencode({'q': sign, 'right': right})}"
    yield f"/choices/people/?q={word}"
    yield f"/organisation/units/children/?parent={word}1A"
    yield f"/organisation/units/{word}1A/"
    yield f"/people/{word}-CLERK/"
    for term in (sign, f"{digits}01", f"{digits}02"):
        yield f"/complaints/?{urlencode({'q': term})}"
        yield f"/complaints/intake/look-up/?{urlencode({'find': term})}"
    for name in ("", "board/", "overdue/", "call-backs/", "summary/", "summary/workbook/"):
        yield f"/complaints/{name}?unit={word}"
    yield f"/complaints/works/?unit={word}"
    yield f"/complaints/measures/?unit={word}"
    yield f"/complaints/?{urlencode({'unit': f'{word}1A', 'month': '2026-03'})}"
    for deeper in (f"{word}1", f"{word}1A"):
        yield f"/complaints/summary/?{urlencode({'unit': deeper, 'month': '2026-03'})}"
        yield f"/complaints/summary/workbook/?{urlencode({'unit': deeper, 'month': '2026-03'})}"
    yield f"/complaints/roster/?unit={word}1A"
    yield f"/people/?unit={word}"


def typed_by_administrators(marks: Marks) -> Iterator[str]:
    """Searches, filters and completions of the administration."""
    for model in ("accounts/user", "regions/orgunit", "audit/entry", "accounts/loginrecord"):
        yield f"/admin/{model}/?q={marks.sign}"
    yield f"/admin/accounts/user/?q={marks.word}"
    yield f"/admin/regions/orgunit/?branch={marks.word}"
    yield "/admin/regions/city/add/"
    for model, name in (("rolegrant", "unit"), ("post", "user"), ("user", "unit")):
        asked = {"app_label": "accounts", "model_name": model, "field_name": name}
        yield f"/admin/autocomplete/?{urlencode(asked | {'term': marks.sign})}"
        yield f"/admin/autocomplete/?{urlencode(asked)}"


def guessed() -> Iterator[str]:
    """Addresses of records that do not exist yet: the south will get these keys."""
    customer, activity, case = (m.objects.latest("pk").pk + 1 for m in (Customer, Activity, Case))
    for number in range(3):
        yield f"/customers/{customer + number}/"
        yield f"/customers/{customer + number}/edit/"
        yield f"/customers/activities/{activity + number}/complete/"
        for part in ("", "clock/", "move/resume/", "answer/"):
            yield f"/complaints/{case + number}/{part}"
    for name, model in (("works", WorkOrder), ("measures", Measure)):
        yield f"/complaints/{name}/{model.objects.latest('pk').pk + 1}/"
    for number in range(3):
        yield f"/complaints/incoming/{IncomingMail.objects.latest('pk').pk + 1 + number}/"
    for name in ("groups", "opinions"):
        yield f"/complaints/{name}/{case + 2}/"


def called(marks: Marks) -> Iterator[str]:
    """What a program asks the API for in a reader's name."""
    for name in API:
        yield f"/api/v1/{name}/"
        yield f"/api/v1/{name}/?unit={marks.word}"
    yield f"/api/v1/metrics/figures/?unit={marks.word}1A&period=2026-03"
    yield f"/api/v1/metrics/figures/?unit={marks.word}&by=unit"
    yield f"/api/v1/metrics/series/?unit={marks.word}&since=2026-02&until=2026-03&by=level"
    yield f"/api/v1/properties/?label=3-2-{marks.digits}02"
    yield f"/api/v1/customers/?{urlencode({'q': marks.sign})}"
    for name, model in (
        ("customers", Customer), ("activities", Activity), ("cases", Case),
        ("properties", Property), ("units", OrgUnit),
    ):  # fmt: skip
        for number in range(3):
            yield f"/api/v1/{name}/{model.objects.latest('pk').pk + 1 + number}/"


def tell(client: Client, reader: str) -> Story:
    """Everything that one reader of the north does."""
    story = Story(client)
    if reader == "local_admin":
        story.crawl(["/admin/"], at_most=90)
        typed = typed_by_administrators
    else:
        odd = [
            "/no-such-page/",
            "/customers/?after=x&sort=name",
            "/customers/hand-over/",
            "/imports/",
        ]
        story.crawl(["/", *odd], at_most=290)
        for address in ("/customers/", "/people/", "/organisation/units/", *CASE_PAGES):
            story.do(Visit("ROWS", address))
        for address in guessed():
            story.do(Visit("GET", address))
        typed = typed_by_staff
    for marks in (SOUTH,) if reader == "desk" else (NORTH, SOUTH):
        foreign = marks is SOUTH
        for address in typed(marks):
            story.do(Visit("GET", address, foreign))
        if typed is typed_by_staff:
            for address in called(marks):
                story.do(Visit("API", address, foreign))
            digits = marks.digits
            for number in (f"138{digits}00{digits}01", marks.identity, f"137{digits}00{digits}01"):
                story.do(Visit("POST", number, foreign))
            for query in ("sort=name", urlencode({"q": marks.sign}), f"unit={marks.word}"):
                story.do(Visit("EXPORT", query, foreign))
            for query in (CASES_ALL, urlencode({"q": marks.sign}), f"unit={marks.word}"):
                story.do(Visit("CASES", query, foreign))
    return story


@dataclass
class Canaries:
    """Both branches, and what the readers of the north had done before there was a south."""

    north: Branch
    south: Branch
    boss: User
    stories: dict[str, Story]

    def findings(self, reader: str) -> dict[str, set[str]]:
        """What a reader notices now; all of it."""
        found = self.stories[reader].findings(self.south)
        return {str(visit): what for visit, what in found}

    def notices(self, reader: str, part: str) -> bool:
        """Whether a reader notices anything at the addresses that contain `part`."""
        return any(self.stories[reader].findings(self.south, part))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/")
    client.token = issue(by=user, name="canary", scopes=SCOPES, days=30).text  # type: ignore[attr-defined]
    return client


@pytest.fixture(scope="module")
def canaries(shared_database) -> Iterator[Canaries]:
    with (
        time_machine.travel("2026-03-02T10:00:00+08:00", tick=False),
        pytest.MonkeyPatch.context() as patch,
    ):
        # Every reader may call the API, without a menu that only then has a line for it.
        patch.setattr("api.services.tokens.USE", "customers.view_customer")
        group, people = make_group()
        north = make_branch(NORTH, group)
        crossing = make_crossing(north)
        clients = {reader: signed_in(north.people[reader]) for reader in READERS}
        stories = {reader: tell(client, reader) for reader, client in clients.items()}
        south = make_branch(SOUTH, group, crossing)
        yield Canaries(north, south, people["boss"], stories)


@pytest.mark.parametrize("reader", READERS)
def test_nothing_that_happens_in_the_south_reaches_a_reader_of_the_north(canaries, reader):
    assert canaries.findings(reader) == {}


@pytest.mark.parametrize("reader", READERS)
def test_no_page_of_the_south_shows_a_mark_of_the_north(canaries, reader):
    story = Story(signed_in(canaries.south.people[reader]))
    story.crawl(["/admin/" if reader == "local_admin" else "/"], at_most=25)

    leaks = {str(visit): canaries.north.leaks(text) for visit, text in story.read.items()}
    assert {visit: found for visit, found in leaks.items() if found} == {}
    assert sum(bool(canaries.south.leaks(text)) for text in story.read.values()) > 12


def test_whoever_reaches_the_group_reads_both(canaries):
    """The marks are where they should be: the same crawl sees them all with the right to."""
    story = Story(signed_in(canaries.boss))
    story.crawl(["/"], at_most=70)

    for branch in (canaries.north, canaries.south):
        assert sum(bool(branch.leaks(text)) for text in story.read.values()) > 10


@pytest.mark.parametrize("reader", READERS)
def test_the_readers_read_a_lot(canaries, reader):
    """A crawl that stops at the door finds no leak: every page that a reader may open was read."""
    read = canaries.stories[reader].read
    routes = {shape(visit.what)[0] for visit in read if visit.act == "GET"}
    fruitful = [visit for visit, text in read.items() if canaries.north.leaks(text)]

    assert SEEN[reader] - routes == set()
    assert len(fruitful) > len(read) / 2


STAFF = {
    "",
    "search/",
    "customers/",
    "customers/<int:pk>/",
    "organisation/units/",
    "organisation/units/<str:code>/",
    "organisation/units/children/",
    "people/",
    "people/<str:employee_no>/",
    "choices/units/",
    "choices/people/",
    "complaints/",
    "complaints/overdue/",
    "complaints/groups/",
    "complaints/opinions/",
    "complaints/warnings/",
    "complaints/patterns/",
    "complaints/measures/",
    "complaints/roster/",
    "complaints/summary/",
    "complaints/summary/workbook/",
}
KEEPERS = STAFF | {
    "complaints/intake/",
    "complaints/desk/",
    "complaints/board/",
    "complaints/call-backs/",
    "complaints/<int:pk>/",
    "complaints/<int:pk>/clock/",
    "complaints/<int:pk>/move/<slug:move>/",
    "complaints/<int:pk>/answer/",
    "complaints/works/",
    "complaints/works/<int:pk>/",
    "complaints/measures/<int:pk>/",
    "complaints/measures/new/",
    "customers/new/",
    "customers/<int:pk>/edit/",
    "customers/<int:pk>/activities/new/",
    "customers/activities/<int:pk>/complete/",
    "customers/activities/<int:pk>/cancel/",
    "customers/contracts/",
    "customers/targets/",
    "imports/",
    "imports/new/",
}
SEEN = {
    "clerk": KEEPERS | {"imports/<int:pk>/", "imports/<int:pk>/rejected/"},
    "head": KEEPERS
    | {
        "customers/hand-over/",
        "customers/contracts/<int:pk>/",
        "customers/duplicates/",
        "customers/<int:pk>/merge/",
        "customers/<int:pk>/merge/<int:other>/",
    },
    "desk": STAFF,
    "local_admin": {
        "admin/accounts/user/<path:object_id>/change/",
        "admin/regions/orgunit/<path:object_id>/change/",
        "admin/audit/entry/<path:object_id>/change/",
        "admin/core/job/",
        "admin/autocomplete/",
    },
}


# --- the readers would have noticed -------------------------------------------------------------


def everything(rows, *args, **kwargs):
    """In place of `visible_to`: all rows."""
    return rows


def each_case(rows, *args, **kwargs):
    """In place of `branches_of`: one branch with all rows."""
    return [rows]


def every_choice(owner, db_field, request, kwargs):
    """In place of `narrow_choices`: all choices."""
    kwargs["queryset"] = db_field.remote_field.model._default_manager.all()


LISTS = "customers.selectors.lists.scope_of"
CASES = "complaints.selectors.lists.scope_of"
COUNT = "customers.views.lists.count_customers"

# protection: what is replaced, by what, whose story is told again and where
BROKEN = {
    "the scope of every table": (ScopedQuerySet, "visible_to", everything, "clerk", ""),
    "places": (PlaceQuerySet, "visible_to", everything, "desk", "/customers/4"),
    "properties": (PropertyQuerySet, "visible_to", everything, "clerk", "/search/"),
    "ownerships": (OwnershipQuerySet, "visible_to", everything, "clerk", "/customers/"),
    "activities": (ActivityQuerySet, "visible_to", everything, "clerk", ""),
    "customers": (CustomerQuerySet, "visible_to", everything, "clerk", "/customers/42"),
    "cases": (CaseQuerySet, "visible_to", everything, "head", "/complaints/5"),
    "lists of cases": (CaseQuerySet, "branches_of", each_case, "clerk", "/complaints/"),
    "works": (WorkQuerySet, "visible_to", everything, "head", "/complaints/works/"),
    "lists of works": (WorkQuerySet, "branches_of", each_case, "clerk", "/complaints/works/"),
    "the board": (CaseQuerySet, "branches_of", each_case, "head", "/complaints/board/"),
    "the overdue": (CaseQuerySet, "branches_of", each_case, "head", "/complaints/overdue/"),
    "call-backs": (CaseQuerySet, "branches_of", each_case, "head", "/complaints/call-backs/"),
    "exports of cases": (CASES, None, lambda *args: EVERYTHING, "head", CASES_ALL),
    "the monthly summary": (OrgUnitQuerySet, "visible_to", everything, "head", "/summary/?unit"),
    "its workbook": (OrgUnitQuerySet, "visible_to", everything, "head", "/summary/workbook/"),
    "bulletins": (BulletinQuerySet, "visible_to", everything, "clerk", "/search/"),
    "rules": (RuleQuerySet, "visible_to", everything, "clerk", "/search/"),
    "properties of the API": (
        *(PropertyQuerySet, "visible_to", everything, "clerk", "/api/v1/properties/"),
    ),
    "activities of the API": (
        *(ActivityQuerySet, "visible_to", everything, "clerk", "/api/v1/activities/"),
    ),
    "staff of the API": (UserQuerySet, "visible_to", everything, "head", "/api/v1/staff/"),
    "units of the API": (OrgUnitQuerySet, "visible_to", everything, "head", "/api/v1/units/"),
    "duplicates": (PairQuerySet, "visible_to", everything, "head", "/customers/duplicates/"),
    "contacts": (ContactQuerySet, "visible_to", everything, "head", "/search/"),
    "units": (OrgUnitQuerySet, "visible_to", everything, "desk", "/organisation/"),
    "people": (UserQuerySet, "visible_to", everything, "desk", "/people/"),
    "imports": (ImportRunQuerySet, "visible_to", everything, "clerk", "/imports/"),
    "lists": (LISTS, None, lambda *args: EVERYTHING, "desk", "/customers/"),
    "counts": (
        COUNT,
        None,
        lambda user, query: count_customers(EVERYTHING, query),
        "desk",
        "/customers/",
    ),
    "exports": (LISTS, None, lambda *args: EVERYTHING, "head", "sort=name"),
    "lists of the administration": (
        ScopedAdmin,
        "in_scope",
        lambda self, rows, *args: rows,
        "local_admin",
        "/admin/",
    ),
    "choices of the administration": (
        "core.admin.narrow_choices regions.admin.units.narrow_choices",
        None,
        every_choice,
        "local_admin",
        "/add/",
    ),
}


@pytest.mark.parametrize("protection", BROKEN)
def test_a_protection_switched_off_is_noticed(canaries, monkeypatch, protection):
    target, name, broken, reader, part = BROKEN[protection]
    if name is None:
        for place in target.split():
            monkeypatch.setattr(place, broken)
    else:
        monkeypatch.setattr(target, name, broken)

    assert canaries.notices(reader, part)
