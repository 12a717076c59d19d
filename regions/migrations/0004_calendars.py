"""Working calendars: what is entered, what is worked out from it, and the trigger between.

The version is renewed by the database, because calendars are changed by pages, the administration,
imports, organisation changes and hands at a prompt, and no process may go on with what it remembers.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F

import regions.models.calendars

ENTERED = ("workingcalendar", "calendarweek", "calendaruse", "publicday", "calendarexception")

RENEW = """
CREATE FUNCTION regions_renew_calendars() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO regions_calendarstate (id, version) VALUES (1, gen_random_uuid())
  ON CONFLICT (id) DO UPDATE SET version = gen_random_uuid();
  RETURN NULL;
END $$;
INSERT INTO regions_calendarstate (id, version) VALUES (1, gen_random_uuid());
"""
ON_ENTERED = """
CREATE TRIGGER renew_calendars AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON regions_{table}
FOR EACH STATEMENT EXECUTE FUNCTION regions_renew_calendars()
"""
# Where a unit hangs decides what it inherits.
ON_MOVED = """
CREATE TRIGGER renew_calendars AFTER UPDATE ON regions_orgunit
FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
EXECUTE FUNCTION regions_renew_calendars()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("regions", "0003_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "line", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line", models.IntegerField()),
                ("day", models.DateField()),
                ("minutes", models.SmallIntegerField()),
                ("halves", models.SmallIntegerField()),
                ("days_before", models.IntegerField()),
                ("halves_before", models.IntegerField()),
            ],
            options={
                "verbose_name": "day of working time",
                "verbose_name_plural": "days of working time",
            },
        ),
        migrations.CreateModel(
            name="CalendarLine",
            fields=[
                ("line", models.IntegerField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
            ],
            options={
                "verbose_name": "line of working time",
                "verbose_name_plural": "lines of working time",
            },
        ),
        migrations.CreateModel(
            name="CalendarState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "verbose_name": "version of the working calendars",
                "verbose_name_plural": "versions of the working calendars",
            },
        ),
        migrations.CreateModel(
            name="CalendarSpan",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "line",
                        "starts_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("line", models.IntegerField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("before", models.IntegerField()),
            ],
            options={
                "verbose_name": "stretch of working time",
                "verbose_name_plural": "stretches of working time",
                "indexes": [models.Index(fields=["line", "before"], name="calendarspan_before")],
            },
        ),
        migrations.CreateModel(
            name="PublicDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="day")),
                (
                    "kind",
                    models.CharField(
                        choices=[("holiday", "Public holiday"), ("make_up", "Make-up working day")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=50, verbose_name="name")),
                (
                    "hours_as",
                    models.SmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        help_text="For make-up days: the weekday whose day off was exchanged.",
                        null=True,
                        verbose_name="works the hours of",
                    ),
                ),
            ],
            options={
                "verbose_name": "public day",
                "verbose_name_plural": "public days",
                "ordering": ["day"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hours_as__isnull", True), ("kind", "holiday")),
                            models.Q(("hours_as__range", (0, 6)), ("kind", "make_up")),
                            _connector="OR",
                        ),
                        name="publicday_hours_of_make_up_days",
                        violation_error_message="A make-up day works the hours of a weekday; a holiday does not.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkingCalendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=50, unique=True, verbose_name="name")),
                (
                    "keeps_public_days",
                    models.BooleanField(
                        default=True,
                        help_text="Switch off for teams that work on public holidays too.",
                        verbose_name="follows public holidays",
                    ),
                ),
                (
                    "is_standard",
                    models.BooleanField(
                        default=False, editable=False, verbose_name="standard calendar"
                    ),
                ),
            ],
            options={
                "verbose_name": "working calendar",
                "verbose_name_plural": "working calendars",
                "ordering": ["-is_standard", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_standard", True)),
                        fields=("is_standard",),
                        name="workingcalendar_one_standard",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarWeek",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="from")),
                (
                    "monday",
                    regions.models.calendars.HoursField(
                        blank=True, default="", max_length=100, verbose_name="Monday"
                    ),
                ),
                (
                    "tuesday",
                    regions.models.calendars.HoursField(
                        blank=True, default="", max_length=100, verbose_name="Tuesday"
                    ),
                ),
                (
                    "wednesday",
                    regions.models.calendars.HoursField(
                        blank=True, default="", max_length=100, verbose_name="Wednesday"
                    ),
                ),
                (
                    "thursday",
                    regions.models.calendars.HoursField(
                        blank=True, default="", max_length=100, verbose_name="Thursday"
                    ),
                ),
                (
                    "friday",
                    regions.models.calendars.HoursField(
                        blank=True, default="", max_length=100, verbose_name="Friday"
                    ),
                ),
                (
                    "saturday",
                    regions.models.calendars.HoursField(
                        blank=True, default="", max_length=100, verbose_name="Saturday"
                    ),
                ),
                (
                    "sunday",
                    regions.models.calendars.HoursField(
                        blank=True, default="", max_length=100, verbose_name="Sunday"
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="weeks",
                        to="regions.workingcalendar",
                        verbose_name="working calendar",
                    ),
                ),
            ],
            options={
                "verbose_name": "weekly hours",
                "verbose_name_plural": "weekly hours",
                "ordering": ["calendar", models.OrderBy(F("valid_from"), nulls_first=True)],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("calendar", "valid_from"),
                        name="calendarweek_one_a_day",
                        nulls_distinct=False,
                        violation_error_message="There are weekly hours from this day already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="from")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_uses",
                        to="regions.orgunit",
                        verbose_name="unit",
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        blank=True,
                        help_text="Leave empty to use what the unit above uses.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="regions.workingcalendar",
                        verbose_name="working calendar",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a working calendar",
                "verbose_name_plural": "uses of working calendars",
                "ordering": ["unit", "valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "valid_from"),
                        name="calendaruse_one_a_day",
                        violation_error_message="This unit has a calendar from this day already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarException",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                (
                    "hours",
                    regions.models.calendars.HoursField(
                        blank=True,
                        default="",
                        help_text="Like 09:00-12:00; leave empty when nobody works.",
                        max_length=100,
                        verbose_name="hours",
                    ),
                ),
                ("reason", models.CharField(max_length=80, verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="entered at")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="entered by",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_exceptions",
                        to="regions.orgunit",
                        verbose_name="unit",
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exceptions",
                        to="regions.workingcalendar",
                        verbose_name="working calendar",
                    ),
                ),
            ],
            options={
                "verbose_name": "exception",
                "verbose_name_plural": "exceptions",
                "ordering": ["first_day", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("calendar__isnull", True), ("unit__isnull", False)),
                            models.Q(("calendar__isnull", False), ("unit__isnull", True)),
                            _connector="OR",
                        ),
                        name="calendarexception_of_calendar_or_unit",
                        violation_error_message="Please choose either a calendar or a unit.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", F("first_day"))),
                        name="calendarexception_span",
                        violation_error_message="The last day must not be before the first.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RENEW, "DROP FUNCTION regions_renew_calendars()"),
        *(
            migrations.RunSQL(
                ON_ENTERED.format(table=table), f"DROP TRIGGER renew_calendars ON regions_{table}"
            )
            for table in ENTERED
        ),
        migrations.RunSQL(ON_MOVED, "DROP TRIGGER renew_calendars ON regions_orgunit"),
    ]
