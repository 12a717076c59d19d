"""Triggers that mark which unit and day a change touches, wherever it comes from.

One function serves all sources. Its arguments: the source, the columns that figures depend on (a
change of any other marks nothing), and the days on which a row counts, in China's time.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION reports_mark_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept text := TG_ARGV[1];
  changed text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    changed := format('SELECT %s FROM new_rows', kept);
  ELSIF TG_OP = 'DELETE' THEN
    changed := format('SELECT %s FROM old_rows', kept);
  ELSE
    changed := format('(SELECT %1$s FROM old_rows EXCEPT ALL SELECT %1$s FROM new_rows)'
      ' UNION ALL (SELECT %1$s FROM new_rows EXCEPT ALL SELECT %1$s FROM old_rows)', kept);
  END IF;
  EXECUTE format('INSERT INTO reports_mark (source, unit_id, day)'
    ' SELECT DISTINCT %L, c.unit_id, d.day FROM (%s) c'
    ' CROSS JOIN LATERAL unnest(ARRAY[%s]::date[]) AS d (day) WHERE d.day IS NOT NULL',
    TG_ARGV[0], changed, TG_ARGV[2]);
  RETURN NULL;
END $$
"""


# What a closed month said stays said. Verified sums would be no proof if they could be adjusted.
GUARD = """
CREATE FUNCTION reports_keep_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the figures of a closed month stay as they are' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER reports_frozen BEFORE UPDATE ON reports_rollup FOR EACH ROW
  WHEN (OLD.frozen AND ((OLD.numerator, OLD.denominator) IS DISTINCT FROM
    (NEW.numerator, NEW.denominator) OR NOT NEW.frozen))
  EXECUTE FUNCTION reports_keep_frozen()
"""
UNGUARD = """
DROP TRIGGER reports_frozen ON reports_rollup;
DROP FUNCTION reports_keep_frozen()
"""


def local(column: str) -> str:
    """The day of an instant in China."""
    return f"(c.{column} AT TIME ZONE ''Asia/Shanghai'')::date"


CASE_COLUMNS = (
    "unit_id, kind, state, level_id, category_id, top_category_id, taken_in_at, first_contact_at,"
    " resolved_at, closed_at, next_due_at, round"
)
# Source, table, columns that figures depend on, days on which a row counts.
SOURCES = (
    ("places", "customers_customerunit", "unit_id, created_at", local("created_at")),
    ("activities", "customers_activity", "unit_id, kind, state, at", local("at")),
    ("ownerships", "customers_ownership", "unit_id, valid_until", "c.valid_until"),
    ("cases", "complaints_case", CASE_COLUMNS, f"{local('taken_in_at')}, {local('closed_at')}"),
    ("ledger", "expenses_ledgerentry", "unit_id, category_id, booked_on, paid", "c.booked_on"),
    ("log_in_days", "compliance_loginday", "unit_id, day, reason", "c.day"),
)
TABLES = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}


def _triggers() -> list[str]:
    return [
        f"CREATE TRIGGER reports_{event.lower()} AFTER {event} ON {table} REFERENCING {rows}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION reports_mark_changes('{source}', '{columns}', '{days}')"
        for source, table, columns, days in SOURCES
        for event, rows in TABLES.items()
    ]


def _drops() -> list[str]:
    return [
        f"DROP TRIGGER reports_{event.lower()} ON {table}"
        for _source, table, _columns, _days in SOURCES
        for event in TABLES
    ] + ["DROP FUNCTION reports_mark_changes()"]


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_metrics"),
        ("customers", "0005_strategic_index"),
        ("complaints", "0010_channel_survey"),
        ("expenses", "0001_expenses"),
        ("compliance", "0004_duty"),
    ]
    operations = [
        migrations.RunSQL([FUNCTION, *_triggers()], _drops()),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
