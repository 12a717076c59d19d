"""Stored figures: what they hold, when they are mended, what a comparison finds."""

import datetime as dt
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from complaints.models import Deadline
from compliance.months import month_end, month_of
from customers.models import Activity, CustomerUnit
from regions.models import ChangeKind, OrgUnit, UnitVersion
from reports.dashboard.basis import basis_of
from reports.metrics import rollups
from reports.metrics.checking import differences
from reports.metrics.night import night
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period, read_period
from reports.metrics.reading import Amount, Series, by_units, rows_behind, series_of
from reports.metrics.registry import METRICS, Kind, Metric
from reports.metrics.rollups import close_months, nightly, refresh, take_snapshots
from reports.models import ClosedMonth, Grain, Mark, Rollup, RollupState
from tests.factories import make_activity, make_customer, make_loss
from tests.reports.figures import carry_out, close_before, days_ago, fill, plainly

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def full(world):
    """A group with figures, all of them added up, and the customers of the month before."""
    fill(world)
    close_before()
    refresh()
    nightly()
    return world


@pytest.fixture(autouse=True)
def open_months(monkeypatch):
    """Months stay open unless a test closes one."""
    monkeypatch.setattr(rollups, "CLOSES_AFTER", 1000)


def figures(
    reader: User, unit: OrgUnit, period: Period | None = None, *, below: bool = True
) -> dict[str, Series]:
    period = period or this_month()
    perimeter = Perimeter(
        User.objects.get(pk=reader.pk), OrgUnit.objects.get(pk=unit.pk), below=below, day=period.end
    )
    return {one.metric.key: one for one in series_of(perimeter, period, METRICS.values())}


def values(reader: User, unit: OrgUnit, **more) -> dict[str, Decimal | None]:
    return {key: one.value for key, one in figures(reader, unit, **more).items()}


def this_month() -> Period:
    return read_period("", TODAY())


def last_month() -> Period:
    return this_month().before


def units_below(unit: OrgUnit) -> set[int]:
    return set(OrgUnit.objects.below(unit).values_list("pk", flat=True))


# --- what they hold -----------------------------------------------------------------------------


def test_every_metric_is_what_rows_counted_one_by_one_give(full):
    period = this_month()
    for scope in ("group", "north", "n1", "n1a", "n1b", "s1a"):
        unit = full.units[scope]
        expected = plainly(units_below(unit), period.first, period.last)

        assert set(expected) == set(METRICS)
        assert values(full.boss, unit) == expected, scope


def test_of_this_unit_only_nothing_below_counts(full):
    alone = values(full.boss, full.n1, below=False)

    assert set(alone.values()) == {Decimal(0), None}
    assert alone["complaint_rate"] is None


def test_the_month_before_and_what_it_is_compared_with(full):
    period = last_month()
    unit = full.north
    expected = plainly(units_below(unit), period.first, period.last)
    found = figures(full.boss, unit, period)
    flows = [key for key, one in METRICS.items() if one.kind == Kind.FLOW]

    assert {key: found[key].value for key in flows} == {key: expected[key] for key in flows}
    begin, end = this_month().compared
    cut = plainly(units_below(unit), begin, end)
    now = figures(full.boss, unit)
    assert {key: now[key].value_before for key in flows} == {key: cut[key] for key in flows}
    assert begin == period.first
    assert (end - begin) <= TODAY() - month_of(TODAY())


def test_before_the_first_day_of_the_tree_rows_lie_where_they_lie_today(full):
    """A group that begins today brings rows of years before."""
    period = last_month()
    before = {who: values(full.people[who], full.north, period=period) for who in ABOVE_NORTH}
    whole = values(full.boss, full.group, period=period)
    UnitVersion.objects.update(valid_from=TODAY())

    for who in ABOVE_NORTH:
        assert values(full.people[who], full.north, period=period) == before[who]
    assert before["boss"]["contacts"] == before["north_head"]["contacts"] > 0
    assert values(full.boss, full.group, period=period) == whole
    assert whole["contacts"] > before["boss"]["contacts"]


def test_without_a_tree_nobody_is_shown_the_figures_of_everybody(full):
    UnitVersion.objects.all().delete()

    for who in ABOVE_NORTH:
        for period in (this_month(), last_month()):
            found = figures(full.people[who], full.north, period)
            assert {one.now.numerator for one in found.values()} == {0}
            assert not any(amount.numerator for one in found.values()
                           for amount in one.months.values())  # fmt: skip


