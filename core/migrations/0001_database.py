"""What the database must hold before any table: rights of the application's role, the schema for
staging, and the bigram function of name searches.

Tables belong to the owner, who migrates. The application's role reads and writes rows and owns
nothing but the schema `staging`, so a bug or an injection cannot change the schema. Where one role
does both (a database of one's own with a single account), there is nothing to grant.
"""

from django.conf import settings
from django.contrib.postgres.operations import BtreeGinExtension
from django.db import migrations

BIGRAMS = """
CREATE FUNCTION cn_bigrams(t text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE r text[] := '{}';
BEGIN
  FOR i IN 1..length(t) - 1 LOOP r := r || substr(t, i, 2); END LOOP;
  RETURN r;
END $$
"""

GRANTS = """
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app};
"""


def prepare(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
        app = settings.DATABASE_APP_ROLE or owner
        quote = connection.ops.quote_name
        if app == owner:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS staging")
            return
        cursor.execute(GRANTS.format(app=quote(app), owner=quote(owner)))
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS staging AUTHORIZATION {quote(app)}")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    run_before = [("contenttypes", "0001_initial"), ("auth", "0001_initial")]

    operations = [
        BtreeGinExtension(),
        migrations.RunSQL(BIGRAMS, "DROP FUNCTION cn_bigrams(text)"),
        migrations.RunPython(prepare, migrations.RunPython.noop),
    ]
