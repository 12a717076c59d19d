"""The application's role may add audit entries and read them, never change or remove one."""

from django.conf import settings
from django.db import migrations


def revoke(apps, schema_editor):
    _run(schema_editor, "REVOKE UPDATE, DELETE ON audit_entry FROM {app}")


def grant(apps, schema_editor):
    _run(schema_editor, "GRANT UPDATE, DELETE ON audit_entry TO {app}")


def _run(schema_editor, sql):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        app = settings.DATABASE_APP_ROLE
        if app and app != cursor.fetchone()[0]:
            cursor.execute(sql.format(app=schema_editor.connection.ops.quote_name(app)))


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(revoke, grant)]
