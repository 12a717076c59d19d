"""Shares and hand-over of customers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_last_digits_and_former_owners"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={
                "permissions": [
                    ("reveal_customer", "Can reveal telephone and identity numbers"),
                    ("log_activity", "Can log activities"),
                    ("import_customer", "Can import customers"),
                    ("export_customer", "Can export customers"),
                    ("hand_over_customer", "Can hand over customers"),
                    ("share_customer", "Can share customers with colleagues"),
                ],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
        migrations.AddField(
            model_name="customershare",
            name="ended_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="customershare",
            name="ended_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="customershare",
            index=models.Index(fields=["until"], name="share_until"),
        ),
        migrations.AddConstraint(
            model_name="customershare",
            constraint=models.UniqueConstraint(
                fields=("user", "content_object"), name="share_once"
            ),
        ),
    ]