ABOVE_NORTH = ("north_head", "boss")


def test_the_rows_behind_a_figure_are_exactly_those(full):
    assert _rows_seen(full.north_clerk, full.n1a) < _rows_seen(full.north_head, full.n1a)
    assert _rows_seen(full.north_head, full.n1a) <= _rows_seen(full.boss, full.n1a)


def _rows_seen(who: User, unit: OrgUnit) -> int:
    """Compares figures and rows of each metric; how many rows there were."""
    reader = User.objects.get(pk=who.pk)
    period = this_month()
    perimeter = Perimeter(reader, unit, day=period.end)
    seen = 0
    for series in series_of(perimeter, period, METRICS.values()):
        metric = series.metric
        rows = rows_behind(perimeter, period, metric)
        _adds_up(metric, rows, series.now, period)
        if metric.measure == "rows" or (metric.compute and not metric.once):
            whole = series.now.denominator if metric.is_share else series.now.numerator
            assert rows.count() == whole, metric.key
        if not metric.once:
            for part, amount in series.parts.items():
                _adds_up(metric, rows_behind(perimeter, period, metric, part), amount, period)
                if metric.measure == "rows" or metric.compute:
                    whole = amount.denominator if metric.is_share else amount.numerator
                    found = rows_behind(perimeter, period, metric, part).count()
                    assert found == whole, metric.key
        seen += rows.count()
    return seen


def _adds_up(metric: Metric, rows, amount: Amount, period: Period) -> None:
    """What the rows add is the figure, above the line and below it, unless that is a stock."""
    adds = metric.adds(rows, period.first, period.last)
    assert set(adds) == set(rows.values_list("pk", flat=True)), metric.key
    assert sum(one.numerator for one in adds.values()) == amount.numerator, metric.key
    if not metric.once:
        assert sum(one.denominator for one in adds.values()) == amount.denominator, metric.key


def test_who_sees_only_own_rows_gets_figures_of_these(full):
    own = values(full.north_clerk, full.n1a)

    assert (
        own["customers"]
        == CustomerUnit.objects.visible_to(full.north_clerk).filter(unit=full.n1a).count()
    )
    assert own["complaints_late"] == 1
    assert "expenses_paid" not in own


def test_a_sibling_branch_changes_nothing_and_is_not_seen(full):
    before = values(full.north_head, full.north)
    assert values(full.north_head, full.south).get("customers") == 0
    assert not any(values(full.north_head, full.s1a).values())

    customer = make_customer(unit=full.s1a)
    make_activity(customer=customer, by=full.south_clerk)
    refresh()

    assert values(full.north_head, full.north) == before
    assert values(full.north_head, full.group) == before
    assert (
        values(full.south_head, full.south)["customers_new"]
        == (plainly(units_below(full.south), this_month().first, TODAY())["customers_new"])
    )


# --- how they are kept in step --------------------------------------------------------------------


def test_only_what_figures_depend_on_leaves_a_mark(full):
    Mark.objects.all().delete()

    Activity.objects.update(content="另一段内容")
    CustomerUnit.objects.update(source="自访")
    assert Mark.objects.count() == 0

    changed = Activity.objects.filter(unit=full.n1b, kind="visit")
    days = {timezone.localdate(at) for at in changed.values_list("at", flat=True)}
    changed.update(kind="call")
    assert set(Mark.objects.values_list("source", "unit_id", "day")) == {
        ("activities", full.n1b.pk, day) for day in days
    }


def test_before_its_first_night_an_installation_judges_as_of_its_first_day(world, time_machine):
    """A midnight passes before the first nightly run: nothing differs by itself."""
    fill(world)
    assert not RollupState.objects.filter(judged_on__isnull=False).exists()
    soon = timezone.now() + dt.timedelta(minutes=5)
    assert Deadline.objects.filter(met_at=None).update(due_at=soon) > 5
    refresh()
    time_machine.move_to(timezone.now() + dt.timedelta(days=1))

    judged = {metric.key for metric in METRICS.values() if metric.judged}
    assert [one for one in differences() if one.metric in judged] == []


