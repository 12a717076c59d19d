"""Purchases of customers, and the business type of organisations."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_drafts"),
        ("customers", "0003_access"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="customer",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="customer",
            name="delete_delete",
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="date")),
                ("product", models.CharField(blank=True, max_length=120, verbose_name="product")),
                (
                    "quantity",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=18,
                        null=True,
                        verbose_name="quantity",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=17, verbose_name="amount"),
                ),
                ("row", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name": "purchase",
                "verbose_name_plural": "purchases",
                "permissions": [("import_transaction", "Can import purchases")],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TransactionFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "file of purchases",
                "verbose_name_plural": "files of purchases",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="business_type",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="What a customer trades as; ABC classes are made within each type.",
                max_length=20,
                verbose_name="business type",
            ),
        ),
        migrations.AddField(
            model_name="customerevent",
            name="business_type",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="What a customer trades as; ABC classes are made within each type.",
                max_length=20,
                verbose_name="business type",
            ),
        ),
        migrations.AlterField(
            model_name="customerclass",
            name="scheme",
            field=models.CharField(
                choices=[
                    ("ownership", "Ownership class"),
                    ("importance", "Importance class"),
                    ("grade", "Customer grade"),
                    ("business", "Business type"),
                ],
                max_length=12,
                verbose_name="scheme",
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="transactions",
                to="customers.customer",
                verbose_name="customer",
            ),
        ),
        migrations.AddField(
            model_name="transactionfile",
            name="import_run",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="core.importrun",
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="file",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="transactions",
                to="customers.transactionfile",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["on"], name="transaction_on"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(fields=("file", "row"), name="transaction_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customer",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_customerevent" ("address", "assets", "business_type", "code", "contact_leader_id", "created_at", "entered_by_id", "first_cooperation_on", "gender", "id", "identity_cipher", "identity_index", "identity_kind", "identity_last4", "import_run_id", "industry", "kind", "level", "name", "nature", "other_phone_cipher", "other_phone_index", "other_phone_last4", "ownership_class", "payment_record", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_cipher", "phone_index", "phone_last4", "postcode", "remark", "scale", "source", "specialist_id", "subject_id") SELECT new_values."address", new_values."assets", new_values."business_type", new_values."code", new_values."contact_leader_id", new_values."created_at", new_values."entered_by_id", new_values."first_cooperation_on", new_values."gender", new_values."id", new_values."identity_cipher", new_values."identity_index", new_values."identity_kind", new_values."identity_last4", new_values."import_run_id", new_values."industry", new_values."kind", new_values."level", new_values."name", new_values."nature", new_values."other_phone_cipher", new_values."other_phone_index", new_values."other_phone_last4", new_values."ownership_class", new_values."payment_record", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."phone_cipher", new_values."phone_index", new_values."phone_last4", new_values."postcode", new_values."remark", new_values."scale", new_values."source", new_values."specialist_id", new_values."subject_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."address" IS DISTINCT FROM (new_values."address") OR old_values."assets" IS DISTINCT FROM (new_values."assets") OR old_values."business_type" IS DISTINCT FROM (new_values."business_type") OR old_values."code" IS DISTINCT FROM (new_values."code") OR old_values."contact_leader_id" IS DISTINCT FROM (new_values."contact_leader_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."entered_by_id" IS DISTINCT FROM (new_values."entered_by_id") OR old_values."first_cooperation_on" IS DISTINCT FROM (new_values."first_cooperation_on") OR old_values."gender" IS DISTINCT FROM (new_values."gender") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."identity_cipher" IS DISTINCT FROM (new_values."identity_cipher") OR old_values."identity_index" IS DISTINCT FROM (new_values."identity_index") OR old_values."identity_kind" IS DISTINCT FROM (new_values."identity_kind") OR old_values."identity_last4" IS DISTINCT FROM (new_values."identity_last4") OR old_values."import_run_id" IS DISTINCT FROM (new_values."import_run_id") OR old_values."industry" IS DISTINCT FROM (new_values."industry") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."level" IS DISTINCT FROM (new_values."level") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."nature" IS DISTINCT FROM (new_values."nature") OR old_values."other_phone_cipher" IS DISTINCT FROM (new_values."other_phone_cipher") OR old_values."other_phone_index" IS DISTINCT FROM (new_values."other_phone_index") OR old_values."other_phone_last4" IS DISTINCT FROM (new_values."other_phone_last4") OR old_values."ownership_class" IS DISTINCT FROM (new_values."ownership_class") OR old_values."payment_record" IS DISTINCT FROM (new_values."payment_record") OR old_values."phone_cipher" IS DISTINCT FROM (new_values."phone_cipher") OR old_values."phone_index" IS DISTINCT FROM (new_values."phone_index") OR old_values."phone_last4" IS DISTINCT FROM (new_values."phone_last4") OR old_values."postcode" IS DISTINCT FROM (new_values."postcode") OR old_values."remark" IS DISTINCT FROM (new_values."remark") OR old_values."scale" IS DISTINCT FROM (new_values."scale") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."specialist_id" IS DISTINCT FROM (new_values."specialist_id") OR old_values."subject_id" IS DISTINCT FROM (new_values."subject_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="3d4beb5835e63d0f7bc7c5ebd75e8af2ba1181a2",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_ca86d",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="customers_customer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customer",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_customerevent" ("address", "assets", "business_type", "code", "contact_leader_id", "created_at", "entered_by_id", "first_cooperation_on", "gender", "id", "identity_cipher", "identity_index", "identity_kind", "identity_last4", "import_run_id", "industry", "kind", "level", "name", "nature", "other_phone_cipher", "other_phone_index", "other_phone_last4", "ownership_class", "payment_record", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_cipher", "phone_index", "phone_last4", "postcode", "remark", "scale", "source", "specialist_id", "subject_id") SELECT old_values."address", old_values."assets", old_values."business_type", old_values."code", old_values."contact_leader_id", old_values."created_at", old_values."entered_by_id", old_values."first_cooperation_on", old_values."gender", old_values."id", old_values."identity_cipher", old_values."identity_index", old_values."identity_kind", old_values."identity_last4", old_values."import_run_id", old_values."industry", old_values."kind", old_values."level", old_values."name", old_values."nature", old_values."other_phone_cipher", old_values."other_phone_index", old_values."other_phone_last4", old_values."ownership_class", old_values."payment_record", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."phone_cipher", old_values."phone_index", old_values."phone_last4", old_values."postcode", old_values."remark", old_values."scale", old_values."source", old_values."specialist_id", old_values."subject_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="7369fe1a4d4a7b51eaf06a75b5b3a68dc05cc3f0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_939ca",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="customers_customer",
                    when="AFTER",
                ),
            ),
        ),
    ]
