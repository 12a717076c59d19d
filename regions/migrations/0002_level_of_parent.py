"""Prove `parent_kind`: a composite key to the parent's (id, kind) that the ORM cannot express.

With it the check constraint of the levels holds whatever writes: the level of the parent cannot
be anything but the parent's level.
"""

from django.db import migrations

FORWARDS = """
ALTER TABLE regions_orgunit ADD CONSTRAINT orgunit_parent_level
  FOREIGN KEY (parent_id, parent_kind) REFERENCES regions_orgunit (id, kind)
  ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
"""
BACKWARDS = "ALTER TABLE regions_orgunit DROP CONSTRAINT orgunit_parent_level"


class Migration(migrations.Migration):
    dependencies = [("regions", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
