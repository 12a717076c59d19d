"""Owners with their flats, business customers with their contacts: planned, then written."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from django.utils import timezone

from core.bulk import copy_rows, next_ids
from core.chinese import pinyin_of
from core.personal_data import encrypt, new_subject_key
from core.values.rooms import Room
from customers.demo import names as words
from customers.demo.names import Names
from customers.demo.organisation import Organisation, Person, Unit, first_hand_over
from customers.demo.tables import protected, readings
from customers.models import CustomerKind
from regions.models import Kind

OWNERS = 20_000
ORGANISATIONS = 150
# Shares of first owners with flats in two projects or more, and in several regions.
SEVERAL_PLACES = 0.22
SEVERAL_REGIONS = 0.06
CO_OWNED = 0.05
FLOORS, FLATS_A_FLOOR, UNITS_A_BUILDING = 18, 2, 2
BUILDING_EVERY = 45  # days between the hand-over of one building and the next


@dataclass(slots=True, eq=False)
class Flat:
    """A flat to be."""

    project: Unit
    room: Room
    area: int
    price: int
    payment_method: str
    signed_on: dt.date
    handed_over_on: dt.date | None
    key: int = 0


@dataclass(slots=True, eq=False)
class Contact:
    """A person inside a business customer."""

    name: str
    department: str
    title: str
    phone: str
    email: str
    is_key: bool
    key: int = 0


@dataclass(slots=True, eq=False)
class Client:
    """An owner or a business customer to be. `facts` are further columns of the customer."""

    kind: str
    name: str
    level: str
    source: str
    gender: str = ""
    identity: str = ""
    phone: str = ""
    ownership_class: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    flats: list[tuple[Flat, bool]] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    code: str = ""
    key: int = 0


@dataclass(slots=True, eq=False)
class Place:
    """A customer's place in a unit to be. The activities fill the last two."""

    client: Client
    unit: Unit
    keeper: Person | None
    signed_on: dt.date | None
    handed_over_on: dt.date | None
    created_at: dt.datetime
    last_contact_at: dt.datetime | None = None
    next_contact_on: dt.date | None = None


@dataclass(slots=True)
class Archive:
    """All customers and their places."""

    clients: list[Client]
    places: list[Place]


class Estate:
    """Hands out the flats of projects one after the other."""

    def __init__(self, organisation: Organisation, names: Names, today: dt.date) -> None:
        self.names, self.today = names, today
        self.projects = organisation.of(Kind.PROJECT)
        self.weights = list(accumulate(unit.households or 1 for unit in self.projects))
        self.taken: dict[str, int] = defaultdict(int)
        self.price = {unit.code: names.random.randrange(9, 42) * 1000 for unit in self.projects}
        self.by_region: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.projects:
            self.by_region[unit.line()[1].code].append(unit)

    def projects_of_owner(self) -> list[Unit]:
        """The projects in which a new owner has flats."""
        draw = self.names.random
        chance = draw.random()
        home = draw.choices(self.projects, cum_weights=self.weights)[0]
        if chance >= SEVERAL_PLACES:
            return [home]
        region = home.line()[1].code
        if chance < SEVERAL_REGIONS:
            others = [unit for unit in self.projects if unit.line()[1].code != region]
        else:
            others = [unit for unit in self.by_region[region] if unit is not home]
        return [home, *draw.sample(others, 2 if draw.random() < 0.12 else 1)]

    def flat(self, project: Unit) -> Flat:
        draw = self.names.random
        number = self.taken[project.code]
        self.taken[project.code] += 1
        area = draw.choice(words.AREAS)
        signed_on, handed_over_on = self._dates(project, _building(number))
        return Flat(
            project,
            _room(number),
            area,
            area * self.price[project.code],
            self.names.weighted(words.PAYMENT_METHODS, words.PAYMENT_WEIGHTS),
            signed_on,
            handed_over_on,
        )

    def _dates(self, project: Unit, building: int) -> tuple[dt.date, dt.date | None]:
        """Signing 10 to 28 months before the hand-over; a hand-over ahead is not always agreed."""
        draw, today = self.names.random, self.today
        due = first_hand_over(project) + dt.timedelta(days=building * BUILDING_EVERY)
        handed_over_on = due + dt.timedelta(days=draw.randrange(30))
        signed_on = handed_over_on - dt.timedelta(days=draw.randrange(300, 840))
        if signed_on >= today:
            signed_on = today - dt.timedelta(days=draw.randrange(1, 240))
        agreed = handed_over_on <= today or draw.random() < 0.7
        return signed_on, handed_over_on if agreed else None


