"""Work on all rows at once: due instants and rules of units, each beside the bare join.

The source are all places of customers (1.3 of each), so a million customers are 1,300,000 starts.
Results are written into a table, as whoever stores deadlines does; the bare statement writes as
many rows from the same join without any calendar or rule.
"""

import statistics
from collections.abc import Callable

from django.db import connection

from regions.calendars import due_query, refresh_lines
from regions.policies.relations import policy_relation
from tests.bench import data, servers
from tests.bench.measure import timed
from tests.bench.targets import DUE_TO_JOIN, POLICY_TO_JOIN, Verdict

KEY = "complaints.first_response"
MOST_ROUNDS = 5  # each writes more than a million rows
INTO = "staging.bench_sets"
STARTS = (
    "SELECT id AS key, unit_id, last_contact_at AS start, 480 + mod(id, 9600) AS minutes"
    " FROM customers_customerunit"
)
BARE = (
    "SELECT s.key, s.start + s.minutes * interval '1 minute' FROM ({}) s"
    " JOIN regions_orgunit u ON u.id = s.unit_id"
)


def run(size: int, rounds: int) -> list[Verdict]:
    """The verdicts on one database."""
    servers.use(data.database_of(size))
    refresh_lines()
    rule = policy_relation(KEY)
    joined = f"SELECT s.key, r.value FROM ({STARTS}) s JOIN ({rule.sql}) r ON r.unit_id = s.unit_id"
    acts: dict[str, Callable[[], None]] = {
        "bare": lambda: _store("timestamptz", BARE.format(STARTS)),
        "due": lambda: _store("timestamptz", due_query(STARTS)),
        "rule": lambda: _store("jsonb", joined, *rule.params),
    }
    took: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(min(rounds, MOST_ROUNDS)):
        for name, act in acts.items():
            took[name].append(timed(act)[0] / 1000)
    seconds = {name: statistics.median(found) for name, found in took.items()}

    def verdict(scene: str, name: str, target: float) -> Verdict:
        value, beside = seconds[name], seconds["bare"]
        return Verdict(
            size, f"sets {scene}", "s / bare join", value, beside, value / beside, target
        )

    return [
        verdict("due instants", "due", DUE_TO_JOIN),
        verdict("rule of a unit", "rule", POLICY_TO_JOIN),
    ]


def _store(kind: str, select: str, *params: object) -> None:
    """Write (key, value) of a statement into a table of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {INTO}")
        cursor.execute(f"CREATE TABLE {INTO} (key bigint, value {kind})")
        try:
            cursor.execute(f"INSERT INTO {INTO} {select}", params or None)  # noqa: S608
        finally:
            cursor.execute(f"DROP TABLE {INTO}")
