"""What is measured: who reads which page, and the bare statement that finds the same rows."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from accounts.models import User
from accounts.scopes import grants_of
from core.keyset import Key, write_cursor
from core.personal_data import blind_index
from customers.models import Customer
from customers.selectors.lists import BY_NAME, RECENT, ListQuery
from customers.selectors.terms import mark_of, understand
from reports.search.views import MARKS
from tests.bench import raw
from tests.bench.raw import Bare, Branches

READERS = {
    "project": "PROJECT",
    "city": "CITY",
    "region": "REGION",
    "old region": "OLD",
    "mixed": "MIXED",
    "group": "MANAGER",
    "own": "",
}
DEEP = 20_000


@dataclass(slots=True)
class Scene:
    """One page of one reader in one database. `match` judges the rows (same as the bare ones)."""

    part: str
    name: str
    user: User
    url: str
    query: ListQuery
    statement: str
    values: list[Any] | None = None
    after: str = ""
    where: Q = field(default_factory=Q)
    order: tuple[str, str] = ("-last_contact_at", "-pk")
    same_rows: bool = True
    customer: int = 0


def readers() -> dict[str, User]:
    """The people whose pages are measured, by the shape of their scope."""
    no_of = dict(READERS)
    keeper = User.objects.filter(employee_no__startswith="K").order_by("pk")[10]
    no_of["own"] = keeper.employee_no
    return {name: User.objects.get(employee_no=no) for name, no in no_of.items()}


def branches_of(name: str, user: User) -> Branches:
    """The reader's scope in the words of a statement."""
    if name == "group":
        return Branches(("true",))
    if name == "own":
        return Branches((f"{{t}}.keeper_id = {user.pk} AND {{t}}.project_id = {user.unit_id}",))
    held = grants_of(user)
    return Branches(tuple(f"{{t}}.{grant.column} = {grant.unit_id}" for grant in held))


def where_of(name: str, user: User) -> Q:
    """The same for the minimal view; mixed scopes show its first branch only."""
    if name == "group":
        return Q()
    if name == "own":
        return Q(keeper=user)
    held = next(grant for grant in grants_of(user) if grant.unit_id == user.unit_id)
    return Q(**{str(held.column): held.unit_id})


def list_scenes(bare: Bare) -> list[Scene]:
    """The first page of the list at every shape of scope, and a deep page of a region."""
    scenes = []
    for name, user in readers().items():
        branches = branches_of(name, user)
        statement = raw.list_statement(branches)
        scenes.append(
            Scene(
                "list",
                name,
                user,
                "/customers/",
                ListQuery(),
                statement,
                where=where_of(name, user),
            )
        )
        if name in ("region", "group"):
            scenes.append(_deep(bare, name, user, branches))
    return scenes


def _deep(bare: Bare, name: str, user: User, branches: Branches) -> Scene:
    """The page behind row DEEP, or in the middle of shorter lists."""
    whole = branches.whole("p")
    table = "customers_customerunit p"
    number = bare.rows(f"SELECT count(*) FROM {table} WHERE {whole}")[0][0]
    at, pk = bare.rows(
        f"SELECT last_contact_at, id FROM {table} WHERE {whole}"
        f" ORDER BY last_contact_at DESC, id DESC OFFSET {min(DEEP, number // 2)} LIMIT 1"
    )[0]
    cursor = write_cursor(RECENT, Key(at, pk))
    beyond = Q(last_contact_at__lte=at) & (Q(last_contact_at__lt=at) | Q(pk__lt=pk))
    return Scene(
        "list",
        f"{name}, deep page",
        user,
        f"/customers/?{urlencode({'after': cursor})}",
        ListQuery(),
        raw.list_statement(branches, deep=True),
        [at, at, pk],
        cursor,
        where_of(name, user) & beyond,
    )


def search_scenes(bare: Bare) -> list[Scene]:
    """Each kind of search in a region, names also where branches are old, mixed or everything."""
    people = readers()
    scenes = []
    for name in ("region", "old region", "group"):
        for text, match in _name_searches():
            scenes.append(_search(name, people[name], text, match))
    region = people["region"]
    for text, match in _number_searches(bare, region):
        scenes.append(_search("region", region, text, match, same=False))
    return scenes


def _name_searches() -> list[tuple[str, str]]:
    return [
        ("王伟", raw.containing("王伟")),
        ("商业管理", raw.containing("商业管理")),
        ("王", f"{raw.beginning('pinyin', 'wang')} AND {{t}}.name LIKE '王%%'"),
        ("wangwei", raw.beginning("pinyin", "wangwei")),
        ("zw", "{t}.initials = 'zw'"),
    ]


def _number_searches(bare: Bare, user: User) -> list[tuple[str, str]]:
    """Room, telephone, last four digits of a customer of the region."""
    (pk,) = bare.rows(
        "SELECT customer_id FROM customers_customerunit WHERE region_id = %s AND signed_on IS NOT"
        " NULL AND customer_id IN (SELECT id FROM customers_customer WHERE kind = 'person')"
        " ORDER BY id LIMIT 1",
        [user.unit_id],
    )[0]
    customer = Customer.objects.select_related("subject").get(pk=pk)
    phone = customer.clear("phone")
    index = blind_index("phone", f"+86{phone}").hex()
    room = "1栋2单元1201"
    owned = (
        "SELECT w.customer_id FROM customers_property f JOIN customers_ownership w"
        f" ON w.property_id = f.id WHERE f.label = '{room}' AND f.region_id = {user.unit_id}"
        " AND w.valid_until IS NULL"
    )
    last4 = phone[-4:]
    ended = (
        f"SELECT id FROM customers_customer WHERE phone_last4 = '{last4}'"
        f" UNION SELECT id FROM customers_customer WHERE identity_last4 = '{last4}'"
    )
    exact = rf"SELECT id FROM customers_customer WHERE phone_index = '\x{index}'"
    return [
        (room, raw.of_customers(owned)),
        (phone, raw.of_customers(exact)),
        (last4, raw.of_customers(ended)),
    ]


def _search(name: str, user: User, text: str, match: str, *, same: bool = True) -> Scene:
    term = understand(text)
    url = f"/customers/?{urlencode({'q': text})}"
    if term.personal:
        url = f"/search/?{urlencode({'mark': MARKS.sign_object(mark_of(term))})}"
        text = "telephone"
    branch = branches_of(name, user).conditions[0]
    return Scene(
        "search",
        f"{name}: {text}",
        user,
        url,
        ListQuery(term=term, order=BY_NAME),
        raw.search_statement(branch, match),
        where=where_of(name, user),
        order=("pinyin", "pk"),
        # Readings and numbers have further forms (other readings, contacts), which add rows.
        same_rows=same and not text.isascii(),
    )


def detail_scenes(bare: Bare) -> list[Scene]:
    """The page of one customer with several places and activities."""
    user = readers()["region"]
    (pk,) = bare.rows(
        "SELECT customer_id FROM customers_customerunit WHERE region_id = %s"
        " GROUP BY customer_id HAVING count(*) = 2 ORDER BY customer_id LIMIT 1",
        [user.unit_id],
    )[0]
    return [Scene("detail", "region", user, f"/customers/{pk}/", ListQuery(), "", customer=pk)]


MAKERS = {"list": list_scenes, "search": search_scenes, "detail": detail_scenes}
