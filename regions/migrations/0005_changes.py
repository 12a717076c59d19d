"""Organisation changes and sections."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("regions", "0004_calendars")]

    operations: list = []
