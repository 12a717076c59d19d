"""Shares and hand-over of customers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_last_digits_and_former_owners")]

    operations: list = []
