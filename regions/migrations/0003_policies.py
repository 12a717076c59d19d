"""Policies: versions of values, and the stamp that tells caches that something changed."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A row trigger on units looks at the path only: descriptions change often and decide nothing.
STAMP = """
CREATE FUNCTION regions_stamp_policies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO regions_policystamp (id, stamp) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp;
    RETURN NULL;
END $$;
CREATE TRIGGER regions_policyvalue_stamp AFTER INSERT ON regions_policyvalue
    FOR EACH STATEMENT EXECUTE FUNCTION regions_stamp_policies();
CREATE TRIGGER regions_orgunit_stamp_policies AFTER UPDATE OF path ON regions_orgunit
    FOR EACH ROW WHEN (old.path IS DISTINCT FROM new.path)
    EXECUTE FUNCTION regions_stamp_policies();
INSERT INTO regions_policystamp (id, stamp) VALUES (1, gen_random_uuid());
"""
UNSTAMP = """
DROP TRIGGER regions_orgunit_stamp_policies ON regions_orgunit;
DROP TRIGGER regions_policyvalue_stamp ON regions_policyvalue;
DROP FUNCTION regions_stamp_policies();
"""


def revoke(apps, schema_editor):
    """The application's role adds versions and reads them; it never changes or removes one."""
    _run(schema_editor, "REVOKE UPDATE, DELETE ON regions_policyvalue FROM {app}")


def grant(apps, schema_editor):
    _run(schema_editor, "GRANT UPDATE, DELETE ON regions_policyvalue TO {app}")


def _run(schema_editor, sql):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        app = settings.DATABASE_APP_ROLE
        if app and app != cursor.fetchone()[0]:
            cursor.execute(sql.format(app=schema_editor.connection.ops.quote_name(app)))


class Migration(migrations.Migration):
    dependencies = [
        ("regions", "0002_level_of_parent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyStamp",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("stamp", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="policystamp_is_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80, verbose_name="policy")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("value", models.JSONField(null=True, verbose_name="value")),
                ("effective_from", models.DateField(verbose_name="effective from")),
                ("reason", models.TextField(verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
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
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="policy_values",
                        to="regions.orgunit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "value of a policy",
                "verbose_name_plural": "values of policies",
                "ordering": ["-id"],
                "default_permissions": ("view", "change"),
                "indexes": [
                    models.Index(
                        fields=["key", "unit", "-effective_from", "-version"],
                        name="policyvalue_in_force",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "unit", "version"), name="policyvalue_one_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="policyvalue_version_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="policyvalue_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAMP, UNSTAMP),
        migrations.RunPython(revoke, grant),
    ]
