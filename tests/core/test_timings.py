"""When periods begin: the same for every process, complete, and each once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.timings import At, Every, at, first_starts, last_start, next_start

SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def starts(timing, after, until):
    return [start.astimezone(SHANGHAI).isoformat()[:16] for start in timing.starts(after, until)]


FIRST = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 4 * 366 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
timings = st.one_of(
    st.integers(1, 100_000).map(Every),
    st.builds(
        At,
        minute=st.sampled_from(["0", "30", "*/20", "5,50"]),
        hour=st.sampled_from(["2", "*", "*/6", "0,23"]),
        day_of_month=st.sampled_from(["*", "1", "29", "31"]),
        day_of_week=st.sampled_from(["*", "1", "0", "mon-fri"]),
        zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
    ),
)


@given(timings, instants, st.integers(1, 4), st.integers(1, 4))
def test_a_span_cut_in_two_has_the_same_starts(timing, begin, first, second):
    """Whoever asks how often gets each start once: nothing is lost at the cut, nothing twice."""
    unit = timedelta(seconds=timing.seconds) if isinstance(timing, Every) else timedelta(hours=31)
    middle, end = begin + first * unit, begin + (first + second) * unit
    whole = list(timing.starts(begin, end))

    assert [*timing.starts(begin, middle), *timing.starts(middle, end)] == whole
    assert sorted(set(whole)) == whole
    assert all(begin < start <= end for start in whole)
    assert list(timing.starts_back(end, begin)) == whole[::-1]
    assert last_start(timing, end, begin) == (whole[-1] if whole else None)


def test_intervals_count_from_the_epoch_whoever_asks():
    found = Every(5).starts(moment("2026-11-22T10:00:03"), moment("2026-11-22T10:00:16"))

    assert [start.second for start in found] == [5, 10, 15]
    assert str(Every(5)) == "every 5 s"
    with pytest.raises(ValueError, match="at least a second"):
        Every(0)


def test_days_and_hours_are_those_of_the_zone():
    night = at("30", "2")

    assert starts(night, moment("2026-11-20T02:30"), moment("2026-11-22T02:30")) == [
        "2026-11-21T02:30",
        "2026-11-22T02:30",
    ]
    assert next_start(night, moment("2026-11-22T02:30")) == moment("2026-11-23T02:30")


def test_the_last_day_of_february_is_found_four_years_ahead():
    leap = at("0", "3", "29", "2")

    assert next_start(leap, moment("2024-02-29T03:00")) == moment("2028-02-29T03:00")
    assert next_start(at("0", "3", "29", "2", "3"), moment("2026-01-01T00:00")) is None


def test_weekdays_count_from_sunday():
    assert starts(at("0", "9", "*", "*", "0"), moment("2026-11-16"), moment("2026-11-30")) == [
        "2026-11-22T09:00",
        "2026-11-29T09:00",
    ]


def test_summer_time_neither_loses_nor_doubles_a_night():
    berlin = ZoneInfo("Europe/Berlin")
    night = at("30", "2", zone="Europe/Berlin")

    def around(noon):
        return list(night.starts(moment(noon, berlin), moment(noon, berlin) + timedelta(days=1)))

    spring, autumn = around("2027-03-27T12:00"), around("2027-10-30T12:00")

    assert [start.astimezone(UTC).isoformat()[11:16] for start in spring] == ["01:30"]
    assert [start.astimezone(UTC).isoformat()[11:16] for start in autumn] == ["00:30"]


def test_a_long_gap_is_not_walked_through():
    """A second a period over a year: the first ones and the last one are found at once."""
    until = moment("2027-11-22")
    after = moment("2026-11-22")

    assert len(first_starts(Every(1), after, until, 20)) == 20
    assert last_start(Every(1), until, after) == until
