"""Periods of figures: a month, a quarter or a year, and what each is compared with."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from compliance.months import month_end, month_of, months_before, months_later

TREND = 13  # months of a sparkline: the same month of last year is the first
OLDEST = dt.date(1980, 1, 1)  # the trend of a month at the beginning of time has no beginning
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from `first` on. `today` decides whether it still runs."""

    kind: str
    first: dt.date
    today: dt.date

    @property
    def last(self) -> dt.date:
        return month_end(months_later(self.first, MONTHS[self.kind] - 1))

    @property
    def runs(self) -> bool:
        return self.first <= self.today <= self.last

    @property
    def end(self) -> dt.date:
        """The last day there can be figures of."""
        return min(self.last, self.today)

    @property
    def key(self) -> str:
        """As the address carries it: 2026-11, 2026-Q4, 2026."""
        if self.kind == "month":
            return f"{self.first:%Y-%m}"
        if self.kind == "quarter":
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return f"{self.first.year}"

    @property
    def before(self) -> "Period":
        return Period(self.kind, months_later(self.first, -MONTHS[self.kind]), self.today)

    @property
    def compared(self) -> tuple[dt.date, dt.date]:
        """The days of the period before that figures are compared with: as many days of it as this
        one has had, all of them once it is over."""
        before = self.before
        if not self.runs:
            return before.first, before.last
        return before.first, min(before.last, before.first + (self.end - self.first))

    @property
    def is_cut(self) -> bool:
        """Whether what it is compared with ends within a month, of which single days are added up:
        they stay open, whatever was closed."""
        end = self.compared[1]
        return self.runs and end != month_end(month_of(end))

    @property
    def months(self) -> list[dt.date]:
        """First days of its months, without those to come."""
        every = (months_later(self.first, number) for number in range(MONTHS[self.kind]))
        return [month for month in every if month <= self.today]

    @property
    def trend(self) -> list[dt.date]:
        """The months of a sparkline, up to the last of the period."""
        return months_before(month_of(self.end), TREND)

    @property
    def words(self) -> str:
        if self.kind == "quarter":
            number = (self.first.month + 2) // 3
            return _("{year} Q{quarter}").format(year=self.first.year, quarter=number)
        return self.key


def read_period(key: str, today: dt.date) -> Period:
    """The period of a key; the running month for what is none, lies in the future or before
    OLDEST."""
    year, _dash, rest = key.partition("-")
    try:
        if not rest:
            period = Period("year", dt.date(int(year), 1, 1), today)
        elif rest.startswith("Q"):
            period = Period("quarter", dt.date(int(year), 3 * int(rest[1:]) - 2, 1), today)
        else:
            period = Period("month", dt.date(int(year), int(rest), 1), today)
    except ValueError:
        return Period("month", month_of(today), today)
    known = OLDEST <= period.first <= today
    return period if known else Period("month", month_of(today), today)


def offered(today: dt.date) -> list[Period]:
    """What can be chosen: thirteen months, five quarters, three years, the newest first."""
    this = month_of(today)
    months = [Period("month", one, today) for one in reversed(months_before(this, TREND))]
    quarter = this.replace(month=(this.month - 1) // 3 * 3 + 1)
    quarters = [Period("quarter", months_later(quarter, -3 * back), today) for back in range(5)]
    years = [Period("year", dt.date(today.year - back, 1, 1), today) for back in range(3)]
    return [*months, *quarters, *years]
