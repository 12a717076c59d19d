"""Runs of periodic jobs, attempts of all jobs, signs of life; the right to the self-check."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0003_notices")]

    operations = [
        migrations.AlterModelOptions(
            name="subjectkey",
            options={
                "permissions": [("view_health", "Can see the self-check of the installation")]
            },
        ),
        migrations.CreateModel(
            name="JobAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.IntegerField(verbose_name="number")),
                ("worker", models.CharField(max_length=100, verbose_name="worker")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                            ("left", "Put back, because the worker was shut down"),
                            ("lost", "Lost, because the worker died or lost its database"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "failure",
                    models.CharField(blank=True, max_length=200, verbose_name="kind of failure"),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
            },
        ),
        migrations.CreateModel(
            name="Pulse",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("source", models.CharField(max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name="Timetable",
            fields=[
                ("kind", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("written", models.CharField(blank=True, max_length=100)),
                ("settled_through", models.DateTimeField()),
            ],
        ),
        migrations.AlterModelOptions(
            name="job",
            options={
                "permissions": [("run_job", "Can run, retry and stop background jobs")],
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
            },
        ),
        migrations.AddField(
            model_name="job",
            name="failure",
            field=models.CharField(blank=True, max_length=200, verbose_name="kind of failure"),
        ),
        migrations.AddField(
            model_name="job",
            name="given_up",
            field=models.BooleanField(default=False, verbose_name="given up"),
        ),
        migrations.AddField(
            model_name="job",
            name="not_before",
            field=models.DateTimeField(null=True, verbose_name="not before"),
        ),
        migrations.AddField(
            model_name="job",
            name="queue",
            field=models.CharField(
                choices=[("default", "Short work"), ("files", "Files"), ("scores", "Scores")],
                default="default",
                max_length=10,
                verbose_name="queue",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="scheduled_for",
            field=models.DateTimeField(null=True, verbose_name="scheduled for"),
        ),
        migrations.AddField(
            model_name="job",
            name="strikes",
            field=models.SmallIntegerField(default=0, verbose_name="attempts without progress"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["kind", "-id"], name="job_recent_of_kind"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["state", "-id"], name="job_recent_in_state"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("given_up", True)), fields=["-id"], name="job_given_up"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scheduled_for__isnull", False)),
                fields=("key",),
                name="job_one_run_per_period",
            ),
        ),
        migrations.AddField(
            model_name="jobattempt",
            name="job",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="history", to="core.job"
            ),
        ),
        migrations.AddConstraint(
            model_name="jobattempt",
            constraint=models.UniqueConstraint(
                fields=("job", "number"), name="jobattempt_numbered"
            ),
        ),
    ]
