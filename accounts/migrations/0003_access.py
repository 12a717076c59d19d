"""Hand-over of work and review of grants."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_letting_in"),
        ("regions", "0005_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="HandOver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("leaving", "Leaves the company"),
                            ("moving", "Moves to another post"),
                            ("stand_by", "Is away for some time"),
                            ("sharing_out", "Work is shared out anew"),
                        ],
                        default="sharing_out",
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("one", "Everything to one person"),
                            ("turns", "In turn to several people, equally"),
                            ("units", "Each unit to a person of its own"),
                        ],
                        default="one",
                        max_length=6,
                        verbose_name="rule",
                    ),
                ),
                ("plan", models.JSONField(default=dict)),
                ("keep_shares", models.BooleanField(default=True, verbose_name="shares stay")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Not carried out yet"),
                            ("done", "Carried out"),
                            ("returned", "Returned after the stand-in"),
                            ("undone", "Undone"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0, verbose_name="pieces of work")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("done_at", models.DateTimeField(null=True, verbose_name="carried out at")),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "giver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_overs",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="handed over by",
                    ),
                ),
            ],
            options={
                "verbose_name": "hand-over",
                "verbose_name_plural": "hand-overs",
                "permissions": [
                    ("hand_over_work", "Can hand over the work of people"),
                    ("close_account", "Can record that people have left"),
                ],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HandOverItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("record_id", models.BigIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "With the receiver"),
                            ("returned", "Returned"),
                            ("moved_on", "Somebody else has it by now"),
                            ("closed", "It is finished"),
                            ("gone", "It does not exist any more"),
                            ("left", "The former holder cannot take it back"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "from_user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hand_over",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="accounts.handover",
                    ),
                ),
                (
                    "to_user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="regions.orgunit",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WorkLeft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("count", models.PositiveIntegerField()),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="work_left",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="GrantReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                (
                    "decision",
                    models.CharField(
                        choices=[("keep", "Kept"), ("end", "Ended")],
                        max_length=4,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="accounts.rolegrant",
                    ),
                ),
            ],
            options={
                "verbose_name": "review of a grant",
                "verbose_name_plural": "reviews of grants",
                "permissions": [("review_grants", "Can see and review the grants of people")],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("grant", "month"), name="review_once_a_month"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decision", "keep"),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="review_end_has_reason",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(fields=["giver", "-made_at"], name="hand_over_giver"),
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(
                condition=models.Q(("state", "done"), ("until__isnull", False)),
                fields=["until"],
                name="hand_over_until",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "draft"), ("done_at__isnull", False), _connector="OR"),
                name="hand_over_done_when",
            ),
        ),
        migrations.AddIndex(
            model_name="handoveritem",
            index=models.Index(fields=["kind", "record_id"], name="item_record"),
        ),
        migrations.AddConstraint(
            model_name="handoveritem",
            constraint=models.UniqueConstraint(
                fields=("hand_over", "kind", "record_id"), name="item_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="workleft",
            constraint=models.UniqueConstraint(fields=("user", "kind"), name="work_left_once"),
        ),
        # Roles in sections.
        migrations.CreateModel(
            name="SectionGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="from")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("given_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "grant in a section",
                "verbose_name_plural": "grants in sections",
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="rolegrant",
            name="grant_given_once",
        ),
        migrations.AddField(
            model_name="sectiongrant",
            name="given_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sectiongrant",
            name="role",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.role",
                verbose_name="role",
            ),
        ),
        migrations.AddField(
            model_name="sectiongrant",
            name="section",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="regions.section",
                verbose_name="section",
            ),
        ),
        migrations.AddField(
            model_name="sectiongrant",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="section_grants",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="section_grant",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The role is held in a section; this row follows the section's units.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="derived",
                to="accounts.sectiongrant",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("section_grant__isnull", True), ("valid_until__isnull", True)),
                fields=("user", "unit", "role"),
                name="grant_given_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="sectiongrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_until__isnull", True)),
                fields=("user", "section", "role"),
                name="section_grant_given_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="sectiongrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True),
                    ("valid_from__isnull", True),
                    ("valid_until__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="section_grant_span",
            ),
        ),
    ]
