"""The log-in rule the slow way: one person, one day after another, on plain values, sharing no code
with the product."""

import datetime as dt
from dataclasses import dataclass, field

DAY = dt.timedelta(days=1)
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


@dataclass
class Numbers:
    """What a unit says on a day."""

    daily: int = 1
    weekly: int = 2
    lapse: int = 14
    in_work: bool = False
    functions: frozenset[str] = frozenset()


@dataclass
class Fellow:
    """A person. `open_minutes` gives the minutes of a day at which his unit works, `numbers` what
    it says on a day. Log-ins are aware; a function is held from a day until before another."""

    open_minutes: object
    numbers: object
    hired: dt.date | None = None
    left: dt.date | None = None
    away: list[tuple[str, dt.date, dt.date]] = field(default_factory=list)
    log_ins: list[dt.datetime] = field(default_factory=list)
    functions: list[tuple[str, dt.date | None, dt.date | None]] = field(default_factory=list)

    def employed(self, day):
        return (self.hired is None or self.hired <= day) and (self.left is None or day <= self.left)

    def works(self, day):
        return bool(self.open_minutes(day))

    def kind(self, day):
        for kind, first, last in self.away:
            if first <= day <= last:
                return kind
        return ""

    def held(self, day):
        """Whether the rule is his on the day at all."""
        wanted = self.numbers(day).functions
        if not wanted:
            return True
        return any(
            name in wanted and (since is None or since <= day) and (until is None or day < until)
            for name, since, until in self.functions
        )

    def times(self, day):
        """How often he logged in on the day in a way that counts."""
        count = 0
        for moment in self.log_ins:
            local = moment.astimezone(SHANGHAI)
            minute = local.hour * 60 + local.minute
            if local.date() == day and (
                not self.numbers(day).in_work or minute in self.open_minutes(day)
            ):
                count += 1
        return count


def days(first, last):
    while first <= last:
        yield first
        first += DAY


def expected_and_met(fellow, first, last):
    expected = met = 0
    for day in days(first, last):
        daily = fellow.numbers(day).daily
        if not (fellow.employed(day) and fellow.held(day) and daily):
            continue
        if fellow.works(day) and not fellow.kind(day):
            expected += 1
            met += fellow.times(day) >= daily
    return expected, met


def weeks_of_trips(fellow, first, last):
    """Weeks with a working day on a trip, and those with enough log-ins on days of the trip."""
    weeks = {}
    for day in days(first, last):
        if fellow.employed(day) and fellow.held(day) and fellow.kind(day) == "trip":
            weeks.setdefault(day - dt.timedelta(days=day.weekday()), []).append(day)
    total = met = 0
    for trip_days in weeks.values():
        working = sum(fellow.works(day) for day in trip_days)
        wanted = fellow.numbers(trip_days[0]).weekly
        if working and wanted:
            total += 1
            met += sum(fellow.times(day) > 0 for day in trip_days) >= min(wanted, working)
    return total, met


def lapses(fellow, first, last):
    """(from, to, days) of each run that is long enough."""
    runs, run = [], []
    for day in [*days(first, last), None]:
        ends = day is None or not fellow.employed(day) or fellow.times(day)
        if ends:
            if any(number >= fellow.numbers(one).lapse for number, one in enumerate(run, start=1)):
                runs.append((run[0], run[-1], len(run)))
            run = []
        elif fellow.kind(day) != "leave" and fellow.held(day):
            run.append(day)
    return runs