def test_late_entries_and_deletions_are_added_up_where_they_belong(full):
    customer = CustomerUnit.objects.filter(unit=full.n1b).first().customer
    before = figures(full.boss, full.n1b, last_month())["contacts"].value
    late = make_activity(customer=customer, by=full.north_clerk, unit=full.n1b, at=days_ago(35))
    assert refresh() > 0
    assert refresh() == 0
    whose = read_period(f"{timezone.localdate(late.at):%Y-%m}", TODAY())
    assert differences() == []

    assert figures(full.boss, full.n1b, last_month())["contacts"].value == before + (
        whose.first == last_month().first
    )
    late.delete()
    refresh()
    assert figures(full.boss, full.n1b, last_month())["contacts"].value == before
    assert differences() == []


def test_a_comparison_is_content_with_what_marks_still_name(full):
    make_activity(
        customer=CustomerUnit.objects.filter(unit=full.n1a).first().customer, by=full.north_clerk
    )
    assert differences() == []

    Mark.objects.all().delete()
    assert {one.metric for one in differences()} == {"contacts"}


ALTERATIONS = {
    "a count": lambda rows: rows.filter(metric="contacts", grain=Grain.MONTH),
    "a day": lambda rows: rows.filter(metric="complaints_opened", grain=Grain.DAY),
    "a sum of money": lambda rows: rows.filter(metric="expenses_paid"),
    "a share": lambda rows: rows.filter(metric="response_on_time"),
    "a stock": lambda rows: rows.filter(
        metric="customers", grain=Grain.MONTH, starts_on=month_of(TODAY())
    ),
}


def test_a_row_that_was_altered_or_lost_is_found(full):
    out = StringIO()
    call_command("verify_metrics", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"differences": []}
    for what, rows in ALTERATIONS.items():
        row = rows(Rollup.objects.all()).first()

        Rollup.objects.filter(pk=row.pk).update(numerator=row.numerator + 1)
        found = _verify()
        assert [(one["metric"], one["unit_id"], one["grain"]) for one in found] == [
            (row.metric, row.unit_id, row.grain)
        ], what
        assert Decimal(found[0]["stored"][0]) - Decimal(found[0]["counted"][0]) == 1

        Rollup.objects.filter(pk=row.pk).delete()
        found = _verify()
        assert [(one["metric"], one["stored"]) for one in found] == [(row.metric, None)], what
        row.save(force_insert=True)
    Rollup.objects.all().delete()
    assert len(_verify()) > 20
    call_command("rebuild_metrics", stdout=StringIO())
    assert differences() == []


def _verify() -> list[dict]:
    out = StringIO()
    with pytest.raises(SystemExit) as ending:
        call_command("verify_metrics", "--json", stdout=out)
    assert ending.value.code == 1
    return json.loads(out.getvalue())["differences"]


def test_a_frozen_figure_cannot_be_altered_and_what_came_later_is_compared(full):
    close(last_month().first)
    rows = Rollup.objects.filter(frozen=True, metric="contacts")
    row = rows.first()
    assert differences() == []

    for change in ({"numerator": row.numerator + 5}, {"denominator": 1}, {"frozen": False}):
        with pytest.raises(DatabaseError, match="closed month"), transaction.atomic():
            rows.filter(pk=row.pk).update(**change)
    rows.filter(pk=row.pk).update(later_numerator=5)

    assert [(one["metric"], one["starts_on"]) for one in _verify()] == [
        ("contacts", row.starts_on.isoformat())
    ]


def test_the_night_tells_a_difference_before_it_mends_it(full):
    row = Rollup.objects.filter(metric="contacts", grain=Grain.MONTH).first()
    Rollup.objects.filter(pk=row.pk).update(numerator=99)

    sentence = night()

    assert "1" in sentence
    assert RollupState.objects.get().differences == 1
    row.refresh_from_db()
    assert row.numerator != 99
    assert "1" not in night()


def test_a_rebuild_makes_the_same_figures_out_of_nothing(full):
    shown = ("metric", "unit_id", "grain", "starts_on", "dimension", "numerator", "denominator")
    before = set(Rollup.objects.values_list(*shown))
    # What there was cannot be counted again.
    past = Rollup.objects.filter(metric="customers", starts_on__lt=month_of(TODAY()))
    Rollup.objects.exclude(pk__in=past).delete()

    call_command("rebuild_metrics", stdout=StringIO())

    assert set(Rollup.objects.values_list(*shown)) == before
    with pytest.raises(CommandError):
        call_command("rebuild_metrics", "no_such")


