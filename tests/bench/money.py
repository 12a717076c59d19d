"""Papers of money: an approver's inbox, the analysis of expenses, the check of the ledger.

200,000 applications over the units of the archive, each with its approval and five lines of the
ledger; a fifth is still to be decided, by forty approvers. What the product reads stands beside
the bare statement for the same rows: the page of the inbox beside the join it cannot do without,
the count beside one statement that also finds for whom somebody may decide, the analysis beside one
grouping, the check beside one pass over the ledger.
"""

import statistics
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection

from accounts.models import User
from approvals.selectors.inbox import waiting, waiting_count
from expenses.selectors import analysis
from expenses.selectors.invariants import differences
from regions.models import Kind, OrgUnit
from tests.bench import data, servers
from tests.bench.data import say
from tests.bench.measure import timed
from tests.bench.targets import LEDGER_CHECK_TO_PASS, MONEY_TO_BARE, Verdict

PAGE, OPEN_OF, APPROVERS, LINES = 25, 5, 40, 5
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
TABLES = (
    "approvals_task",
    "approvals_step",
    "approvals_approval",
    "expenses_payment",
    "expenses_ledgerentry",
    "expenses_application",
)
# One paper each: its unit by the number, a day of three years, whether it is still open.
PLACES = """
    CREATE TEMP TABLE paper AS
    SELECT n, u.id AS unit, c.parent_id AS region, u.parent_id AS city,
        date '2023-12-01' + (n * 1065 / {number})::int AS day,
        timestamptz '2023-12-01 09:00+08' + (n * 1065.0 / {number}) * interval '1 day' AS at,
        n % {open_of} = 0 AS open, 100 + n % 3000 AS amount,
        k.id AS category, p.id AS person
    FROM generate_series(1, {number}) AS n
    JOIN (SELECT id, parent_id, row_number() OVER (ORDER BY id) - 1 AS place,
                 count(*) OVER () AS many
          FROM regions_orgunit WHERE kind = 'project') u ON u.place = n * 31 % u.many
    JOIN regions_orgunit c ON c.id = u.parent_id
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many
          FROM expenses_category) k ON k.place = n % k.many
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
          FROM accounts_user ORDER BY id LIMIT {approvers}) p
      ON p.place = n / {open_of} % {approvers}
"""
FILL = (
    """INSERT INTO expenses_application (id, unit_id, region_id, city_id, project_id, number,
        category_id, title, reason, applied_on, amount, one_off, state, over_budget, "values",
        beneficiary_name, beneficiary_bank, account_last4, phone_last4, approved_amount,
        paid_amount, approved_at, version, created_at, updated_at)
       SELECT n, unit, region, city, unit, 'B' || n, category, '业主活动', '', day, amount, true,
        CASE WHEN open THEN 'in_approval' ELSE 'paid' END, false, '{}', '', '', '', '',
        CASE WHEN open THEN 0 ELSE amount END, CASE WHEN open THEN 0 ELSE amount END,
        CASE WHEN open THEN NULL ELSE at END, 1, at, at FROM paper""",
    """INSERT INTO expenses_ledgerentry (unit_id, region_id, city_id, project_id, application_id,
        category_id, kind, booked_on, approved, paid, text, at)
       SELECT unit, region, city, unit, n, category, kind, day, sign * amount * a * CLOSED,
        sign * amount * p * CLOSED, '', at
       FROM paper, (VALUES ('approve', 1, 1, 0), ('pay', 1, 0, 1), ('refund', -1, 0, 1),
                           ('pay', 1, 0, 1), ('adjust', 0, 0, 0)) AS line(kind, sign, a, p)""",
    """INSERT INTO expenses_payment (application_id, kind, amount, paid_on, method, reference, note,
        entry_id, at)
       SELECT application_id, CASE WHEN paid > 0 THEN 'pay' ELSE 'refund' END, abs(paid),
        booked_on, 'transfer', '', '', id, at FROM expenses_ledgerentry WHERE paid <> 0""",
    """INSERT INTO approvals_approval (id, unit_id, region_id, city_id, project_id, subject_kind,
        subject_id, flow_version_id, applicant_id, title, amount, state, round, chosen, snapshot,
        snapshot_hash, started_at, ended_at)
       SELECT n, unit, region, city, unit, 'expenses.application', n,
        (SELECT min(id) FROM approvals_flowversion), (SELECT max(id) FROM accounts_user),
        '业主活动', amount, CASE WHEN open THEN 'running' ELSE 'approved' END, 1, '{}', '{}', '',
        at,
        CASE WHEN open THEN NULL ELSE at END FROM paper""",
    """INSERT INTO approvals_step (id, approval_id, round, position, key, name, how, needed, state,
        opened_at, why_skipped)
       SELECT n, n, 1, 1, 'finance', '财务审单', 'any', 1,
        CASE WHEN open THEN 'open' ELSE 'done' END, at, '' FROM paper""",
    """INSERT INTO approvals_task (id, unit_id, region_id, city_id, project_id, step_id, person_id,
        origin, "order", state, outcome, opened_at)
       SELECT n, unit, region, city, unit, n, person, 'rule', 0,
        CASE WHEN open THEN 'open' ELSE 'done' END, '', at FROM paper""",
)
INBOX = """
    SELECT t.*, p.name, s.name, a.title, a.amount, b.name, u.name, f.name
    FROM approvals_task t JOIN accounts_user p ON p.id = t.person_id
    JOIN approvals_step s ON s.id = t.step_id JOIN approvals_approval a ON a.id = s.approval_id
    JOIN accounts_user b ON b.id = a.applicant_id JOIN regions_orgunit u ON u.id = a.unit_id
    JOIN approvals_flowversion v ON v.id = a.flow_version_id
    JOIN approvals_flow f ON f.id = v.flow_id
    WHERE t.person_id = %s AND t.state = 'open' ORDER BY t.opened_at, t.id LIMIT 25"""
