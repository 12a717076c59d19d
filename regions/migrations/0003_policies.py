"""Policies."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("regions", "0002_level_of_parent")]

    operations: list = []
