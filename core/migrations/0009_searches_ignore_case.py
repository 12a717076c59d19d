"""Pairs of neighbouring characters in small letters, so that a search for `app` finds `APP`."""

from django.db import migrations

BIGRAMS = """
CREATE OR REPLACE FUNCTION cn_bigrams(t text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE r text[] := '{{}}'; s text := {text};
BEGIN
  FOR i IN 1..length(s) - 1 LOOP r := r || substr(s, i, 2); END LOOP;
  RETURN r;
END $$
"""
# An index keeps what the function said when a row was written.
REINDEX = """
DO $$
DECLARE found text;
BEGIN
  FOR found IN
    SELECT format('%I.%I', schemaname, indexname) FROM pg_indexes
    WHERE schemaname = 'public' AND indexdef LIKE '%cn_bigrams(%'
  LOOP EXECUTE 'REINDEX INDEX ' || found; END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0008_events")]

    operations = [
        migrations.RunSQL(BIGRAMS.format(text="lower(t)"), BIGRAMS.format(text="t")),
        migrations.RunSQL(REINDEX, REINDEX),
    ]
