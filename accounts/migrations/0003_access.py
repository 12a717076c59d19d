"""Hand-over of work and review of grants."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_letting_in")]

    operations: list = []