# --- closed months --------------------------------------------------------------------------------


def close(month: dt.date) -> None:
    close_months(month_end(month) + dt.timedelta(days=1001))


def test_a_month_closes_after_the_days_for_late_entries(full, monkeypatch):
    month = last_month().first
    end = month_end(month)
    Rollup.objects.filter(starts_on__lt=month).delete()

    monkeypatch.setattr(rollups, "CLOSES_AFTER", 5)

    assert close_months(end + dt.timedelta(days=5)) == []
    assert close_months(end + dt.timedelta(days=6)) == [month]
    assert close_months(end + dt.timedelta(days=6)) == []
    assert set(Rollup.objects.filter(frozen=True).values_list("starts_on", flat=True)) == {month}
    assert list(ClosedMonth.objects.values_list("month", flat=True)) == [month]


def test_a_closed_month_keeps_its_figures_and_tells_what_came_later(full):
    period = last_month()
    close(period.first)
    before = figures(full.boss, full.n1a, period)["contacts"].value
    customer = CustomerUnit.objects.filter(unit=full.n1a).first().customer
    at = timezone.make_aware(dt.datetime.combine(period.last, dt.time(10)))

    make_activity(customer=customer, by=full.north_clerk, at=at)
    make_activity(customer=customer, by=full.north_clerk, at=at, kind="care")  # a part of its own
    gone = Activity.objects.filter(unit=full.n1b, kind="visit", at__lt=at)
    lost = sum(month_of(timezone.localdate(one.at)) == period.first for one in gone)
    gone.delete()
    refresh()

    here = figures(full.boss, full.n1a, period)["contacts"]
    assert (here.value, here.later.numerator) == (before, 2)
    there = figures(full.boss, full.n1b, period)["contacts"]
    assert (there.value, there.later.numerator) == (lost, -lost)
    assert differences() == []
    call_command("rebuild_metrics", stdout=StringIO())
    again = figures(full.boss, full.n1a, period)["contacts"]
    assert (again.value, again.later.numerator) == (before, 2)
    night()
    assert figures(full.boss, full.n1a, period)["contacts"].value == before


def test_what_a_closed_month_is_compared_with_by_is_frozen_where_it_is_whole(full):
    year = TODAY().year - (TODAY().month < 4)
    customer = CustomerUnit.objects.filter(unit=full.n1a).first().customer
    february = dt.date(year, 2, 10)
    at = timezone.make_aware(dt.datetime.combine(february, dt.time(10)))
    make_activity(customer=customer, by=full.north_clerk, at=at)
    refresh()
    close(dt.date(year, 2, 1))
    make_activity(customer=customer, by=full.north_clerk, at=at)
    refresh()

    def before(today: dt.date) -> tuple[Decimal | None, bool]:
        period = Period("month", dt.date(year, 3, 1), today)
        return figures(full.boss, full.n1a, period)["contacts"].value_before, period.is_cut

    assert before(dt.date(year, 3, 31)) == (1, False)  # all of February, as it was closed
    assert before(dt.date(year, 3, 15)) == (2, True)  # single days stay open


def test_a_past_snapshot_that_was_altered_is_told_until_somebody_accepts_it(full):
    key, day = "complaints_open", month_of(TODAY()) - dt.timedelta(days=1)
    take_snapshots(day, [METRICS[key]])
    rows = Rollup.objects.filter(metric=key, starts_on__lt=month_of(TODAY()))
    assert differences() == []
    with transaction.atomic():
        rows.filter(unit=full.n1a, dimension="").update(numerator=99)  # day and month alike
        told = [(one.metric, one.unit_id, one.grain, one.starts_on) for one in differences()]
        assert told == [(key, None, "day", day)]
        night()
        assert [one.metric for one in differences()] == [key]
        call_command("rebuild_metrics", key, stdout=StringIO())
        assert differences() == []
    rows.filter(grain=Grain.DAY, unit=full.n1b).delete()
    assert (key, None) in {(one.metric, one.unit_id) for one in differences()}


