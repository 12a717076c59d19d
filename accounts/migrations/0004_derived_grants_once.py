"""One derived grant for each role in a section, unit and first day."""

from django.db import migrations, models

# Two that followed sections at the same moment may have written a grant twice. The twin that a
# review decided about stays, else the older one. The last line lets the constraint be added in
# the same transaction.
DROP_TWINS = """
DELETE FROM accounts_rolegrant r USING (
    SELECT g.id, row_number() OVER (
        PARTITION BY g.section_grant_id, g.unit_id, g.valid_from
        ORDER BY EXISTS (SELECT FROM accounts_grantreview v WHERE v.grant_id = g.id) DESC, g.id
    ) AS place
    FROM accounts_rolegrant g WHERE g.section_grant_id IS NOT NULL
) twin
WHERE twin.id = r.id AND twin.place > 1
  AND NOT EXISTS (SELECT FROM accounts_grantreview v WHERE v.grant_id = r.id);
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_access"), ("regions", "0005_changes")]

    operations = [
        migrations.RunSQL(DROP_TWINS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                fields=("section_grant", "unit", "valid_from"), name="grant_derived_once"
            ),
        ),
    ]
