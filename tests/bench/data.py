"""The data of the benchmarks, made by COPY: N customers, 1.3 N places and flats, 3 N activities.

8 regions × 10 cities × 12 projects of log-normal size; a fifth of the customers have several
places, six in a hundred in several regions; the rows of the last region are all six years older.
Telephone and identity numbers are encrypted as the product does it. Same size, same data.
"""

import datetime as dt
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg
from django.contrib.auth.hashers import make_password

from core.bulk import copy_rows
from core.chinese import pinyin_of
from core.personal_data import new_subject_key
from customers.demo.archive import CUSTOMER_COLUMNS
from customers.demo.names import Names
from customers.demo.tables import protected, readings
from tests.bench import servers

VERSION = "2"
REGIONS, CITIES, PROJECTS = 8, 10, 12
OLD_REGION = REGIONS
YEARS_OLDER = dt.timedelta(days=6 * 365)
NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
SPAN = 5 * 365 * 86_400  # seconds over which last contacts spread
CHUNK = 50_000
TABLES = (
    "core_subjectkey",
    "customers_customer",
    "customers_namereading",
    "customers_property",
    "customers_ownership",
    "customers_customerunit",
    "customers_activity",
)


@dataclass(slots=True)
class Tree:
    """Keys of the units: `scope[project]` = (region, city, project)."""

    group: int
    regions: list[int] = field(default_factory=list)
    cities: list[int] = field(default_factory=list)
    projects: list[int] = field(default_factory=list)
    scope: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    weights: list[float] = field(default_factory=list)


def database_of(size: int) -> str:
    return f"bench_{size}"


