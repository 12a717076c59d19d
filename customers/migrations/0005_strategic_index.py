"""The company's list of strategic customers is read without reading the archive."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_transactions")]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("level", "战略客户")),
                fields=["pinyin", "id"],
                name="customer_strategic",
            ),
        ),
    ]
