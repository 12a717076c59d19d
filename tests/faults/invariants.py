"""What must hold after every fault, as SQL on a connection to the database."""

from typing import Any

LIVE = "('queued', 'running', 'stopping')"


def rows(conn: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return conn.execute(sql, values).fetchall()


def doubled_effects(conn: Any) -> list[tuple[Any, ...]]:
    """I2: effects that happened more than once, with how often. None may."""
    return rows(conn, "SELECT key, step, count(*) FROM staging.effect GROUP BY 1, 2 HAVING count(*) > 1")  # fmt: skip  # noqa: E501


def doubled_periods(conn: Any) -> list[tuple[Any, ...]]:
    """I2: periods with more than one run. None may."""
    return rows(
        conn,
        "SELECT kind, scheduled_for, count(*) FROM core_job WHERE scheduled_for IS NOT NULL "
        "GROUP BY 1, 2 HAVING count(*) > 1",
    )


def stale_jobs(conn: Any) -> list[tuple[Any, ...]]:
    """I4: jobs that claim to run without a living lease. After recovery none may."""
    return rows(
        conn,
        "SELECT id, kind, state FROM core_job "
        "WHERE state IN ('running', 'stopping') AND (lease_until IS NULL OR lease_until < now())",
    )


def live_jobs(conn: Any) -> list[tuple[Any, ...]]:
    """I4: jobs that have not ended. Once the house is quiet, none may be left."""
    return rows(conn, f"SELECT id, kind, state FROM core_job WHERE state IN {LIVE}")


def negative_durations(conn: Any) -> list[tuple[Any, ...]]:
    """Attempts and jobs that end before they begin, whatever clocks say. None may."""
    return rows(conn, "SELECT job_id, number FROM core_jobattempt WHERE ended_at < started_at") + (
        rows(conn, "SELECT id FROM core_job WHERE finished_at < started_at")
    )


def open_attempts(conn: Any) -> list[tuple[Any, ...]]:
    """Attempts without an end although their job has ended. None may."""
    return rows(
        conn,
        "SELECT a.job_id, a.number FROM core_jobattempt a JOIN core_job j ON j.id = a.job_id "
        f"WHERE a.ended_at IS NULL AND j.state NOT IN {LIVE}",
    )


def broken_imports(conn: Any) -> list[tuple[Any, ...]]:
    """I1: applied imports whose accepted and rejected rows are not the rows of the file."""
    return rows(
        conn,
        "SELECT id, report FROM core_importrun WHERE state = 'applied' AND "
        "(report->>'accepted')::int + (report->>'rejected')::int"
        " + coalesce((report->>'skipped')::int, 0) <> (report->>'rows')::int",
    )


def all_hold(conn: Any) -> None:
    """Every invariant; says which one is broken, with the rows that break it."""
    checks = (doubled_effects, doubled_periods, stale_jobs, live_jobs, negative_durations)
    for check in (*checks, open_attempts, broken_imports):
        assert check(conn) == [], check.__name__