def test_rates_are_told_of_what_there_was_then(full):
    """Of n1b and s1a households are known; two customers were there when the month began."""
    now = figures(full.boss, full.group)
    opened = {
        name: figures(full.boss, full.units[name])["complaints_opened"].value
        for name in ("n1b", "s1a")
    }
    assert now["complaint_rate"].value == 1000 * sum(opened.values()) / Decimal(1200)
    lines = by_units(
        Perimeter(User.objects.get(pk=full.boss.pk), full.n1), this_month(),
        list(figures(full.boss, full.n1).values()),
    )  # fmt: skip
    rates = {line.unit: line.amounts["complaint_rate"] for line in lines}
    assert rates[full.n1a].denominator == 0
    assert rates[full.n1b].denominator == 600
    year = read_period(str(TODAY().year - 1), TODAY())
    for month in range(12, 0, -1):
        # Of a year with a month without households the others would tell too little.
        unknown = figures(full.boss, full.group, year)["complaint_rate"]
        assert (unknown.value, unknown.is_known) == (None, False)
        assert any(str(unknown.metric.title) in said for said in basis_of([unknown], year))
        take_snapshots(month_end(dt.date(year.first.year, month, 1)), [METRICS["households"]])
        nightly()
    whole = figures(full.boss, full.group, year)
    assert whole["complaint_rate"].now.denominator == 1200  # not added up over the months
    assert basis_of([whole["complaint_rate"]], year) == []
    boss = User.objects.get(pk=full.boss.pk)
    parts = by_units(Perimeter(boss, full.group), year, [whole["complaint_rate"]])
    assert [one.amounts["complaint_rate"].denominator for one in parts] == [600, 600]
    assert "complaint_rate" not in figures(full.north_clerk, full.n1a)

    OrgUnit.objects.filter(pk=full.n1b.pk).update(households=300)
    assert figures(full.boss, full.n1b)["complaint_rate"].now.denominator == 600
    assert differences() == []
    nightly()
    assert figures(full.boss, full.n1b)["complaint_rate"].now.denominator == 300
    assert differences() == []


def test_growth_is_new_customers_less_lost_ones_of_those_there_before(full):
    place = CustomerUnit.objects.filter(unit=full.n1b).first()
    assert values(full.boss, full.n1b)["customer_growth"] == Decimal(4 - 2) / 4
    make_loss(customer=place.customer, unit=full.n1b, by=full.north_clerk, lost_on=TODAY())
    refresh()

    assert values(full.boss, full.n1b)["customer_growth"] == Decimal(4 - 3) / 4
    assert differences() == []
    assert values(full.boss, full.n1b, period=last_month())["customer_growth"] is None


# --- changes of the organisation ----------------------------------------------------------------


def test_a_project_that_moves_takes_its_present_along_and_leaves_its_past(full):
    past = last_month()
    was = {name: values(full.boss, full.units[name], period=past) for name in ("north", "south")}
    flows = [key for key, one in METRICS.items() if one.kind == Kind.FLOW]

    carry_out(ChangeKind.MOVE, unit=full.n1b, target=full.s1)
    refresh()

    assert differences() == []
    for name in ("north", "south"):
        unit = OrgUnit.objects.get(pk=full.units[name].pk)
        expected = plainly(units_below(unit), this_month().first, TODAY())
        assert values(full.boss, unit) == expected
        now = values(full.boss, unit, period=past)
        assert {key: now[key] for key in flows} == {key: was[name][key] for key in flows}
    # Who lost the project sees nothing of it any more, not even of former months.
    assert not any(values(full.north_head, full.n1b, period=past).values())


def test_a_project_merged_into_another_brings_what_it_did(full):
    before = {key: values(full.boss, full.n1, period=this_month())[key] for key in METRICS}
    both = plainly({full.n1a.pk, full.n1b.pk}, this_month().first, TODAY())

    carry_out(ChangeKind.MERGE, unit=full.n1b, target=full.n1a)
    refresh()

    assert differences() == []
    now = values(full.boss, full.n1a)
    for key in ("contacts", "complaints_opened", "owners_lost", "expenses_paid", "customers"):
        assert now[key] == both[key] == before[key], key
    alone = values(full.boss, full.n1a, below=False)
    assert alone["contacts"] == both["contacts"]