def _building(number: int) -> int:
    return number // (FLOORS * FLATS_A_FLOOR * UNITS_A_BUILDING)


def _room(number: int) -> Room:
    """The place of the flat with this number in a project: floor by floor, unit by unit."""
    rest, flat = divmod(number, FLATS_A_FLOOR)
    rest, floor = divmod(rest, FLOORS)
    building, unit = divmod(rest, UNITS_A_BUILDING)
    return Room(str(building + 1), str(unit + 1), f"{floor + 1}{flat + 1:02}")


def plan_archive(organisation: Organisation, names: Names, today: dt.date) -> Archive:
    """OWNERS owners and ORGANISATIONS business customers with their places."""
    estate = Estate(organisation, names, today)
    owners: list[Client] = []
    while len(owners) < OWNERS:
        owner = _owner(names, today)
        owner.flats = [(estate.flat(unit), True) for unit in estate.projects_of_owner()]
        owners.append(owner)
        if names.random.random() < CO_OWNED and len(owners) < OWNERS:
            owners.append(_co_owner(names, owner, today))
    places = list(_places_of(owners, names, today))
    cities = organisation.of(Kind.CITY)
    for number in range(1, ORGANISATIONS + 1):
        city = names.random.choice(cities)
        client = _business(names, city, number, organisation, today)
        owners.append(client)
        since = timezone.make_aware(
            dt.datetime.combine(client.facts["first_cooperation_on"], dt.time(10))
        )
        places.append(Place(client, city, names.random.choice(city.officers), None, None, since))
    return Archive(owners, places)


