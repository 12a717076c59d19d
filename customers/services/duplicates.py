"""Finding customers who may be one, and saying that two of them are not (CUS-24)."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.locking import lock
from customers.models import DuplicatePair, Likeness
from customers.models.merging import mergeable

LOCK = 7_231_024
# Of a number, a flat's name or a firm's name that more records share, no pairs are made: it is
# that of a switchboard or a placeholder, and pairs grow with the square.
MOST = 12
# A name as it is compared: without blanks and what stands in brackets.
BARE = r"regexp_replace(regexp_replace({0}, '[(\uFF08].*?[)\uFF09]', '', 'g'), '\s', '', 'g')"
# A firm's name: without blanks and brackets, whose contents often tell branches apart.
FIRM = r"lower(regexp_replace({0}, '[\s()\uFF08\uFF09\u00B7.]', '', 'g'))"

# Two identity numbers are two persons, whatever else they share; the index is unique, so a
# number that only one has decides nothing.
_FIND = f"""
    WITH numbers AS (
      SELECT id, phone_index AS number FROM customers_customer
      WHERE kind = 'person' AND phone_index IS NOT NULL
      UNION
      SELECT id, other_phone_index FROM customers_customer
      WHERE kind = 'person' AND other_phone_index IS NOT NULL),
    shared AS (
      SELECT number FROM numbers GROUP BY 1 HAVING count(*) BETWEEN 2 AND {MOST}),
    callers AS MATERIALIZED (
      SELECT n.number, c.id, c.pinyin, c.identity_index, {BARE.format("c.name")} AS bare
      FROM shared s JOIN numbers n USING (number) JOIN customers_customer c ON c.id = n.id),
    homes AS (
      SELECT o.property_id, {BARE.format("c.name")} AS bare
      FROM customers_ownership o JOIN customers_customer c ON c.id = o.customer_id
      WHERE o.valid_until IS NULL AND c.kind = 'person'
      GROUP BY 1, 2 HAVING count(*) BETWEEN 2 AND {MOST}),
    owners AS MATERIALIZED (
      SELECT h.property_id, h.bare, c.id, c.identity_index
      FROM homes h JOIN customers_ownership o
        ON o.property_id = h.property_id AND o.valid_until IS NULL
      JOIN customers_customer c ON c.id = o.customer_id AND {BARE.format("c.name")} = h.bare),
    firms AS MATERIALIZED (
      SELECT bare, unnest(keys) AS id FROM (
        SELECT {FIRM.format("name")} AS bare, array_agg(id) AS keys
        FROM customers_customer WHERE kind = 'organisation'
        GROUP BY 1 HAVING count(*) BETWEEN 2 AND {MOST}) f),
    alike AS (
      SELECT a.id AS one, b.id AS other,
             CASE WHEN a.bare = b.bare THEN 1 ELSE 3 END AS rank
      FROM callers a JOIN callers b ON a.number = b.number AND a.id < b.id
      WHERE (a.bare = b.bare OR a.pinyin = b.pinyin)
        AND (a.identity_index IS NULL OR b.identity_index IS NULL)
      UNION ALL
      SELECT a.id, b.id, 2 FROM owners a JOIN owners b
        ON a.property_id = b.property_id AND a.bare = b.bare AND a.id < b.id
      WHERE a.identity_index IS NULL OR b.identity_index IS NULL
      UNION ALL
      SELECT a.id, b.id, 4 FROM firms a JOIN firms b ON a.bare = b.bare AND a.id < b.id
      JOIN customers_customer x ON x.id = a.id JOIN customers_customer y ON y.id = b.id
      WHERE x.identity_index IS NULL OR y.identity_index IS NULL),
    found AS (
      SELECT one, other, (ARRAY[%s, %s, %s, %s])[min(rank)] AS likeness FROM alike GROUP BY 1, 2),
    gone AS (
      DELETE FROM customers_duplicatepair p WHERE p.dismissed_at IS NULL
        AND NOT EXISTS (SELECT FROM found f WHERE f.one = p.first_id AND f.other = p.second_id)),
    written AS (
      INSERT INTO customers_duplicatepair AS p (first_id, second_id, likeness, found_at, reason)
      SELECT one, other, likeness, %s, '' FROM found
      ON CONFLICT (first_id, second_id) DO UPDATE SET likeness = EXCLUDED.likeness
        WHERE p.dismissed_at IS NULL AND p.likeness <> EXCLUDED.likeness)
    SELECT count(*) FROM found"""  # noqa: S608  expressions of this module


@transaction.atomic
def find_duplicates() -> int:
    """Look through all customers for pairs that may be one. Returns how many there are, those
    included of which somebody said that they are two. Safe to run twice, also at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        ranked = (
            Likeness.NUMBER_AND_NAME,
            Likeness.FLAT_AND_NAME,
            Likeness.NUMBER_AND_READING,
            Likeness.FIRM_NAME,
        )
        cursor.execute(_FIND, [*map(str, ranked), timezone.now()])
        return cursor.fetchone()[0]


@transaction.atomic
def dismiss_pair(pair: DuplicatePair, *, by: Any, reason: str) -> DuplicatePair:
    """Say that two customers are not one; the nightly look does not ask again. Raises Refused
    without a reason, for customers that are not both in reach, and when it was said before."""
    row = lock(DuplicatePair.objects.filter(pk=pair.pk)).select_related("first", "second").first()
    if row is None:
        raise Refused(_("This pair is not there any more; one of the two may have been merged."))
    keys = (row.first_id, row.second_id)
    if by is not None and mergeable(by).filter(pk__in=keys).count() < len(keys):
        raise Refused(_("Only customers whom you may change, both of them, can be told apart."))
    if row.dismissed_at is not None:
        raise Refused(_("Somebody has already said that these are two customers."))
    if not reason.strip():
        raise Refused(_("Please say why these are two customers."))
    row.dismissed_at, row.dismissed_by, row.reason = timezone.now(), by, reason.strip()
    row.save()
    record(
        "customer.not_duplicate",
        by=by,
        subject=row.first,
        code=row.first.code,
        other=row.second.code,
        reason=row.reason,
    )
    return row
