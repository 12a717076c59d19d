"""Who should have confirmed a bulletin by when and did not, for units as a whole (INT-02).

People and bulletins are joined in one statement: whom a bulletin is for is said by
`audiences.audience_of`, here for many bulletins at once.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from regions.models import OrgUnit

# Each person of a branch with each bulletin addressed to him that had to be confirmed in a span.
# "Late" is who has not confirmed, or did so after the day.
_OWED = """
    SELECT u.id AS person, u.name, u.employee_no, h.name AS unit, b.id AS bulletin, b.title,
           b.confirm_by, r.confirmed
      FROM accounts_user u
      JOIN regions_orgunit h ON h.id = u.unit_id
      JOIN compliance_bulletin b ON b.must_confirm AND b.state = 'published'
       AND b.confirm_by BETWEEN %(first)s AND %(last)s AND b.confirm_by < %(today)s
      LEFT JOIN LATERAL (
            SELECT min(r.confirmed_at AT TIME ZONE 'Asia/Shanghai')::date AS confirmed
              FROM compliance_bulletinread r
              JOIN compliance_bulletinversion v ON v.id = r.version_id
             WHERE v.bulletin_id = b.id AND v.number >= b.asks AND r.person_id = u.id
           ) r ON true
     WHERE u.state = 'active' AND {branch}
       AND (u.id <> b.by_id OR b.by_id IS NULL)
       AND EXISTS (
            SELECT 1 FROM compliance_bulletinunit bu
              JOIN regions_orgunit a ON a.id = bu.unit_id
             WHERE bu.bulletin_id = b.id
               AND (h.path LIKE a.path || '%%' OR EXISTS (
                    SELECT 1 FROM accounts_post p JOIN regions_orgunit q ON q.id = p.unit_id
                     WHERE p.user_id = u.id AND q.path LIKE a.path || '%%'
                       AND (p.valid_from IS NULL OR p.valid_from <= %(today)s)
                       AND (p.valid_until IS NULL OR p.valid_until > %(today)s))))
       AND (NOT EXISTS (SELECT 1 FROM compliance_bulletin_roles br WHERE br.bulletin_id = b.id)
            OR EXISTS (
                SELECT 1 FROM compliance_bulletin_roles br
                  JOIN accounts_rolegrant g ON g.role_id = br.role_id AND g.user_id = u.id
                   AND (g.valid_from IS NULL OR g.valid_from <= %(today)s)
                   AND (g.valid_until IS NULL OR g.valid_until > %(today)s)
                 WHERE br.bulletin_id = b.id))
"""
_LATE = "(confirmed IS NULL OR confirmed > confirm_by)"


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A bulletin somebody did not confirm in time; `confirmed` is when he did, or None."""

    person: int
    name: str
    employee_no: str
    unit: str
    bulletin: int
    title: str
    confirm_by: date
    confirmed: date | None


def _branch(unit: OrgUnit, below: bool) -> tuple[str, dict[str, Any]]:
    if below:
        return "h.path LIKE %(path)s", {"path": f"{unit.path}%"}
    return "h.id = %(unit)s", {"unit": unit.pk}


def late_by_month(
    unit: OrgUnit, first: date, last: date, today: date, *, below: bool
) -> dict[date, int]:
    """First day of a month → how many confirmations that were due in it came late or not at all."""
    branch, values = _branch(unit, below)
    query = f"""SELECT date_trunc('month', confirm_by)::date, count(*)
                  FROM ({_OWED.format(branch=branch)}) owed WHERE {_LATE} GROUP BY 1"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, values | {"first": first, "last": last, "today": today})
        return dict(cursor.fetchall())


def late_rows(
    unit: OrgUnit, first: date, last: date, today: date, *, below: bool, most: int
) -> list[Unconfirmed]:
    """The people behind the figure, those who have still not confirmed first."""
    branch, values = _branch(unit, below)
    query = f"""SELECT * FROM ({_OWED.format(branch=branch)}) owed WHERE {_LATE}
                 ORDER BY confirmed IS NOT NULL, confirm_by, unit, name, person
                 LIMIT %(most)s"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, values | {"first": first, "last": last, "today": today, "most": most})
        return [Unconfirmed(*row) for row in cursor.fetchall()]
