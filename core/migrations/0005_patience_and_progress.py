"""From when a mail was due, and how far a job ever came."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="best",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
