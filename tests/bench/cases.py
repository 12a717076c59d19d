"""Cases: their lists, board and monthly summary, and an escalation of everything that is open.

Each page stands beside the bare statements for the same rows and beside a minimal view that runs
as few statements as it can and writes a bare table. The escalation stands beside the statements
that it cannot do without: the steps marked, a line in each log, a notice for each person.
"""

import datetime as dt
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import User
from complaints.models import Case, Category
from complaints.selectors.board import COLUMNS, SHOWN, board_cases
from complaints.selectors.lists import CaseQuery, case_page, desk
from complaints.selectors.stats import midnight, next_month
from complaints.selectors.summary import month_summary
from complaints.selectors.terms import understand_case
from complaints.services.escalation import escalate
from complaints.states import OPEN
from regions.models import OrgUnit
from tests.bench import case_data, data, minimal, servers
from tests.bench.data import NOW
from tests.bench.measure import timed, traced
from tests.bench.targets import (
    BOARD_QUERIES,
    CASE_LIST_QUERIES,
    ESCALATE_TO_BARE,
    PAGE_TO_MINIMAL,
    SHORT_PAGE_TO_MINIMAL,
    SQL_TO_RAW,
    SUMMARY_QUERIES,
    Verdict,
)

PAGE = 25
MONTH = date(2026, 9, 1)
ALL_DUE = NOW + dt.timedelta(days=30)
ROWS = """
SELECT c.*, u.name, h.name, l.name, k.name, t.name FROM complaints_case c
JOIN regions_orgunit u ON u.id = c.unit_id
LEFT JOIN accounts_user h ON h.id = c.handler_id
LEFT JOIN complaints_level l ON l.id = c.level_id
LEFT JOIN complaints_category k ON k.id = c.category_id
LEFT JOIN complaints_category t ON t.id = k.parent_id
WHERE c.id = ANY(%s)"""
LIMITS = "SELECT * FROM complaints_deadline WHERE case_id = ANY(%s) AND met_at IS NULL"
NEWEST = "ORDER BY taken_in_at DESC, id DESC"
URGENT = "ORDER BY next_due_at, id"


@dataclass(slots=True)
class Scene:
    """One page: what the product does for it, the bare statement of its keys, its address."""

    name: str
    user: User
    url: str
    act: Callable[[], Any]
    keys: str
    most_queries: int
    to_minimal: float = PAGE_TO_MINIMAL
    figures: dict[str, list[float]] = field(default_factory=dict)
    queries: int = 0
    statements: list[Any] = field(default_factory=list)

    def note(self, name: str, milliseconds: float) -> None:
        self.figures.setdefault(name, []).append(milliseconds)

    def median(self, name: str) -> float:
        return statistics.median(self.figures[name])


def run(size: int, number: int, rounds: int, *, explain: bool = False) -> list[Verdict]:
    """The verdicts on one database."""
    case_data.ensure(data.database_of(size), number)
    servers.use(data.database_of(size))
    User.objects.exclude(password_changed_at=None).update(password_changed_at=timezone.now())
    found: list[Verdict] = []
    for scene in scenes():
        for _ in range(rounds + 1):
            _measure(scene)
        for values in scene.figures.values():
            values.pop(0)  # the first one warms up
        found += _verdicts(size, scene)
        if explain and not all(verdict.met for verdict in found[-3:]):
            _explain(scene)
    return [*found, _escalation(size)]


def scenes() -> list[Scene]:
    """Readers and pages. A region has about 62,000 cases and 2,500 open ones."""
    region = User.objects.get(employee_no="REGION")
    project = User.objects.get(employee_no="PROJECT")
    column, unit = "region_id", region.unit_id
    category = Category.objects.get(parent=None, name="工程质量")
    handler = _busiest()
    number = Case.objects.filter(region=unit).order_by("-pk")[100].number
    name = Case.objects.filter(region=unit).order_by("-pk")[50].complainant_name
    here = f"{column} = {unit}"
    filtered = f"{here} AND top_category_id = {category.pk} AND state = 'closed'"
    query = CaseQuery(category=category, state="closed")
    address = urlencode({"category": category.pk, "state": "closed"})
    return [
        Scene(
            "desk",
            handler,
            "/complaints/desk/",
            lambda: desk(handler),
            f"SELECT id FROM complaints_case WHERE handler_id = {handler.pk} AND {_open()}"
            f" {URGENT} LIMIT 100",
            CASE_LIST_QUERIES,
        ),
        _listing("list of a region", region, CaseQuery(), "", here),
        _listing("list of a region, filtered", region, query, address, filtered),
        _search("number", region, number, f"{here} AND number = '{number}'"),
        _search("complainant", region, name, f"{here} AND {_has('complainant_name', name)}"),
        _search("rare words", region, "瓷砖脱落", f"{here} AND {_has('content', '瓷砖脱落')}"),
        _search("frequent words", region, "渗水", f"{here} AND {_has('content', '渗水')}"),
        _board("board of a region", region, here),
        _board(
            "board of a project",
            project,
            f"project_id = {project.unit_id}",
            SHORT_PAGE_TO_MINIMAL,
        ),
        Scene(
            "summary of a region",
            region,
            f"/complaints/summary/?month={MONTH:%Y-%m}",
            lambda: month_summary(region, OrgUnit.objects.get(pk=unit), MONTH),
            "",
            SUMMARY_QUERIES,
        ),
    ]


