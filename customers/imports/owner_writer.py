"""Writing checked owner rows by the thousand: COPY into staging, then statements on sets.

One chunk is one transaction with its checkpoint, so a killed import has written whole chunks and
goes on behind them. Within a chunk: match persons (identity number, then phone and name, then the
flat and name), encrypt and insert the new ones, fill what known ones lack, then properties,
ownerships and places by joins.

An importer of narrow reach may meet a person of another branch: he gets a place, no field of his
is changed, and the report only says that he is known.
"""

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Self

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Post, UserState
from core.bulk import next_ids
from core.chinese import pinyin_of
from core.imports.kinds import ImportContext
from core.imports.report import Report
from core.personal_data import new_subject_key
from customers.imports.owner_people import (
    MATCHES,
    PROFILE,
    UPDATED_COLUMNS,
    Owned,
    People,
    Person,
    change,
    person_of,
    protected,
)
from customers.models import Customer, CustomerKind
from customers.selectors.keepers import keeper_units
from customers.services.customers import CODE_FORMS
from customers.services.turns import take_turn
from regions.models import OrgUnit

IMPORT = "customers.import_customer"
PERSON_CODE = CODE_FORMS[CustomerKind.PERSON]


class OwnerWriter:
    """Writes chunks of one import; use it in `with`, it owns staging tables."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.run_id = context.run.pk if context.run else None
        self.suffix = str(self.run_id or "dry")
        self.scope = context.scope(IMPORT)
        self.units = {unit.pk: unit for unit in OrgUnit.objects.all()}
        self.keepers = _keepers(context)
        self.kept_by_name = kept_by_name(context, self.units)

    def __enter__(self) -> Self:
        self._create_staging()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with connection.cursor() as cursor:
            for name in ("persons", "owned"):
                cursor.execute(f"DROP TABLE IF EXISTS {self._table(name)}")

    def _table(self, name: str) -> str:
        return f'staging."owners_{name}_{self.suffix}"'

    def _create_staging(self) -> None:
        persons, owned = self._table("persons"), self._table("owned")
        with connection.cursor() as cursor:
            cursor.execute(f"""
                DROP TABLE IF EXISTS {persons}, {owned};
                CREATE UNLOGGED TABLE {persons} (
                    n int, name text, pinyin text COLLATE "C", identity_index bytea,
                    phone_index bytea, unit_id int, building text, building_unit text,
                    room text, customer_id bigint);
                CREATE UNLOGGED TABLE {owned} (
                    n int, customer_id bigint, keeper_id bigint, is_primary bool, unit_id int,
                    region_id int, city_id int, project_id int,
                    building text, building_unit text, room text, label text,
                    area numeric, signed_on date, handed_over_on date, price numeric,
                    payment_method text, source text)""")

    def write(self, rows: Sequence[Any], report: Report) -> None:
        """Write one chunk and its checkpoint in one transaction; counts go into the report."""
        with self.context.chunk(rows[-1].number, report):
            self._write(rows, report)

    def pass_over(self, row: Any) -> None:
        """Leave out a row that an earlier, killed run has written; the keepers' turn goes on."""
        for _name in row.names:
            self._keeper(row.unit_id)

    def _write(self, rows: Sequence[Any], report: Report) -> None:
        with connection.cursor() as cursor:
            take_turn(cursor)
            persons, owned = self._gather(rows)
            self._match(cursor, persons)
            known = self._known(persons)
            self._insert_new(cursor, persons, report)
            self._update_known(persons, known, report)
            self._stage_owned(cursor, owned)
            self._write_properties(cursor, report)
            self._write_ownerships(cursor)
            self._write_places(cursor)
            self._remember_words(cursor, persons)

    # --- who is who ---------------------------------------------------------------------------

    def _gather(self, rows: Sequence[Any]) -> tuple[list[Person], list[Owned]]:
        """The distinct persons of a chunk and one line for each flat and owner."""
        people = People()
        owned: list[Owned] = []
        for row in rows:
            for place, name in enumerate(row.names):
                person = people.add(person_of(row, name, is_co_owner=place > 0))
                owned.append(Owned(row, person, is_primary=place == 0))
        return people.persons, owned

    def _match(self, cursor: Any, persons: list[Person]) -> None:
        """Find the persons that the archive knows already."""
        table = self._table("persons")
        cursor.execute(f"TRUNCATE {table}")
        with cursor.copy(
            f"COPY {table} (n, name, pinyin, identity_index, phone_index, unit_id, building, "
            "building_unit, room) FROM STDIN"
        ) as copy:
            for person in persons:
                copy.write_row(
                    (
                        person.number,
                        person.name,
                        pinyin_of(person.name).full,
                        person.identity_index,
                        person.phone_index,
                        person.unit_id,
                        person.room.building,
                        person.room.unit,
                        person.room.room,
                    )
                )
        cursor.execute(f"ANALYZE {table}")
        for condition in MATCHES:
            cursor.execute(f"""
                UPDATE {table} s SET customer_id = ({condition}) WHERE s.customer_id IS NULL""")
        cursor.execute(f"SELECT n, customer_id FROM {table} WHERE customer_id IS NOT NULL")
        found = dict(cursor.fetchall())
        for person in persons:
            person.customer_id = found.get(person.number)
            person.is_new = person.customer_id is None

    def _known(self, persons: list[Person]) -> dict[int, Customer]:
        ids = {person.customer_id for person in persons if not person.is_new}
        if not ids:
            return {}
        return Customer.objects.select_related("subject").in_bulk(list(ids))

    # --- new persons --------------------------------------------------------------------------

    def _insert_new(self, cursor: Any, persons: list[Person], report: Report) -> None:
        new = [person for person in persons if person.is_new]
        if not new:
            return
        subjects = next_ids(cursor, "core_subjectkey", len(new))
        customers = next_ids(cursor, "customers_customer", len(new))
        keys = [new_subject_key() for _person in new]
        with cursor.copy("COPY core_subjectkey (id, wrapped) FROM STDIN") as copy:
            for subject, (_plain, wrapped) in zip(subjects, keys, strict=True):
                copy.write_row((subject, wrapped))
        readings = []
        with cursor.copy(f"COPY customers_customer ({', '.join(NEW_COLUMNS)}) FROM STDIN") as copy:
            for person, customer, subject, (plain, _wrapped) in zip(
                new, customers, subjects, keys, strict=True
            ):
                person.customer_id = customer
                reading = pinyin_of(person.name)
                copy.write_row(self._new_row(person, customer, subject, plain, reading))
                readings += [(customer, *other) for other in reading.alternatives]
        with cursor.copy(
            "COPY customers_namereading (customer_id, pinyin, initials) FROM STDIN"
        ) as copy:
            for row in readings:
                copy.write_row(row)
        report.created["co_owners"] += sum(person.is_co_owner for person in new)
        report.created["customers"] += sum(not person.is_co_owner for person in new)

    def _new_row(
        self, person: Person, customer: int, subject: int, key: bytes, reading: Any
    ) -> tuple[Any, ...]:
        now = timezone.now()
        return (
            customer,
            "person",
            PERSON_CODE.format(customer),
            person.name,
            reading.full,
            reading.initials,
            person.gender,
            subject,
            person.identity_kind,
            *protected(key, "identity", person.identity, person.identity_index),
            *protected(key, "phone", person.phone, person.phone_index),
            *protected(key, "other_phone", person.other_phone, person.other_phone_index),
            "",
            person.level,
            "",
            "",
            person.source,
            "",
            "",
            "",
            "",
            person.remark,
            self._actor_id(),
            self.run_id,
            now,
            now,
            *(getattr(person, name) for name in PROFILE),
        )

    def _actor_id(self) -> int | None:
        return self.context.actor.pk if self.context.actor else None

    # --- persons the archive knows ------------------------------------------------------------

    def _update_known(
        self, persons: list[Person], known: dict[int, Customer], report: Report
    ) -> None:
        """Fill or update known persons within the importer's reach; others stay untouched."""
        mine = self._within_reach(set(known))
        changed: dict[int, Customer] = {}
        for person in persons:
            if person.is_new or person.customer_id is None:
                continue
            if person.customer_id not in mine:
                sentence = _("This person is already known to the group; nothing was changed.")
                report.warn(person.row_number, "known_elsewhere", sentence)
                continue
            customer = known[person.customer_id]
            if self.context.mode != "skip" and change(customer, person, self.context.mode):
                customer.updated_at = timezone.now()
                changed[customer.pk] = customer
        if changed:
            Customer.objects.bulk_update(changed.values(), UPDATED_COLUMNS, batch_size=500)
            self._repeat_levels(list(changed))
            report.updated["customers"] += len(changed)

    def _within_reach(self, ids: set[int]) -> set[int]:
        """Those whom the importer may change by a file; seeing somebody is not enough."""
        if self.scope.everything or not ids:
            return ids
        reached = Customer.objects.visible_to(self.context.actor, IMPORT).filter(pk__in=ids)
        return set(reached.values_list("pk", flat=True))

    @staticmethod
    def _repeat_levels(ids: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE customers_customerunit p SET level = c.level FROM customers_customer c
                   WHERE c.id = p.customer_id AND c.id = ANY(%s) AND p.level <> c.level""",
                [ids],
            )

    # --- flats, ownerships, places ------------------------------------------------------------

    def _stage_owned(self, cursor: Any, owned: list[Owned]) -> None:
        table = self._table("owned")
        cursor.execute(f"TRUNCATE {table}")
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for line in owned:
                row, unit = line.row, self.units[line.row.unit_id]
                copy.write_row(
                    (
                        row.number,
                        line.person.customer_id,
                        self._keeper(unit.pk),
                        line.is_primary,
                        unit.pk,
                        *unit.scope_columns(),
                        row.room.building,
                        row.room.unit,
                        row.room.room,
                        row.room.label,
                        row.area,
                        row.signed_on,
                        row.handed_over_on,
                        row.price if line.is_primary else None,
                        row.payment_method if line.is_primary else "",
                        row.source,
                    )
                )
        cursor.execute(f"ANALYZE {table}")

    def _keeper(self, unit_id: int) -> int | None:
        if unit_id in self.kept_by_name:
            return self.context.keeper.pk
        turn = self.keepers.get(unit_id)
        return next(turn) if turn else None

    def _write_properties(self, cursor: Any, report: Report) -> None:
        owned = self._table("owned")
        cursor.execute(
            f"""INSERT INTO customers_property
                (unit_id, region_id, city_id, project_id, building, building_unit, room, label,
                 area, import_run_id)
            SELECT DISTINCT ON (unit_id, building, building_unit, room)
                unit_id, region_id, city_id, project_id, building, building_unit, room, label,
                area, %s
            FROM {owned} WHERE room <> '' ORDER BY unit_id, building, building_unit, room, n
            ON CONFLICT (unit_id, building, building_unit, room) DO NOTHING""",
            [self.run_id],
        )
        report.created["properties"] += cursor.rowcount
        cursor.execute(f"""
            UPDATE customers_property p SET area = s.area FROM {owned} s
            WHERE s.area IS NOT NULL AND p.area IS NULL AND s.room <> ''
              AND p.unit_id = s.unit_id AND p.building = s.building
              AND p.building_unit = s.building_unit AND p.room = s.room""")
        report.updated["properties"] += cursor.rowcount

    def _write_ownerships(self, cursor: Any) -> None:
        cursor.execute(
            f"""INSERT INTO customers_ownership
                (unit_id, region_id, city_id, project_id, customer_id, property_id, is_primary,
                 signed_on, handed_over_on, price, payment_method, valid_from, import_run_id,
                 created_at)
            SELECT s.unit_id, s.region_id, s.city_id, s.project_id, s.customer_id, p.id,
                s.is_primary, s.signed_on, s.handed_over_on, s.price, s.payment_method,
                s.signed_on, %s, now()
            FROM (SELECT DISTINCT ON (unit_id, building, building_unit, room, customer_id) *
                  FROM {self._table("owned")} WHERE room <> ''
                  ORDER BY unit_id, building, building_unit, room, customer_id, n) s
            JOIN customers_property p USING (unit_id, building, building_unit, room)
            ON CONFLICT (property_id, customer_id) WHERE valid_until IS NULL DO UPDATE SET
                signed_on = COALESCE(customers_ownership.signed_on, EXCLUDED.signed_on),
                handed_over_on =
                    COALESCE(customers_ownership.handed_over_on, EXCLUDED.handed_over_on)
            WHERE (customers_ownership.signed_on IS NULL AND EXCLUDED.signed_on IS NOT NULL)
               OR (customers_ownership.handed_over_on IS NULL
                   AND EXCLUDED.handed_over_on IS NOT NULL)""",
            [self.run_id],
        )

    def _write_places(self, cursor: Any) -> None:
        cursor.execute(
            f"""INSERT INTO customers_customerunit
                (customer_id, unit_id, region_id, city_id, project_id, keeper_id, entered_by_id,
                 source, last_contact_at, contacted, signed_on, handed_over_on, name, pinyin,
                 initials, level, ownership_class, import_run_id, created_at)
            SELECT s.customer_id, s.unit_id, s.region_id, s.city_id, s.project_id, s.keeper_id,
                %s, s.source, now(), false, s.signed_on, s.handed_over_on, c.name, c.pinyin,
                c.initials, c.level, c.ownership_class, %s, now()
            FROM (SELECT customer_id, unit_id, region_id, city_id, project_id,
                    (array_agg(keeper_id ORDER BY n))[1] AS keeper_id,
                    (array_agg(source ORDER BY n))[1] AS source,
                    min(signed_on) AS signed_on, min(handed_over_on) AS handed_over_on
                  FROM {self._table("owned")} GROUP BY 1, 2, 3, 4, 5) s
            JOIN customers_customer c ON c.id = s.customer_id
            ON CONFLICT (customer_id, unit_id) DO UPDATE SET
                signed_on = LEAST(customers_customerunit.signed_on, EXCLUDED.signed_on),
                handed_over_on =
                    LEAST(customers_customerunit.handed_over_on, EXCLUDED.handed_over_on)
            WHERE (customers_customerunit.signed_on, customers_customerunit.handed_over_on)
              IS DISTINCT FROM
                  (LEAST(customers_customerunit.signed_on, EXCLUDED.signed_on),
                   LEAST(customers_customerunit.handed_over_on, EXCLUDED.handed_over_on))""",
            [self._actor_id(), self.run_id],
        )

    @staticmethod
    def _remember_words(cursor: Any, persons: list[Person]) -> None:
        words = sorted({person.level for person in persons if person.level})
        cursor.execute(
            """INSERT INTO customers_customerclass (scheme, word, meaning, position)
               SELECT 'grade', word, '', 100 FROM unnest(%s::text[]) AS word
               ON CONFLICT (scheme, word) DO NOTHING""",
            [words],
        )


NEW_COLUMNS = (
    "id kind code name pinyin initials gender subject_id identity_kind "
    "identity_cipher identity_index identity_last4 phone_cipher phone_index phone_last4 "
    "other_phone_cipher other_phone_index other_phone_last4 ownership_class level industry nature "
    "source address postcode scale payment_record remark entered_by_id import_run_id created_at "
    "updated_at birth_year occupation purpose risk"
).split()


def kept_by_name(context: ImportContext, units: Collection[int]) -> Collection[int]:
    """In which units the named keeper of an import may keep customers; none without a name.

    Asked once, before the first row: while rows flow into a COPY the connection answers nothing.
    """
    if context.keeper is None:
        return ()
    return keeper_units([context.keeper], units, context.actor).get(context.keeper.pk, ())


def _keepers(context: ImportContext) -> dict[int, Iterator[int]]:
    """The customer officers of each unit, in turn; used when no keeper was named, and where the
    named one may not keep customers."""
    posts = (
        Post.objects.on(context.today)
        .filter(function__keeps_customers=True, user__state=UserState.ACTIVE)
        .order_by("user__employee_no")
        .values_list("unit_id", "user_id")
        .distinct()
    )
    officers: dict[int, list[int]] = defaultdict(list)
    for unit_id, user_id in posts:
        officers[unit_id].append(user_id)
    return {unit_id: itertools.cycle(people) for unit_id, people in officers.items()}
