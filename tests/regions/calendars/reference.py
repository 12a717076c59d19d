"""Working time the slow way: one minute after another, on plain numbers, sharing no code with the
product. A minute is the stretch from hh:mm to the next one."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = dt.timedelta(minutes=1)


@dataclass
class Office:
    """Weekly hours as sets of minutes, and single days that say otherwise."""

    week: list[set[int]]
    public: dict[dt.date, int | None] = field(default_factory=dict)
    exceptions: list[tuple[dt.date, dt.date, set[int]]] = field(default_factory=list)

    def open_minutes(self, day: dt.date) -> set[int]:
        for first, last, minutes in reversed(self.exceptions):
            if first <= day <= last:
                return minutes
        if day in self.public:
            weekday = self.public[day]
            if weekday is None:
                return set()
            return self.week[weekday] or self.week[day.weekday()]
        return self.week[day.weekday()]

    def works(self, local: dt.datetime) -> bool:
        return local.hour * 60 + local.minute in self.open_minutes(local.date())

    def between(self, start: dt.datetime, end: dt.datetime) -> int:
        one, other = full_minute(start), full_minute(end)
        if other < one:
            return -self.between(end, start)
        count = 0
        while one < other:
            count += self.works(one)
            one += MINUTE
        return count

    def add(self, start: dt.datetime, minutes: int) -> dt.datetime:
        local = full_minute(start)
        while minutes > 0:
            minutes -= self.works(local)
            local += MINUTE
        while minutes < 0:
            local -= MINUTE
            minutes += self.works(local)
        return local.replace(tzinfo=SHANGHAI)


def full_minute(moment: dt.datetime) -> dt.datetime:
    """The clock on the wall in Shanghai at the next full minute."""
    local = moment.astimezone(SHANGHAI).replace(tzinfo=None)
    past = dt.timedelta(seconds=local.second, microseconds=local.microsecond)
    return local if not past else local - past + MINUTE


def minutes(*spans: tuple[int, int]) -> set[int]:
    return {minute for begins, ends in spans for minute in range(begins, ends)}
