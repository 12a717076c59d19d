"""History of units, organisation changes, sections."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import regions.models.history

# Until now only the parent and the days of opening and closing had a history; the other values are
# taken to have been as they are. A closed unit was open until its last day; a unit whose parents
# nobody wrote down is taken to have hung where it hangs since it was opened.
KEEP_HISTORY = """
WITH spans AS (
    SELECT unit_id, parent_id, valid_from, valid_until FROM regions_unitparent
    WHERE valid_until IS NULL OR valid_until > valid_from
    UNION ALL
    SELECT id, parent_id, COALESCE(opened_on, closed_on, CURRENT_DATE), NULL
    FROM regions_orgunit u
    WHERE NOT EXISTS (SELECT 1 FROM regions_unitparent p
                      WHERE p.unit_id = u.id
                        AND (p.valid_until IS NULL OR p.valid_until > p.valid_from))
), known AS (
    SELECT s.*, CASE WHEN NOT u.is_active AND s.valid_until IS NULL
                     THEN GREATEST(COALESCE(u.closed_on, s.valid_from), s.valid_from)
                END AS ended_on
    FROM spans s JOIN regions_orgunit u ON u.id = s.unit_id
), versions AS (
    SELECT unit_id, parent_id, valid_from, COALESCE(ended_on, valid_until) AS valid_until,
           TRUE AS is_active
    FROM known WHERE ended_on IS NULL OR ended_on > valid_from
    UNION ALL
    SELECT unit_id, parent_id, ended_on, NULL, FALSE FROM known WHERE ended_on IS NOT NULL
)
INSERT INTO regions_unitversion (unit_id, valid_from, valid_until, kind, code, name, parent_id,
    is_active, department_name, department_level, stage, recorded_at)
SELECT u.id, v.valid_from, v.valid_until, u.kind, u.code, u.name, v.parent_id,
    v.is_active, u.department_name, u.department_level, u.stage, now()