def _busiest() -> User:
    (pk,) = _rows(
        f"SELECT handler_id FROM complaints_case WHERE {_open()} AND handler_id IS NOT NULL"
        " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )[0]
    return User.objects.get(pk=pk)


def _open() -> str:
    return f"state IN ({', '.join(repr(str(state)) for state in sorted(OPEN))})"


def _has(column: str, text: str) -> str:
    return f"cn_bigrams({column}) @> cn_bigrams('{text}'::text) AND {column} LIKE '%{text}%'"


def _listing(name: str, user: User, query: CaseQuery, address: str, where: str) -> Scene:
    keys = f"SELECT id FROM complaints_case WHERE {where} {NEWEST} LIMIT {PAGE + 1}"
    url = f"/complaints/?{address}"
    return Scene(name, user, url, lambda: case_page(user, query), keys, CASE_LIST_QUERIES)


def _search(name: str, user: User, text: str, where: str) -> Scene:
    scene = _listing(
        f"search by {name}",
        user,
        CaseQuery(term=understand_case(text)),
        urlencode({"q": text}),
        where,
    )
    scene.to_minimal = SHORT_PAGE_TO_MINIMAL
    return scene


def _board(name: str, user: User, here: str, to_minimal: float = PAGE_TO_MINIMAL) -> Scene:
    keys = " UNION ALL ".join(
        f"(SELECT id FROM complaints_case WHERE {here}"
        f" AND state IN ({', '.join(repr(str(state)) for state in sorted(column.states))})"
        f" {URGENT} LIMIT {SHOWN + 1})"
        for column in COLUMNS
    )
    act = lambda: board_cases(user, CaseQuery())  # noqa: E731
    return Scene(name, user, "/complaints/board/", act, keys, BOARD_QUERIES, to_minimal)


# --- measuring ------------------------------------------------------------------------------------


def _rows(statement: str, values: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _bare(scene: Scene) -> list[Any]:
    """The rows of a page by the bare statements."""
    if not scene.keys:
        return [row for statement in SUMMARY for row in _rows(*_summary_values(scene, statement))]
    keys = [row[0] for row in _rows(scene.keys)]
    rows = _rows(ROWS, [keys])
    _rows(LIMITS, [keys])
    return rows


def _measure(scene: Scene) -> None:
    scene.note("raw", timed(lambda: _bare(scene))[0])
    with traced() as trace:
        scene.act()
    scene.note("sql", trace.total)
    scene.statements = trace.statements
    product, plain = _clients(scene.user)
    minimal.shown["rows"] = lambda: _bare(scene)
    scene.note("minimal", _get(plain, "/rows/"))
    with traced() as trace:
        scene.note("page", _get(product, scene.url))
    scene.queries = len(trace.statements)


_known: dict[int, tuple[Client, Client]] = {}


def _clients(user: User) -> tuple[Client, Client]:
    if user.pk not in _known:
        product, bare = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
        product.force_login(user)
        bare.cookies = product.cookies
        with override_settings(MIDDLEWARE=minimal.MIDDLEWARE):
            bare.handler.load_middleware()
        _known[user.pk] = product, bare
    return _known[user.pk]


def _get(client: Client, address: str) -> float:
    milliseconds, response = timed(lambda: client.get(address))
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return milliseconds


def _verdicts(size: int, scene: Scene) -> list[Verdict]:
    name = f"cases {scene.name}"
    sql, raw, page, plain = (scene.median(one) for one in ("sql", "raw", "page", "minimal"))
    count, most = scene.queries, scene.most_queries
    return [
        Verdict(size, name, "queries of the page", count, None, count, most),
        Verdict(size, name, "SQL / bare SQL", sql, raw, sql / raw, SQL_TO_RAW),
        Verdict(size, name, "page / minimal view", page, plain, page / plain, scene.to_minimal),
    ]


def _explain(scene: Scene) -> None:
    from tests.bench.run import out

    slowest = max(scene.statements, key=lambda statement: statement[0])
    plan = "\n".join(
        row[0] for row in _rows(f"EXPLAIN (ANALYZE, BUFFERS) {slowest[1]}", slowest[2])
    )
    out(f"\n=== {scene.name}: {len(scene.statements)} statements\n{plan}")


# --- the summary ----------------------------------------------------------------------------------

SUMMARY = (
    """SELECT c.unit_id, count(*), count(*) FILTER (WHERE c.kind = 'complaint'),
         count(*) FILTER (WHERE f.met_at <= f.due_at), count(f.met_at),
         count(*) FILTER (WHERE r.met_at <= r.due_at), count(r.met_at),
         count(*) FILTER (WHERE c.round > 1), count(c.rating), sum(c.rating),
         count(*) FILTER (WHERE EXISTS (SELECT 1 FROM complaints_case e
           WHERE e.room = c.room AND e.unit_id = c.unit_id AND e.category_id = c.category_id
             AND e.taken_in_at < c.taken_in_at
             AND e.taken_in_at >= c.taken_in_at - interval '90 days'))
       FROM complaints_case c
       LEFT JOIN complaints_deadline f ON f.case_id = c.id AND f.kind = 'first_contact'
       LEFT JOIN complaints_deadline r ON r.case_id = c.id AND r.kind = 'resolution'
       WHERE c.region_id = %(unit)s AND c.taken_in_at >= %(first)s AND c.taken_in_at < %(last)s
       GROUP BY c.unit_id""",
    """SELECT top_category_id, category_id, level_id, channel, cause, count(*)
       FROM complaints_case
       WHERE region_id = %(unit)s AND taken_in_at >= %(first)s AND taken_in_at < %(last)s
       GROUP BY GROUPING SETS ((top_category_id, category_id), (level_id), (channel), (cause))""",
    f"""SELECT unit_id, width_bucket(date_part('epoch', %(last)s - taken_in_at) / 86400,
         ARRAY[3, 7, 30]::float8[]), count(*) FROM (
         SELECT unit_id, taken_in_at FROM complaints_case
         WHERE region_id = %(unit)s AND taken_in_at < %(last)s AND {_open()}
         UNION ALL
         SELECT unit_id, taken_in_at FROM complaints_case
         WHERE region_id = %(unit)s AND taken_in_at < %(last)s AND closed_at >= %(last)s) c
       GROUP BY 1, 2""",
)


def _summary_values(scene: Scene, statement: str) -> tuple[str, dict[str, Any]]:
    return statement, {
        "unit": scene.user.unit_id,
        "first": midnight(MONTH),
        "last": midnight(next_month(MONTH)),
    }


# --- the escalation -------------------------------------------------------------------------------

BARE_ESCALATION = (
    """CREATE TEMP TABLE due ON COMMIT DROP AS
       SELECT s.id, s.case_id, s.relation, c.handler_id, c.unit_id,
         s.at = max(s.at) OVER (PARTITION BY s.deadline_id) AS is_last
       FROM complaints_escalationstep s JOIN complaints_case c ON c.id = s.case_id
       WHERE s.taken_at IS NULL AND s.at <= %(now)s""",
    """UPDATE complaints_escalationstep s SET taken_at = %(now)s,
         told = jsonb_build_array(d.handler_id) FROM due d WHERE d.id = s.id""",
    """INSERT INTO complaints_caseentry
         (case_id, kind, at, from_state, to_state, text, facts, internal)
       SELECT case_id, 'escalated', %(now)s, '', '', '',
         jsonb_build_object('relation', relation, 'told', jsonb_build_array(handler_id)), true
       FROM due WHERE is_last""",
    """INSERT INTO core_notice (user_id, kind, key, context, url, created_at, in_digest)
       SELECT handler_id, 'complaints.escalated', 'bare:' || id, '{}', '/', %(now)s, false
       FROM due WHERE is_last AND handler_id IS NOT NULL""",
)


def _escalation(size: int) -> Verdict:
    """Everything open climbs at once, as after a long sleep of the scheduler; rolled back."""
    bare = _rolled_back(_bare_escalation)
    with traced() as trace:
        seconds = _rolled_back(lambda: escalate(ALL_DUE))
    from tests.bench.run import say

    say(f"  escalation: {len(trace.statements)} statements, {trace.total / 1000:.1f} s in them")
    what = "s / bare statements"
    return Verdict(size, "escalation", what, seconds, bare, seconds / bare, ESCALATE_TO_BARE)


def _bare_escalation() -> None:
    with connection.cursor() as cursor:
        for statement in BARE_ESCALATION:
            cursor.execute(statement, {"now": ALL_DUE})


def _rolled_back(act: Callable[[], Any]) -> float:
    """Seconds of an act whose writing does not stay."""
    with transaction.atomic():
        milliseconds, _result = timed(act)
        transaction.set_rollback(True)
    return milliseconds / 1000