def ensure(size: int, *, fresh: bool = False) -> float:
    """Make the database of a size unless it is there. Returns the seconds it took."""
    database = database_of(size)
    version = f"{VERSION}-{size}"
    if not fresh and servers.version_of(database) == version:
        # The data stay, but indexes may have been added since they were made.
        servers.manage(database, "migrate", "--no-input", "-v", "0")
        return 0.0
    started = time.perf_counter()
    servers.forget(database)
    servers.create(database)
    servers.manage(database, "migrate", "--no-input", "-v", "0")
    with servers.connect(database, "crm_owner") as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        Loader(connection, size).load()
    servers.mark(database, version)
    return time.perf_counter() - started


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class Loader:
    """Fills one database, as the owner: it takes indexes off and builds them afterwards."""

    def __init__(self, connection: psycopg.Connection, size: int) -> None:
        self.connection, self.size = connection, size
        self.random = Random(size)
        self.names = Names(Random(size + 1))
        self.tree = Tree(0)
        self.keepers: dict[int, list[int]] = {}
        self.rooms: dict[int, Iterator[int]] = {}
        self.next_place = self.next_flat = 1

    def load(self) -> None:
        """Everything, in one transaction a table's worth of statements."""
        with self.connection.cursor() as cursor:
            self._units(cursor)
            self._people(cursor)
            indexes = take_off(cursor, TABLES)
            for first in range(1, self.size + 1, CHUNK):
                last = min(first + CHUNK - 1, self.size)
                self._chunk(cursor, range(first, last + 1))
                say(f"  {last:,} customers")
            for statement in indexes:
                cursor.execute(statement)
            set_sequences(cursor, (*TABLES, "regions_orgunit", "accounts_user"))
            say("  indexes built")
            cursor.execute("VACUUM ANALYZE")

    # --- units and people ---------------------------------------------------------------------

    def _units(self, cursor: Any) -> None:
        rows: list[tuple[Any, ...]] = []
        keys = itertools.count(1)

        def unit(
            kind: str, code: str, name: str, above: tuple[int, str, str] | None
        ) -> tuple[int, str, str]:
            key = next(keys)
            path = f"{above[1] if above else '/'}{key}/"
            parent, parent_kind = (above[0], above[2]) if above else (None, None)
            row = (key, kind, code, name, parent, parent_kind, path, True, "", "", "", NOW, 0)
            rows.append(row)
            return key, path, kind

        group = unit("group", "G", "基准集团", None)
        self.tree.group = group[0]
        for r in range(1, REGIONS + 1):
            region = unit("region", f"R{r}", f"第{r}区域", group)
            self.tree.regions.append(region[0])
            for c in range(1, CITIES + 1):
                city = unit("city", f"R{r}C{c:02}", f"第{r}区域{c}号公司", region)
                self.tree.cities.append(city[0])
                for p in range(1, PROJECTS + 1):
                    name = f"第{r}区域{c}号公司{p}期"
                    project = unit("project", f"R{r}C{c:02}P{p:02}", name, city)
                    self.tree.projects.append(project[0])
                    self.tree.scope[project[0]] = (region[0], city[0], project[0])
        copy_rows(
            cursor,
            "regions_orgunit",
            "id kind code name parent_id parent_kind path is_active department_name"
            " department_level stage entered_at late_by",
            rows,
        )
        # The tree of each day since the oldest rows, as the services keep it.
        began = (NOW - YEARS_OLDER - dt.timedelta(seconds=SPAN)).date()
        copy_rows(
            cursor,
            "regions_unitversion",
            "unit_id valid_from kind code name parent_id is_active department_name"
            " department_level stage recorded_at",
            ((row[0], began, *row[1:5], *row[7:12]) for row in rows),
        )
        sizes = Random(7)
        # The median project is a fifth of the largest region's; a few are very large.
        self.tree.weights = list(
            itertools.accumulate(sizes.lognormvariate(0, 1) for _ in self.tree.projects)
        )

    def _people(self, cursor: Any) -> None:
        """Two customer officers a project, and the readers whose pages are measured."""
        people: list[tuple[str, int, str, list[int]]] = []
        tree = self.tree
        for project in tree.projects:
            for place in (1, 2):
                people.append((f"K{project:05}{place}", project, "staff", [project]))
        region, old = tree.regions[0], tree.regions[OLD_REGION - 1]
        city, other = tree.cities[3], tree.projects[CITIES * PROJECTS * 2 :]
        people += [
            ("MANAGER", tree.group, "group-management", [tree.group]),
            ("REGION", region, "section-head", [region]),
            ("OLD", old, "section-head", [old]),
            ("CITY", city, "section-head", [city]),
            ("PROJECT", tree.projects[5], "section-head", [tree.projects[5]]),
            ("MIXED", city, "section-head", [city, other[0], other[30], other[60]]),
        ]
        roles = dict(cursor.execute("SELECT code, id FROM accounts_role").fetchall())
        password = make_password(None)
        names = self.names
        copy_rows(
            cursor,
            "accounts_user",
            "id password is_superuser employee_no name phone email unit_id position state language"
            " is_demo password_changed_at",
            (
                (n, password, False, no, names.person(names.gender()), "", "", unit, "")
                + ("active", "", False, NOW)
                for n, (no, unit, _role, _in) in enumerate(people, start=1)
            ),
        )
        copy_rows(
            cursor,
            "accounts_rolegrant",
            "user_id unit_id role_id from_file given_at",
            (
                (n, unit, roles[role], False, NOW)
                for n, (_no, _unit, role, units) in enumerate(people, start=1)
                for unit in units
            ),
        )
        for n, (_no, unit, role, _in) in enumerate(people, start=1):
            if role == "staff":
                self.keepers.setdefault(unit, []).append(n)
        self.rooms = {project: itertools.count() for project in tree.projects}

    # --- customers ----------------------------------------------------------------------------

    def _chunk(self, cursor: Any, ids: range) -> None:
        customers: list[tuple[Any, ...]] = []
        subjects: list[tuple[Any, ...]] = []
        others: list[tuple[Any, ...]] = []
        flats: list[tuple[Any, ...]] = []
        owned: list[tuple[Any, ...]] = []
        places: list[tuple[Any, ...]] = []
        activities: list[tuple[Any, ...]] = []
        for id_ in ids:
            customer, wrapped = self._customer(id_)
            customers.append(customer)
            subjects.append((id_, wrapped))
            if customer[1] == "person":
                others += readings(id_, customer[3])
            for project in self._projects():
                place, flat = self._place(customer, project)
                places.append(place)
                if customer[1] == "person":
                    flats.append(flat)
                    owned.append(self._ownership(place, flat))
                activities += self._activities(place)
        copy_rows(cursor, "core_subjectkey", "id wrapped", subjects)
        copy_rows(cursor, "customers_customer", CUSTOMER_COLUMNS, customers)
        copy_rows(cursor, "customers_namereading", "customer_id pinyin initials", others)
        copy_rows(cursor, "customers_property", FLAT_COLUMNS, flats)
        copy_rows(cursor, "customers_ownership", OWNERSHIP_COLUMNS, owned)
        copy_rows(cursor, "customers_customerunit", PLACE_COLUMNS, places)
        copy_rows(cursor, "customers_activity", ACTIVITY_COLUMNS, activities)

    def _customer(self, id_: int) -> tuple[tuple[Any, ...], bytes]:
        names, draw = self.names, self.random
        key, wrapped = new_subject_key()
        person = draw.random() >= 0.05
        gender = names.gender() if person else ""
        if person:
            name = names.person(gender)
            born = dt.date(1950, 1, 1) + dt.timedelta(days=draw.randrange(18_000))
            identity = names.identity(gender, born)
            level = "普通" if draw.random() < 0.85 else "VIP" if draw.random() < 0.2 else "重点"
        else:
            name, identity = names.company(f"{draw.randrange(1, 90)}号")[0], ""
            level = "战略客户" if draw.random() < 0.1 else "一般客户"
        reading = pinyin_of(name, organisation=not person)
        row = (
            id_,
            "person" if person else "organisation",
            f"YZ{id_:08}" if person else f"KH{id_:08}",
            name,
            reading.full,
            reading.initials,
            gender,
            id_,
            "身份证" if person else "",
            *protected(key, "customer.identity", identity, index="identity"),
            *protected(key, "customer.phone", names.phone(), index="phone"),
            "",
            "" if person else "社会类",
            level,
            *("", "", "自然来访", "", "", "", None, "", None, None, None, "", None),
            *(NOW, NOW, None, "", "", ""),
        )
        return row, wrapped

    def _projects(self) -> list[int]:
        """The projects of a customer: 79 % one, 15 % more in the region, 6 % in others."""
        draw, tree = self.random, self.tree
        home = draw.choices(tree.projects, cum_weights=tree.weights)[0]
        chance = draw.random()
        if chance >= 0.21:
            return [home]
        region = tree.scope[home][0]
        wanted = 3 if draw.random() < 0.4 else 2
        found = [home]
        while len(found) < wanted:
            other = draw.choices(tree.projects, cum_weights=tree.weights)[0]
            same = tree.scope[other][0] == region
            if other not in found and (same or chance < 0.06):
                found.append(other)
        return found

    def _place(
        self, customer: tuple[Any, ...], project: int
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        draw, scope = self.random, self.tree.scope[project]
        at = NOW - dt.timedelta(seconds=draw.randrange(SPAN))
        if scope[0] == self.tree.regions[OLD_REGION - 1]:
            at -= YEARS_OLDER
        number = next(self.rooms[project])
        rest, flat = divmod(number, 4)
        rest, floor = divmod(rest, 26)
        building, unit = divmod(rest, 2)
        parts = (str(building + 1), str(unit + 1), f"{floor + 1}{flat + 1:02}")
        label = f"{parts[0]}栋{parts[1]}单元{parts[2]}"
        signed = at.date() - dt.timedelta(days=1500)
        flat_row = (self.next_flat, project, *scope, *parts, label, 100)
        place = (
            self.next_place,
            customer[0],
            project,
            *scope,
            draw.choice(self.keepers[project]),
            "自然来访",
            at,
            True,
            None,
            signed,
            signed + dt.timedelta(days=draw.randrange(300, 1400)),
            *customer[3:6],
            customer[17],
            customer[16],
            at - dt.timedelta(days=1500),
        )
        self.next_place += 1
        if customer[1] == "person":
            self.next_flat += 1
        return place, flat_row

    @staticmethod
    def _ownership(place: tuple[Any, ...], flat: tuple[Any, ...]) -> tuple[Any, ...]:
        signed, handed_over = place[11], place[12]
        return (*place[2:6], place[1], flat[0], True, signed, handed_over, "", signed, NOW)

    def _activities(self, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """2.28 a place on average, the newest at the last contact."""
        draw = self.random
        count = draw.choices((1, 2, 3, 5), (35, 30, 20, 15))[0]
        at = place[8]
        for _ in range(count):
            kind = draw.choice(("call", "message", "visit"))
            yield (
                *place[2:6],
                place[1],
                kind,
                "done",
                at,
                "电话回访入住情况，了解居住感受。",
                "",
                place[6],
                place[6],
                at,
                at,
            )
            at -= dt.timedelta(seconds=draw.randrange(86_400, 20_000_000))


FLAT_COLUMNS = "id unit_id region_id city_id project_id building building_unit room label area"
OWNERSHIP_COLUMNS = (
    "unit_id region_id city_id project_id customer_id property_id is_primary signed_on"
    " handed_over_on payment_method valid_from created_at"
)
PLACE_COLUMNS = (
    "id customer_id unit_id region_id city_id project_id keeper_id source last_contact_at contacted"
    " next_contact_on signed_on handed_over_on name pinyin initials level ownership_class"
    " created_at"
)
ACTIVITY_COLUMNS = (
    "unit_id region_id city_id project_id customer_id kind state at content result by_id"
    " entered_by_id done_at created_at"
)


def take_off(cursor: Any, tables: Sequence[str]) -> list[str]:
    """Drop what slows a load and can be built at the end. Returns the statements that build it."""
    names = list(tables)
    keys = cursor.execute(
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)""",
        [names],
    ).fetchall()
    indexes = cursor.execute(
        """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
           WHERE i.indrelid::regclass::text = ANY(%s) AND NOT EXISTS
             (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
        [names],
    ).fetchall()
    for table, name, _definition in keys:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in indexes] + [
        f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'
        for table, name, definition in keys
    ]


def set_sequences(cursor: Any, tables: Sequence[str]) -> None:
    """Let the product's own inserts go on behind the keys that were given here."""
    for table in tables:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
            f" (SELECT coalesce(max(id), 1) FROM {table}))"
        )
