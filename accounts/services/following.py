"""Grants derived from roles in sections follow the grants and the memberships (ACC-06)."""

from django.db import connection, transaction
from django.utils import timezone

# Two that follow at the same moment would each miss what the other has not committed yet.
HOLD = "SELECT pg_advisory_xact_lock(hashtext('accounts.sections'))"

# A review that is being written holds its grant; after the wait the statements below see it.
SETTLE = "SELECT FROM accounts_rolegrant WHERE section_grant_id IS NOT NULL ORDER BY id FOR UPDATE"

# A role in a section reaches a unit while both hold: the grant and the membership.
WANTED = """
WITH wanted AS (
    SELECT g.id AS section_grant_id, g.user_id, g.role_id, g.given_by_id, m.unit_id,
           GREATEST(g.valid_from, m.valid_from) AS valid_from,
           LEAST(g.valid_until, m.valid_until) AS valid_until
    FROM accounts_sectiongrant g JOIN regions_sectionunit m USING (section_id)
    WHERE GREATEST(g.valid_from, m.valid_from)
          < COALESCE(LEAST(g.valid_until, m.valid_until), 'infinity'::date)
), gone AS (
    SELECT r.id, EXISTS (SELECT FROM accounts_grantreview v WHERE v.grant_id = r.id) AS reviewed
    FROM accounts_rolegrant r WHERE r.section_grant_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM wanted w WHERE w.section_grant_id = r.section_grant_id
        AND w.unit_id = r.unit_id AND w.valid_from = r.valid_from)
)
"""

LAST_AS_LONG = """
UPDATE accounts_rolegrant r SET valid_until = w.valid_until FROM wanted w
WHERE w.section_grant_id = r.section_grant_id AND w.unit_id = r.unit_id
  AND w.valid_from = r.valid_from AND r.valid_until IS DISTINCT FROM w.valid_until
"""

# What a review decided is kept, and the grant it decided about with it.
CLOSE_REVIEWED = """
UPDATE accounts_rolegrant r SET valid_until = GREATEST(r.valid_from, %s::date) FROM gone
WHERE gone.id = r.id AND gone.reviewed
  AND COALESCE(r.valid_until, 'infinity'::date) > GREATEST(r.valid_from, %s::date)
"""

DROP = """
DELETE FROM accounts_rolegrant r USING gone WHERE gone.id = r.id AND NOT gone.reviewed
"""

ADD = """
INSERT INTO accounts_rolegrant
    (user_id, unit_id, role_id, valid_from, valid_until, from_file, given_by_id, given_at,
     section_grant_id)
SELECT w.user_id, w.unit_id, w.role_id, w.valid_from, w.valid_until, FALSE, w.given_by_id, now(),
       w.section_grant_id
FROM wanted w WHERE NOT EXISTS (
    SELECT FROM accounts_rolegrant r WHERE r.section_grant_id = w.section_grant_id
    AND r.unit_id = w.unit_id AND r.valid_from = w.valid_from)
"""


def hold_sections() -> None:
    """Let nobody else change what follows from sections until the transaction ends.

    Taken before a person is locked, so that two who do both never wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(HOLD)


@transaction.atomic
def follow_sections() -> None:
    """Bring the grants derived from sections in step with grants and memberships."""
    hold_sections()
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(SETTLE)
        cursor.execute(WANTED + LAST_AS_LONG)
        cursor.execute(WANTED + CLOSE_REVIEWED, [today, today])
        cursor.execute(WANTED + DROP)
        cursor.execute(WANTED + ADD)
