"""Cases for the benchmarks: half a million over the units of the archive, twenty thousand open.

Three years of cases, as many in a project as it has customers; the newest are the likeliest to be
open. Ended cases have two limits that were met, open ones three that run, each with its ladder,
and one in ten of these is overdue. Same number, same cases.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from random import Random
from typing import Any

import psycopg

from core.bulk import copy_rows
from customers.demo.names import Names
from tests.bench import servers
from tests.bench.data import CITIES, NOW, PROJECTS, REGIONS, say, set_sequences, take_off

OPEN = 20_000
DAYS = 3 * 365
CHUNK = 50_000
TABLES = (
    "complaints_case",
    "complaints_complainant",
    "complaints_deadline",
    "complaints_escalationstep",
)
WORDS = (
    "卫生间顶部渗水 外墙开裂 门窗漏风 车位被占 电梯异响"
    " 保洁不到位 办证延误 地砖空鼓 噪音扰民 绿化枯死"
).split()
RARE = "外墙瓷砖脱落伤人"
TAILS = (
    "，第二次报修 ，业主要求尽快上门 ，已联系物业未处理 ，请安排工程师查验 ，业主情绪激动".split()
)
OPEN_STATES = ("registered", "assigned", "accepted", "in_progress", "resolved", "called_back")
# Steps of a ladder: relation, side, amount, unit, hours from the due instant.
LADDER = (
    ("handler", "before", 4, "working_hours", -4),
    ("project_head", "after", 0, "clock_hours", 0),
    ("city_head", "after", 24, "clock_hours", 24),
)
CASE_COLUMNS = (
    "id number kind channel channel_words category_id top_category_id level_id state content"
    " complainant_name room unit_id region_id city_id project_id handler_id taken_in_at"
    " assigned_at first_contact_at resolved_at called_back_at closed_at plan resolution cause"
    " rating reject_reason merged_from_state round next_due_at next_due_kind version created_at"
    " updated_at"
)
LIMIT_COLUMNS = "id case_id kind round starts_at amount unit_of_time due_at met_at dropped"
STEP_COLUMNS = (
    "deadline_id case_id position relation side amount unit_of_time at taken_at told passed_over"
)


def ensure(database: str, number: int) -> None:
    """Fill the cases of a database unless they are there. The units and people are there."""
    with servers.connect(database, "crm_owner") as connection:
        _complete_units(connection)
        found = connection.execute("SELECT coalesce(max(id), 0) FROM complaints_case").fetchone()
        if found and found[0] == number:
            return
        say(f"Data of {number:,} cases ...")
        connection.execute("SET maintenance_work_mem = '512MB'")
        CaseLoader(connection, number).load()


def _complete_units(connection: psycopg.Connection) -> None:
    """What the summary reads of units: households, and how the tree was on former days."""
    connection.execute("UPDATE regions_orgunit SET households = 800 WHERE kind = 'project'")
    connection.execute(
        """INSERT INTO regions_unitversion (unit_id, valid_from, kind, code, name, parent_id,
             is_active, department_name, department_level, stage, recorded_at)
           SELECT id, '2020-01-01', kind, code, name, parent_id, true, '', '', '', now()
           FROM regions_orgunit u
           WHERE NOT EXISTS (SELECT 1 FROM regions_unitversion v WHERE v.unit_id = u.id)"""
    )
    connection.execute("ANALYZE regions_unitversion")


class CaseLoader:
    """Fills the tables of cases, as the owner."""

    def __init__(self, connection: psycopg.Connection, number: int) -> None:
        self.connection, self.number = connection, number
        self.random = Random(number)
        self.names = Names(Random(number + 1))
        self.limits = itertools.count(1)
        fetch = connection.execute
        self.places = fetch(
            "SELECT p.id, c.parent_id, p.parent_id FROM regions_orgunit p"
            " JOIN regions_orgunit c ON c.id = p.parent_id WHERE p.kind = 'project' ORDER BY p.id"
        ).fetchall()
        assert len(self.places) == REGIONS * CITIES * PROJECTS
        sizes = Random(7)
        self.weights = list(itertools.accumulate(sizes.lognormvariate(0, 1) for _ in self.places))
        self.handlers: dict[int, list[int]] = {}
        for unit, user in fetch(
            "SELECT unit_id, id FROM accounts_user WHERE employee_no LIKE 'K%' ORDER BY id"
        ).fetchall():
            self.handlers.setdefault(unit, []).append(user)
        self.categories = fetch(
            "SELECT id, parent_id FROM complaints_category WHERE parent_id IS NOT NULL ORDER BY id"
        ).fetchall()
        self.levels = [
            row[0] for row in fetch("SELECT id FROM complaints_level ORDER BY rank").fetchall()
        ]

    def load(self) -> None:
        """Everything, indexes built at the end."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
            indexes = take_off(cursor, TABLES)
            for first in range(1, self.number + 1, CHUNK):
                self._chunk(cursor, range(first, min(first + CHUNK, self.number + 1)))
                say(f"  {min(first + CHUNK - 1, self.number):,} cases")
            for statement in indexes:
                cursor.execute(statement)
            set_sequences(cursor, TABLES)
            say("  indexes built")
            cursor.execute("VACUUM ANALYZE")

    def _chunk(self, cursor: Any, ids: range) -> None:
        cases: list[tuple[Any, ...]] = []
        callers: list[tuple[Any, ...]] = []
        limits: list[tuple[Any, ...]] = []
        steps: list[tuple[Any, ...]] = []
        for id_ in ids:
            case, due = self._case(id_)
            cases.append(case)
            callers.append((id_, case[10], case[11], f"{self.random.randrange(10_000):04}", True))
            for limit in self._limits(case, due):
                limits.append(limit)
                if limit[8] is None:
                    steps += self._steps(limit)
        copy_rows(cursor, "complaints_case", CASE_COLUMNS, cases)
        caller_columns = "case_id name room phone_last4 is_first is_spokesperson created_at"
        copy_rows(
            cursor,
            "complaints_complainant",
            caller_columns,
            ((*caller, False, NOW) for caller in callers),
        )
        copy_rows(cursor, "complaints_deadline", LIMIT_COLUMNS, limits)
        copy_rows(cursor, "complaints_escalationstep", STEP_COLUMNS, steps)

    def _case(self, id_: int) -> tuple[tuple[Any, ...], dt.datetime | None]:
        """A row, and the instant at which its earliest limit is due while it is open."""
        draw = self.random
        unit, region, city = draw.choices(self.places, cum_weights=self.weights)[0]
        # Keys rise with time, as they do where cases are taken in.
        age = DAYS * (1 - id_ / self.number)
        at = NOW - dt.timedelta(days=age)
        is_open = id_ > self.number - OPEN * 2 and draw.random() < 0.5
        state = draw.choice(OPEN_STATES) if is_open else "closed"
        late = draw.random() < 0.1
        due = NOW + dt.timedelta(hours=draw.uniform(-72, 0) if late else draw.uniform(0.5, 240))
        category, top = draw.choice(self.categories)
        building, entrance, floor = (draw.randrange(1, most) for most in (30, 4, 33))
        room = f"{building}栋{entrance}单元{floor}0{draw.randrange(1, 5)}"
        words = RARE if draw.random() < 0.0005 else draw.choice(WORDS)
        contact = at + dt.timedelta(minutes=draw.randrange(5, 1500))
        solved = at + dt.timedelta(hours=draw.randrange(8, 200))
        done = state in ("closed", "called_back")
        row = (
            id_,
            f"TS{at:%Y%m%d}{id_:07}",
            draw.choices(("complaint", "repair", "consultation"), (6, 3, 1))[0],
            draw.choice(("hotline", "visit", "wechat", "online")),
            "",
            category,
            top,
            draw.choices(self.levels, (70, 20, 8, 2))[0],
            state,
            f"{room}{words}{draw.choice(TAILS)}",
            self.names.person(self.names.gender()),
            room,
            *(unit, region, city, unit),
            draw.choice(self.handlers[unit]) if state != "registered" else None,
            at,
            at,
            contact if state not in ("registered", "assigned") else None,
            solved if done or state == "resolved" else None,
            solved if done else None,
            solved if state == "closed" else None,
            *("", "", draw.choice(("", "method", "man", "material"))),
            draw.choice((3, 4, 5, 5, None)) if done else None,
            *("", "", 1),
            due if is_open else None,
            "resolution" if is_open else "",
            *(1, at, at),
        )
        return row, due if is_open else None

    def _limits(self, case: tuple[Any, ...], due: dt.datetime | None) -> Iterator[tuple[Any, ...]]:
        at, contact, solved = case[17], case[19], case[20]
        day = dt.timedelta(days=1)
        met = contact or (None if due else at)
        yield (next(self.limits), case[0], "first_contact", 1, at, 4, "working_hours") + (
            at + day if due is None else due,
            met,
            False,
        )
        yield (next(self.limits), case[0], "resolution", 1, at, 3, "working_days") + (
            at + 5 * day if due is None else due,
            solved,
            False,
        )

    def _steps(self, limit: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for position, (relation, side, amount, unit, hours) in enumerate(LADDER):
            at = limit[7] + dt.timedelta(hours=hours)
            yield limit[0], limit[1], position, relation, side, amount, unit, at, None, "[]", "[]"
