"""Working calendars."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("regions", "0003_policies")]

    operations: list = []
