"""Sessions and second factors."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SignedInDevice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=40, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("desktop", "Computer"), ("mobile", "Phone or tablet")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("browser", models.CharField(blank=True, max_length=60, verbose_name="browser")),
                ("device", models.CharField(blank=True, max_length=32)),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="address")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="logged in"
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="last used"
                    ),
                ),
                (
                    "authenticated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="identity confirmed"
                    ),
                ),
                ("expires_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("logout", "Logged out"),
                            ("idle", "Not used for too long"),
                            ("age", "Open for too long"),
                            ("crowded", "Logged in on another device"),
                            ("again", "Logged in again in the same browser"),
                            ("owner", "Ended by the person"),
                            ("admin", "Ended by an administrator"),
                            ("password", "Password changed"),
                            ("factor", "Log-in security changed"),
                            ("account", "Account frozen or left"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
            ],
            options={
                "verbose_name": "signed-in device",
                "verbose_name_plural": "signed-in devices",
            },
        ),
        migrations.AddField(
            model_name="loginrecord",
            name="method",
            field=models.CharField(
                blank=True,
                choices=[
                    ("password", "Password"),
                    ("link", "One-time link"),
                    ("totp", "Code of the authenticator app"),
                    ("passkey", "Passkey"),
                    ("recovery", "Recovery code"),
                ],
                max_length=20,
                verbose_name="how",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="factor_asked_at",
            field=models.DateTimeField(
                editable=False,
                help_text="First told to set up a second factor; grace begins.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="loginrecord",
            name="kind",
            field=models.CharField(
                choices=[
                    ("login", "Logged in"),
                    ("failed", "Failed log-in"),
                    ("refused", "Refused while locked"),
                    ("unlocked", "Lock ended"),
                    ("logout", "Logged out"),
                    ("day", "First page of the day"),
                    ("again", "Identity confirmed again"),
                    ("no_factor", "Second factor refused"),
                ],
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="loginrecord",
            index=models.Index(
                condition=models.Q(("kind", "no_factor")),
                fields=["user", "at"],
                name="login_failed_factor",
            ),
        ),
        migrations.AddField(
            model_name="signedindevice",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="devices",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AddIndex(
            model_name="signedindevice",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["user", "-last_used_at"],
                name="device_open",
            ),
        ),
        migrations.AddIndex(
            model_name="signedindevice",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["expires_at"], name="device_expiry"
            ),
        ),
        migrations.AddIndex(
            model_name="signedindevice",
            index=models.Index(fields=["ended_at"], name="device_ended"),
        ),
        migrations.AddConstraint(
            model_name="signedindevice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason", ""), ("ended_at", None)),
                    models.Q(
                        ("ended_at__isnull", False), models.Q(("end_reason", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="device_end_has_reason",
            ),
        ),
    ]
