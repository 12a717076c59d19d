"""Trades and warranty, urges that are answered, the reaction of the committee."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Months that the product gave its own categories once; the rule says them now, by trade.
TRADES = {
    "渗漏": ("waterproofing", 60),
    "空鼓": ("finishes", 24),
    "墙面开裂": ("finishes", 24),
    "门窗": ("finishes", 24),
}


def name_trades(apps, schema_editor):
    """Months that somebody changed stay as they are, and go before those of the trade."""
    category = apps.get_model("complaints", "Category")
    for name, (trade, months) in TRADES.items():
        rows = category.objects.filter(parent__name="工程质量", name=name)
        rows.update(trade=trade)
        rows.filter(warranty_months=months).update(warranty_months=None)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0006_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="warranty_until",
            field=models.DateField(editable=False, null=True, verbose_name="warranty until"),
        ),
        migrations.AddField(
            model_name="category",
            name="trade",
            field=models.CharField(
                blank=True,
                choices=[
                    ("structure", "Foundation and main structure"),
                    ("waterproofing", "Waterproofing"),
                    ("pipes", "Pipes, wiring and equipment"),
                    ("finishes", "Finishes and decoration"),
                    ("heating", "Heating and cooling"),
                ],
                help_text="The rule of the warranty says how many months each trade has.",
                max_length=16,
                verbose_name="trade",
            ),
        ),
        migrations.AlterField(
            model_name="category",
            name="warranty_months",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="From the hand-over of the flat. Empty: what the rule says of the trade.",
                null=True,
                verbose_name="warranty (months)",
            ),
        ),
        migrations.AlterField(
            model_name="deadline",
            name="kind",
            field=models.CharField(
                choices=[
                    ("first_contact", "First contact"),
                    ("plan", "Handling plan"),
                    ("resolution", "Resolution"),
                    ("call_back", "Call-back"),
                    ("committee", "Reaction of the committee"),
                ],
                max_length=14,
                verbose_name="limit",
            ),
        ),
        migrations.AlterField(
            model_name="escalationstep",
            name="relation",
            field=models.CharField(
                choices=[
                    ("handler", "Handler"),
                    ("complaint_post", "Complaint function of the unit"),
                    ("project_head", "Head of the project"),
                    ("city_head", "Head of the city"),
                    ("region_function", "Complaint function of the region"),
                    ("region_head", "Head of the region"),
                    ("group_duty", "Duty of the group"),
                    ("specialist", "Marketing specialist of the customer"),
                    ("contact_leader", "Contact leader of the customer"),
                    ("committee", "Customer Management Committee"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Urge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                ("urged_at", models.DateTimeField(verbose_name="urged at")),
                ("answer_by", models.DateTimeField(verbose_name="answer wanted by")),
                ("answer", models.TextField(blank=True, verbose_name="answer")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                ("late_told_at", models.DateTimeField(editable=False, null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="urges",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="urges",
                        to="complaints.case",
                    ),
                ),
            ],
            options={
                "verbose_name": "urge",
                "verbose_name_plural": "urges",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        models.F("by_id"),
                        models.OrderBy(models.F("urged_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="urge_of",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("answered_at__isnull", True), ("late_told_at__isnull", True)
                        ),
                        fields=["answer_by"],
                        name="urge_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answer_by__gt", models.F("urged_at"))),
                        name="urge_answer_later",
                    )
                ],
            },
        ),
        migrations.RunPython(name_trades, migrations.RunPython.noop),
    ]
