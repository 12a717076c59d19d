"""People who ever logged in, for the adoption rate (LOG-07)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0004_duty")]

    operations = [
        migrations.AddField(
            model_name="loginsum",
            name="adopters",
            field=models.PositiveIntegerField(default=0, verbose_name="people who ever logged in"),
        ),
        migrations.RemoveConstraint(model_name="loginsum", name="loginsum_parts"),
        migrations.AddConstraint(
            model_name="loginsum",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    met__lte=models.F("expected"),
                    users__lte=models.F("people"),
                    adopters__lte=models.F("people"),
                ),
                name="loginsum_parts",
            ),
        ),
    ]
