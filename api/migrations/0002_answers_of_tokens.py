"""Keys of repeated calls are a token's own; nobody knows of which token the kept answers were."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]

    operations = [
        migrations.RunSQL("DELETE FROM api_answered", migrations.RunSQL.noop),
        migrations.RemoveConstraint("answered", "answered_once"),
        migrations.RemoveField("answered", "user"),
        migrations.AddField(
            "answered",
            "token",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="api.apitoken"
            ),
        ),
        migrations.AddConstraint(
            "answered",
            models.UniqueConstraint(fields=["token", "key"], name="answered_once"),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, "DELETE FROM api_answered"),
    ]
