"""The log-in rule applied to everybody for a quarter of a year, beside reading the same log-ins.

People of their own, twenty thousand unless said otherwise, over all projects: four of five days
have a log-in, some days two, one in ten people is on a trip for a week, one in ten on leave, and
one in twenty never logs in for three weeks; the officers of the archive log in likewise. The new
people may not log in to anything, so that pages of other parts do not find them. What stands
beside is one pass over the log-ins of the span, person and moment, brought to the process that
asks.
"""

import datetime as dt
import statistics
from typing import Any

import psycopg

from compliance.selectors.log_in_rules import ZONE
from compliance.selectors.log_ins import check
from tests.bench import data, servers
from tests.bench.data import say
from tests.bench.measure import timed
from tests.bench.targets import CHECK_TO_READING, Verdict

FIRST, LAST = dt.date(2026, 7, 1), dt.date(2026, 9, 30)
MOST_ROUNDS = 5
BASE = 50_000_000  # keys of these people begin here
FILL = (
    """INSERT INTO accounts_user (id, password, is_superuser, employee_no, name, phone, email,
        unit_id, position, state, language, is_demo, password_changed_at)
       SELECT {base} + n, '!', false, 'D' || n, '员工' || n, '', '', u.id, '', 'left', '', false,
        now()
       FROM generate_series(1, {people}) AS n
       JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many
             FROM regions_orgunit WHERE kind = 'project') u ON u.place = n % u.many""",
    """INSERT INTO accounts_loginrecord (user_id, employee_no, kind, at, agent, device, method)
       SELECT p.id, p.employee_no, 'login', d + interval '8 hours'
        + p.id % 600 * interval '1 minute' + twice * interval '1 hour', '', '', ''
       FROM accounts_user p
       CROSS JOIN generate_series(timestamptz '{first} 00:00+08', timestamptz '{last} 00:00+08',
        '1 day') WITH ORDINALITY AS c(d, day)
       CROSS JOIN generate_series(0, 1) AS twice
       WHERE (p.id * 7 + day * 3) % 5 <> 0 AND (twice = 0 OR (p.id + day) % 4 = 0)
        AND NOT (p.id % 20 = 0 AND day BETWEEN 30 AND 50)""",
    """INSERT INTO compliance_absence (unit_id, region_id, city_id, project_id, person_id, kind,
        first_day, last_day, destination, reason, state, source, change_reason, version, created_at)
       SELECT p.unit_id, c.parent_id, u.parent_id, u.id, p.id,
        CASE p.id % 10 WHEN 1 THEN 'trip' ELSE 'leave' END, date '{first}' + (p.id % 80)::int,
        date '{first}' + (p.id % 80)::int + 6, '', '', 'approved', 'file', '', 1, now()
       FROM accounts_user p JOIN regions_orgunit u ON u.id = p.unit_id
       JOIN regions_orgunit c ON c.id = u.parent_id
       WHERE p.id > {base} AND p.id % 10 IN (1, 2)""",
)
READ = """
    SELECT user_id, at FROM accounts_loginrecord
    WHERE kind IN ('login', 'day') AND at >= %s AND at < %s"""


def ensure(database: str, people: int) -> None:
    """Fill the tables of a database unless they are there. Raises ValueError for another number:
    people are never deleted, so that needs data made anew."""
    with servers.connect(database, "crm_owner") as bare:
        row = bare.execute("SELECT count(*) FROM accounts_user WHERE id > %s", [BASE]).fetchone()
        found = row[0] if row else 0
        if found == people:
            return
        if found:
            raise ValueError(f"{database} has log-ins of {found} people; please add --fresh")
        say(f"Log-ins of {people:,} people ...")
        for statement in FILL:
            bare.execute(statement.format(base=BASE, people=people, first=FIRST, last=LAST))
        bare.execute("VACUUM ANALYZE")


def run(size: int, people: int, rounds: int) -> list[Verdict]:
    """The verdict on one database."""
    ensure(data.database_of(size), people)
    servers.use(data.database_of(size))
    with servers.connect(data.database_of(size)) as bare:
        return [_verdict(size, people, rounds, bare)]


def _verdict(size: int, people: int, rounds: int, bare: psycopg.Connection) -> Verdict:
    rows, found = _read(bare), check(FIRST, LAST)  # warms up
    mine = [one for one in found.people if one.person > BASE]
    assert len(mine) == people
    assert {one.person for one in mine if one.lapses} >= {
        BASE + n for n in range(20, people + 1, 20) if n % 10 not in (1, 2)
    }
    took: dict[str, list[float]] = {"check": [], "read": []}
    for _ in range(min(rounds, MOST_ROUNDS)):
        took["check"].append(timed(lambda: check(FIRST, LAST))[0] / 1000)
        took["read"].append(timed(lambda: _read(bare))[0] / 1000)
    value, floor = (statistics.median(took[name]) for name in ("check", "read"))
    scene = f"log-in rule, {len(rows):,} log-ins"
    return Verdict(size, scene, "s / reading them", value, floor, value / floor, CHECK_TO_READING)


def _read(bare: psycopg.Connection) -> list[tuple[Any, ...]]:
    """The log-ins of the span as they are."""
    begins = dt.datetime.combine(FIRST, dt.time(), ZONE)
    ends = dt.datetime.combine(LAST + dt.timedelta(days=1), dt.time(), ZONE)
    return bare.execute(READ, [begins, ends]).fetchall()
