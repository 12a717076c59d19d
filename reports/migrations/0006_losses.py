"""Marks of losses, for the figure of lost customers."""

from importlib import import_module

from django.db import migrations

marks = import_module("reports.migrations.0002_marks")
TABLE, COLUMNS = "customers_loss", "unit_id, cause, lost_on"
CREATE = [
    f"CREATE TRIGGER reports_{event.lower()} AFTER {event} ON {TABLE} REFERENCING {rows}"
    f" FOR EACH STATEMENT EXECUTE FUNCTION"
    f" reports_mark_changes('losses', '{COLUMNS}', 'c.lost_on')"
    for event, rows in marks.TABLES.items()
]
DROP = [f"DROP TRIGGER reports_{event.lower()} ON {TABLE}" for event in marks.TABLES]


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_searches"), ("customers", "0007_value")]
    operations = [migrations.RunSQL(CREATE, DROP)]