def _profile(client: Client) -> Client:
    """Year of birth and, of two thirds, occupation, purpose and risk: drawn from the number that
    was drawn already, so that everything else of the demonstration stays what it was."""
    number = int(client.identity[6:17]) if client.identity else 0
    if client.identity:
        client.facts["birth_year"] = int(client.identity[6:10])
    if number % 3:
        client.facts["occupation"] = words.OCCUPATIONS[number // 3 % len(words.OCCUPATIONS)]
        client.facts["purpose"] = "investment" if number % 5 == 0 else "own_use"
        client.facts["risk"] = words.RISKS[number // 7 % len(words.RISKS)]
    return client


def _owner(names: Names, today: dt.date) -> Client:
    gender = names.gender()
    client = Client(
        CustomerKind.PERSON,
        names.person(gender),
        names.weighted(("VIP", "重点", "普通"), (3, 12, 85)),
        names.weighted(words.PERSON_SOURCES, words.PERSON_SOURCE_WEIGHTS),
        gender,
        names.identity(gender, names.birthday(24, 70, today)),
        names.phone(),
    )
    return _profile(client)


def _co_owner(names: Names, owner: Client, today: dt.date) -> Client:
    """Somebody who owns the first flat of an owner with him; half have no identity number."""
    gender = words.FEMALE if owner.gender == words.MALE else words.MALE
    known = names.random.random() < 0.5
    return Client(
        CustomerKind.PERSON,
        names.person(gender),
        owner.level,
        owner.source,
        gender,
        names.identity(gender, names.birthday(24, 70, today)) if known else "",
        names.phone() if known else "",
        flats=[(owner.flats[0][0], False)],
    )


def _business(
    names: Names, city: Unit, number: int, organisation: Organisation, today: dt.date
) -> Client:
    draw, place = names.random, city.name.removesuffix("公司")
    public = draw.random() < 0.15
    name, industry = names.company(place)
    if public:
        name, industry = f"{place}市{draw.choice(words.PUBLIC_BODIES)}", "政府机关"
    name = name if draw.random() < 0.5 or public else f"{name.removesuffix('有限公司')}集团有限公司"
    leaders = [p for p in organisation.units[0].people if p.role == "group-management"]
    return Client(
        CustomerKind.ORGANISATION,
        name,
        names.weighted(("战略客户", "重点客户", "一般客户", "潜在客户"), (12, 28, 45, 15)),
        draw.choice(words.BUSINESS_SOURCES),
        ownership_class="政府类"
        if public
        else draw.choice(("社会类", "社会类", "外资类", "系统内")),
        facts={
            "industry": industry,
            "nature": "事业单位" if public else draw.choice(words.NATURES),
            "address": f"{place}市{draw.choice(words.STREETS)}{draw.randrange(1, 400)}号",
            "postcode": f"{draw.randrange(100000, 899999)}",
            "scale": draw.choice(words.SCALES),
            "assets": draw.randrange(500, 400_000),
            "payment_record": draw.choice(words.PAYMENT_RECORDS),
            "first_cooperation_on": today - dt.timedelta(days=draw.randrange(200, 3000)),
            "specialist": draw.choice(city.officers),
            "contact_leader": draw.choice(leaders),
        },
        contacts=list(_contacts(names, number)),
        code=f"DKH{number:06}",
    )


def _contacts(names: Names, number: int) -> Iterator[Contact]:
    met: set[str] = set()
    for place in range(names.random.randrange(1, 4)):
        name = names.person(names.gender())
        if name in met:
            continue
        met.add(name)
        yield Contact(
            name,
            names.random.choice(words.DEPARTMENTS),
            names.random.choice(words.TITLES),
            names.phone(),
            f"contact{number}-{place}@example.com",
            place == 0,
        )


def _places_of(owners: list[Client], names: Names, today: dt.date) -> Iterator[Place]:
    """One place a customer and project, kept by the project's officers in turn; few unkept."""
    turn: dict[str, int] = defaultdict(int)
    for owner in owners:
        units: dict[str, list[Flat]] = defaultdict(list)
        for flat, _first in owner.flats:
            units[flat.project.code].append(flat)
        for code, flats in units.items():
            unit = flats[0].project
            keeper = None
            if unit.officers and names.random.random() > 0.03:
                keeper = unit.officers[turn[code] % len(unit.officers)]
                turn[code] += 1
            signed_on = min(flat.signed_on for flat in flats)
            handed_over = [flat.handed_over_on for flat in flats if flat.handed_over_on]
            at = dt.time(9 + names.random.randrange(9), names.random.randrange(60))
            created_at = timezone.make_aware(dt.datetime.combine(signed_on, at))
            yield Place(owner, unit, keeper, signed_on, min(handed_over, default=None), created_at)


# --- writing --------------------------------------------------------------------------------------

CUSTOMER_COLUMNS = (
    "id kind code name pinyin initials gender subject_id identity_kind identity_cipher"
    " identity_index identity_last4 phone_cipher phone_index phone_last4 other_phone_last4"
    " ownership_class level industry nature source address postcode scale assets payment_record"
    " first_cooperation_on specialist_id contact_leader_id remark import_run_id created_at"
    " updated_at birth_year occupation purpose risk"
)


def write_archive(cursor: Any, archive: Archive, run: int) -> None:
    """Draw keys and write customers, contacts, properties and ownerships; places come later."""
    clients = archive.clients
    for client, key in zip(
        clients, next_ids(cursor, "customers_customer", len(clients)), strict=True
    ):
        client.key = key
        client.code = client.code or f"YZ{key:08d}"
    since = {place.client.key: place.created_at for place in reversed(archive.places)}
    rows = list(_customer_rows(cursor, clients, since, run))
    copy_rows(cursor, "customers_customer", CUSTOMER_COLUMNS, rows)
    copy_rows(
        cursor,
        "customers_namereading",
        "customer_id pinyin initials",
        (
            row
            for client in clients
            if client.kind == CustomerKind.PERSON
            for row in readings(client.key, client.name)
        ),
    )
    _write_contacts(cursor, clients, since, run)
    _write_flats(cursor, clients, since, run)


def subjects(cursor: Any, count: int) -> Iterator[tuple[int, bytes]]:
    """New subjects of personal data, so many: (primary key, plain key) each."""
    ids = next_ids(cursor, "core_subjectkey", count)
    keys = [new_subject_key() for _ in ids]
    wrapped = ((id_, key[1]) for id_, key in zip(ids, keys, strict=True))
    copy_rows(cursor, "core_subjectkey", "id wrapped", wrapped)
    return ((id_, key[0]) for id_, key in zip(ids, keys, strict=True))


def _customer_rows(
    cursor: Any, clients: list[Client], since: dict[int, dt.datetime], run: int
) -> Iterator[tuple[Any, ...]]:
    secret = [client for client in clients if client.identity or client.phone]
    secrets = dict(zip((c.key for c in secret), subjects(cursor, len(secret)), strict=True))
    for client in clients:
        subject, key = secrets.get(client.key, (None, b""))
        person = client.kind == CustomerKind.PERSON
        reading = pinyin_of(client.name, organisation=not person)
        facts = client.facts
        yield (
            client.key,
            client.kind,
            client.code,
            client.name,
            reading.full,
            reading.initials,
            client.gender,
            subject,
            "身份证" if client.identity else "",
            *protected(key, "customer.identity", client.identity, index="identity"),
            *protected(key, "customer.phone", client.phone, index="phone"),
            "",
            client.ownership_class,
            client.level,
            facts.get("industry", ""),
            facts.get("nature", ""),
            client.source,
            facts.get("address", ""),
            facts.get("postcode", ""),
            facts.get("scale", ""),
            facts.get("assets"),
            facts.get("payment_record", ""),
            facts.get("first_cooperation_on"),
            facts["specialist"].key if "specialist" in facts else None,
            facts["contact_leader"].key if "contact_leader" in facts else None,
            "",
            run,
            since[client.key],
            since[client.key],
            facts.get("birth_year"),
            *(facts.get(name, "") for name in ("occupation", "purpose", "risk")),
        )


def _write_contacts(
    cursor: Any, clients: list[Client], since: dict[int, dt.datetime], run: int
) -> None:
    pairs = [(client, contact) for client in clients for contact in client.contacts]
    ids = next_ids(cursor, "customers_contact", len(pairs))
    rows = []
    for (client, contact), id_, (subject, key) in zip(
        pairs, ids, subjects(cursor, len(pairs)), strict=True
    ):
        contact.key = id_
        rows.append(
            (
                id_,
                client.key,
                contact.name,
                pinyin_of(contact.name).full,
                contact.department,
                contact.title,
                subject,
                *protected(key, "contact.phone", contact.phone, index="phone"),
                encrypt(key, contact.email, "contact.email"),
                "",
                contact.is_key,
                run,
                since[client.key],
            )
        )
    copy_rows(
        cursor,
        "customers_contact",
        "id customer_id name pinyin department title subject_id phone_cipher phone_index"
        " phone_last4 email_cipher fax is_key import_run_id created_at",
        rows,
    )


def _write_flats(
    cursor: Any, clients: list[Client], since: dict[int, dt.datetime], run: int
) -> None:
    owned = [(client, flat, first) for client in clients for flat, first in client.flats]
    flats = [flat for _client, flat, first in owned if first]
    for flat, key in zip(flats, next_ids(cursor, "customers_property", len(flats)), strict=True):
        flat.key = key
    copy_rows(
        cursor,
        "customers_property",
        "id unit_id region_id city_id project_id building building_unit room label area"
        " import_run_id",
        (
            (f.key, f.project.key, *f.project.scope(), *f.room[:3], f.room.label, f.area, run)
            for f in flats
        ),
    )
    copy_rows(
        cursor,
        "customers_ownership",
        "unit_id region_id city_id project_id customer_id property_id is_primary signed_on"
        " handed_over_on price payment_method valid_from import_run_id created_at",
        (
            (
                f.project.key,
                *f.project.scope(),
                client.key,
                f.key,
                first,
                f.signed_on,
                f.handed_over_on,
                f.price if first else None,
                f.payment_method if first else "",
                f.signed_on,
                run,
                since[client.key],
            )
            for client, f, first in owned
        ),
    )


def write_places(cursor: Any, archive: Archive, run: int) -> None:
    """Write the places with what the activities left on them."""
    copy_rows(
        cursor,
        "customers_customerunit",
        "customer_id unit_id region_id city_id project_id keeper_id source last_contact_at"
        " contacted next_contact_on signed_on handed_over_on name pinyin initials level"
        " ownership_class import_run_id created_at",
        (_place_row(place, run) for place in archive.places),
    )


def _place_row(place: Place, run: int) -> tuple[Any, ...]:
    client = place.client
    reading = pinyin_of(client.name, organisation=client.kind == CustomerKind.ORGANISATION)
    return (
        client.key,
        place.unit.key,
        *place.unit.scope(),
        place.keeper.key if place.keeper else None,
        client.source,
        place.last_contact_at or place.created_at,
        place.last_contact_at is not None,
        place.next_contact_on,
        place.signed_on,
        place.handed_over_on,
        client.name,
        reading.full,
        reading.initials,
        client.level,
        client.ownership_class,
        run,
        place.created_at,
    )