FROM versions v JOIN regions_orgunit u ON u.id = v.unit_id
"""
RETURN_HISTORY = """
INSERT INTO regions_unitparent (unit_id, parent_id, valid_from, valid_until)
SELECT unit_id, parent_id, valid_from, valid_until FROM regions_unitversion
"""


class Migration(migrations.Migration):
    dependencies = [
        ("regions", "0004_calendars"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="Company",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
            ],
            options={
                "verbose_name": "company",
                "verbose_name_plural": "companies",
                "ordering": ["code"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Section",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, unique=True, verbose_name="number"
                    ),
                ),
            ],
            options={
                "verbose_name": "section",
                "verbose_name_plural": "sections",
                "ordering": [models.OrderBy(models.F("number"), nulls_last=True), "code"],
                "default_permissions": ("view", "change"),
            },
        ),
        migrations.AddField(
            model_name="orgunit",
            name="entered_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, verbose_name="entered at"
            ),
        ),
        migrations.AddField(
            model_name="orgunit",
            name="late_by",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, verbose_name="days late"
            ),
        ),
        migrations.AddField(
            model_name="orgunit",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="regions.orgunit",
                verbose_name="merged into",
            ),
        ),
        migrations.AddField(
            model_name="orgunit",
            name="split_from",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="regions.orgunit",
                verbose_name="split from",
            ),
        ),
        migrations.CreateModel(
            name="OrgChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("create", "New unit"),
                            ("rename", "New name or department"),
                            ("move", "Another parent"),
                            ("upgrade", "Raised by one level"),
                            ("downgrade", "Lowered by one level"),
                            ("merge", "Merged into another unit"),
                            ("split", "Split"),
                            ("close", "Closed"),
                            ("reopen", "Opened again"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("effective_on", models.DateField(verbose_name="in force from")),
                ("payload", models.JSONField(default=dict)),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "source",
                    models.CharField(blank=True, max_length=200, verbose_name="source document"),
                ),
                (
                    "approval_by",
                    models.CharField(blank=True, max_length=60, verbose_name="decided by"),
                ),
                (
                    "approval_number",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="number of the decision"
                    ),
                ),
                ("approval_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("ready", "Waiting for approval"),
                            ("approved", "Approved"),
                            ("applied", "In force"),
                            ("undone", "Undone"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="entered at"
                    ),
                ),
                ("proposed_at", models.DateTimeField(editable=False, null=True)),
                ("approved_at", models.DateTimeField(editable=False, null=True)),
                ("applied_at", models.DateTimeField(editable=False, null=True)),
                ("undone_at", models.DateTimeField(editable=False, null=True)),
                ("end_reason", models.TextField(blank=True, verbose_name="why it ended")),
                (
                    "problem",
                    models.TextField(blank=True, verbose_name="why it could not be applied"),
                ),
                (
                    "late_by",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="days late"
                    ),
                ),
                (
                    "unit_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, editable=False, size=None
                    ),
                ),
                (
                    "applied_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="regions.orgunit",
                        verbose_name="other unit",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="regions.orgunit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "organisation change",
                "verbose_name_plural": "organisation changes",
                "permissions": [
                    ("propose_orgchange", "Can propose changes of the organisation"),
                    ("approve_orgchange", "Can approve changes of the organisation"),
                ],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="OrgChangeRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.PositiveSmallIntegerField()),
                ("table", models.CharField(max_length=63)),
                ("key", models.BigIntegerField()),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                (
                    "change",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="regions.orgchange",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of a change",
                "verbose_name_plural": "rows of changes",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SectionCompany",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="regions.company"
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="regions.section"
                    ),
                ),
            ],
            options={
                "verbose_name": "company of a section",
                "verbose_name_plural": "companies of sections",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="company",
            name="sections",
            field=models.ManyToManyField(
                related_name="companies",
                through="regions.SectionCompany",
                to="regions.section",
                verbose_name="sections",
            ),
        ),
        migrations.CreateModel(
            name="SectionUnit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="from")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "section",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="regions.section",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sections",
                        to="regions.orgunit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "unit of a section",
                "verbose_name_plural": "units of sections",
                "ordering": ["section", "unit", "valid_from"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="UnitAlias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True, verbose_name="code")),
                ("since", models.DateField(verbose_name="since")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="aliases",
                        to="regions.orgunit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "former code",
                "verbose_name_plural": "former codes",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="UnitVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="from")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("group", "Group"),
                            ("region", "Region"),
                            ("city", "City"),
                            ("project", "Project"),
                        ],
                        max_length=10,
                        verbose_name="level",
                    ),
                ),
                ("code", models.CharField(max_length=30, verbose_name="code")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "department_name",
                    models.CharField(
                        blank=True, max_length=50, verbose_name="customer relationship department"
                    ),
                ),
                (
                    "department_level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("centre", "Centre"),
                            ("first", "First-level department"),
                            ("second", "Second-level department"),
                        ],
                        max_length=10,
                        verbose_name="level of the department",
                    ),
                ),
                ("stage", models.CharField(blank=True, max_length=20, verbose_name="stage")),
                (
                    "recorded_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="regions.orgunit",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="regions.orgunit",
                        verbose_name="parent unit",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="regions.orgunit",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a unit",
                "verbose_name_plural": "versions of units",
                "ordering": ["unit", "valid_from"],
            },
        ),
        migrations.AddIndex(
            model_name="orgchange",
            index=models.Index(fields=["state", "effective_on", "id"], name="orgchange_due"),
        ),
        migrations.AddIndex(
            model_name="orgchange",
            index=models.Index(fields=["-effective_on", "-id"], name="orgchange_recent"),
        ),
        migrations.AddIndex(
            model_name="orgchange",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["unit_ids"], name="orgchange_units"
            ),
        ),
        migrations.AddConstraint(
            model_name="orgchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "applied"), _negated=True),
                    ("applied_at__isnull", False),
                    _connector="OR",
                ),
                name="orgchange_applied_when",
            ),
        ),
        migrations.AddIndex(
            model_name="orgchangerow",
            index=models.Index(fields=["change", "step"], name="orgchangerow_step"),
        ),
        migrations.AddConstraint(
            model_name="sectioncompany",
            constraint=models.UniqueConstraint(
                fields=("section", "company"), name="sectioncompany_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sectionunit",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("unit", "="), (regions.models.history.Span(), "&&")],
                name="sectionunit_one_section_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="sectionunit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True),
                    ("valid_until__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="sectionunit_span",
            ),
        ),
        migrations.AddIndex(
            model_name="unitversion",
            index=models.Index(fields=["recorded_at"], name="unitversion_recorded"),
        ),
        migrations.AddConstraint(
            model_name="unitversion",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("unit", "="), (regions.models.history.Span(), "&&")],
                name="unitversion_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True),
                    ("valid_until__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="unitversion_span",
            ),
        ),
        migrations.RunSQL(KEEP_HISTORY, RETURN_HISTORY),
        migrations.DeleteModel(name="UnitParent"),
    ]