WAITING = """
    SELECT id FROM approvals_task WHERE state = 'open' AND person_id IN (
        SELECT %s::bigint UNION ALL SELECT person_id FROM accounts_standin
        WHERE deputy_id = %s AND starts_at <= now() AND ends_at > now()
        UNION ALL SELECT h.user_id FROM accounts_post o JOIN accounts_function f
            ON f.id = o.function_id JOIN accounts_post h ON h.unit_id = o.unit_id
        JOIN accounts_standin s ON s.person_id = h.user_id AND s.ends_at > now()
        WHERE o.user_id = %s AND f.name = '总经理助理') LIMIT 1000"""
GROUPED = """
    SELECT {column}, count(*), sum(amount), sum(approved_amount), sum(paid_amount)
    FROM expenses_application
    WHERE applied_on BETWEEN %s AND %s AND state <> 'draft' GROUP BY 1"""
PASS = "SELECT application_id, sum(approved), sum(paid) FROM expenses_ledgerentry GROUP BY 1"


def ensure(database: str, number: int) -> None:
    """Fill the tables of a database unless they are there."""
    with servers.connect(database, "crm_owner") as bare:
        found = bare.execute("SELECT count(*) FROM expenses_application").fetchone()
        if found and found[0] == number:
            return
        say(f"Data of {number:,} papers ...")
        bare.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")  # noqa: S608
        places = PLACES.format(number=number, open_of=OPEN_OF, approvers=APPROVERS)
        bare.execute(places)
        for statement in FILL:
            bare.execute(statement.replace("CLOSED", "(CASE WHEN open THEN 0 ELSE 1 END)"))
        bare.execute("VACUUM ANALYZE")


def run(size: int, number: int, rounds: int) -> list[Verdict]:
    """The verdicts on one database."""
    ensure(data.database_of(size), number)
    servers.use(data.database_of(size))
    person = User.objects.filter(pk=_busiest()).get()
    reader = User.objects.filter(grants__role__code="group-management").first()
    asked = analysis.Question(OrgUnit.objects.get(kind=Kind.GROUP), *YEAR)
    pairs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "inbox": (
            lambda: list(waiting(person).order_by("opened_at", "pk")[:PAGE]),
            lambda: _bare(INBOX, person.pk),
        ),
        "count beside the menu": (
            lambda: waiting_count(person),
            lambda: _bare(WAITING, person.pk, person.pk, person.pk),
        ),
        "analysis by unit": (
            lambda: analysis.by_unit(analysis.papers_of(reader, asked), asked),
            lambda: _bare(GROUPED.format(column="unit_id"), *YEAR),
        ),
        "analysis by category": (
            lambda: analysis.by_category(analysis.papers_of(reader, asked), asked),
            lambda: _bare(GROUPED.format(column="category_id"), *YEAR),
        ),
        "ledger_check": (differences, lambda: _bare(PASS)),
    }
    return [
        _verdict(size, name, number, product, bare, rounds)
        for name, (product, bare) in pairs.items()
    ]


def _verdict(size: int, name: str, number: int, product: Any, bare: Any, rounds: int) -> Verdict:
    took: dict[str, list[float]] = {"product": [], "bare": []}
    found, same = product(), bare()  # warms up
    assert name != "inbox" or [one.pk for one in found] == [row[0] for row in same]
    assert name != "ledger_check" or found == []
    for _ in range(rounds):
        took["product"].append(timed(product)[0])
        took["bare"].append(timed(bare)[0])
    mine, floor = (statistics.median(took[one]) for one in ("product", "bare"))
    target = LEDGER_CHECK_TO_PASS if name == "ledger_check" else MONEY_TO_BARE
    scene = f"{name}, {number:,} papers"
    return Verdict(size, scene, "ms / bare SQL", mine, floor, mine / floor, target)


def _busiest() -> int:
    """Whose inbox is the longest."""
    rows = _bare(
        "SELECT person_id FROM approvals_task WHERE state = 'open'"
        " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    return int(rows[0][0])


def _bare(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
