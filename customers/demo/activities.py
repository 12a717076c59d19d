"""A year of work: what keepers did with their customers, and what they plan to do."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from core.bulk import copy_rows
from customers.demo.archive import Archive, Place
from customers.demo.names import Names
from customers.models.activities import TOUCHES, ActivityKind, ActivityState

DONE = 58_000
PLANNED = 1_700
OVERDUE = 300
CANCELLED = 250
DAYS = 365

# kind → (weight, what was said or done with what came of it)
STORIES: dict[str, tuple[int, tuple[tuple[str, str], ...]]] = {
    ActivityKind.CALL: (
        42,
        (
            ("电话回访，了解近况与感受。", "业主表示满意，暂无诉求。"),
            ("致电说明近期园区绿化施工安排。", "业主知悉，希望避开午休时间。"),
            ("回访维修完成情况。", "已修复，业主确认关闭。"),
            ("电话提醒交付手续所需材料。", "业主将于本周准备齐全。"),
            ("未接通，改发短信。", ""),
        ),
    ),
    ActivityKind.VISIT: (
        14,
        (
            ("上门走访，了解房屋使用情况。", "发现阳台渗水隐患，已登记报修。"),
            ("陪同业主查看在建工程进度。", "业主对进度表示认可。"),
            ("拜访客户，沟通年度合作计划。", "约定下月提交方案。"),
        ),
    ),
    ActivityKind.MESSAGE: (
        22,
        (
            ("发送交付进度月报。", ""),
            ("微信推送社区活动邀请。", "业主报名参加。"),
            ("短信告知停水检修时间。", ""),
        ),
    ),
    ActivityKind.MEETING: (
        5,
        (
            ("业主恳谈会，收集园区管理意见。", "汇总意见六条，已转物业。"),
            ("与客户召开项目协调会。", "明确双方接口人。"),
        ),
    ),
    ActivityKind.CARE: (
        9,
        (
            ("生日关怀，送上祝福与鲜花。", "业主表示感谢。"),
            ("节日慰问独居老人。", "已建立定期探访。"),
        ),
    ),
    ActivityKind.SURVEY: (3, (("邀请参加客户满意度调查。", "已完成问卷。"),)),
    ActivityKind.NOTE: (
        5,
        (("备注：业主常驻外地，由家属代为联系。", ""), ("备注：偏好微信沟通。", "")),
    ),
}
PLANS = {
    ActivityKind.CALL: "电话回访，跟进上次沟通事项。",
    ActivityKind.VISIT: "上门走访，了解居住感受。",
    ActivityKind.CARE: "节日关怀。",
    ActivityKind.MEETING: "邀请参加业主恳谈会。",
}

Row = tuple[Any, ...]


class Year:
    """Makes the rows and keeps `last_contact_at` and `next_contact_on` of the places right."""

    def __init__(self, archive: Archive, names: Names, now: dt.datetime) -> None:
        self.random, self.now = names.random, now
        self.today = timezone.localtime(now).date()
        self.kinds = list(STORIES)
        self.kind_weights = [STORIES[kind][0] for kind in self.kinds]
        self.places = [place for place in archive.places if place.keeper is not None]
        # VIPs and strategic customers are seen often, some customers never.
        busy = {"VIP": 6.0, "战略客户": 20.0, "重点": 3.0, "重点客户": 10.0}
        self.weights = [
            busy.get(place.client.level, 1.0) * self.random.choice((0, 1, 1, 2))
            for place in self.places
        ]
        self.scopes = {place.unit.key: place.unit.scope() for place in self.places}

    def rows(self) -> Iterator[Row]:
        """Everything that was done, then everything that is planned."""
        for place in self.random.choices(self.places, self.weights, k=DONE):
            yield self._done(place)
        for place in self.random.sample(self.places, CANCELLED):
            yield self._cancelled(place)
        planned = self.random.sample(self.places, PLANNED + OVERDUE)
        for number, place in enumerate(planned):
            yield self._planned(place, overdue=number < OVERDUE)

    def _moment(self, first: int, last: int) -> dt.datetime:
        """A moment in working hours between so many days from today, both included."""
        day = self.today + dt.timedelta(days=self.random.randint(first, last))
        if day.weekday() >= 5:
            # One visit in three stays at the weekend, when owners are at home.
            day -= dt.timedelta(days=day.weekday() - 4 if self.random.random() < 0.67 else 0)
        at = dt.time(self.random.randrange(9, 18), self.random.randrange(0, 60, 5))
        return timezone.make_aware(dt.datetime.combine(day, at))

    def _done(self, place: Place) -> Row:
        kind = self.random.choices(self.kinds, self.kind_weights)[0]
        content, result = self.random.choice(STORIES[kind][1])
        # A customer is known from the day he entered; nothing happened before, nor after now.
        since = (timezone.localtime(place.created_at).date() - self.today).days + 1
        at = min(self._moment(max(-DAYS, min(since, -1)), -1), self.now)
        if at < place.created_at:
            at = place.created_at + dt.timedelta(minutes=self.random.randint(5, 240))
            at = min(at, self.now)
        if kind in TOUCHES:
            place.last_contact_at = max(place.last_contact_at or at, at)
        return self._row(place, kind, ActivityState.DONE, at, content, result, at)

    def _cancelled(self, place: Place) -> Row:
        kind = self.random.choice(list(PLANS))
        at = self._moment(-DAYS, -1)
        return self._row(place, kind, ActivityState.CANCELLED, at, PLANS[kind], "", at)

    def _planned(self, place: Place, *, overdue: bool) -> Row:
        kind = self.random.choice(list(PLANS))
        at = self._moment(-21, -3) if overdue else self._moment(1, 30)
        day = timezone.localtime(at).date()
        if place.next_contact_on is None or day < place.next_contact_on:
            place.next_contact_on = day
        entered = self.now - dt.timedelta(days=22)
        return self._row(place, kind, ActivityState.PLANNED, at, PLANS[kind], "", entered)

    def _row(
        self,
        place: Place,
        kind: str,
        state: str,
        at: dt.datetime,
        content: str,
        result: str,
        entered_at: dt.datetime,
    ) -> Row:
        keeper = place.keeper.key if place.keeper else None
        contacts = place.client.contacts
        return (
            place.unit.key,
            *self.scopes[place.unit.key],
            place.client.key,
            self.random.choice(contacts).key if contacts else None,
            kind,
            state,
            at,
            content,
            result,
            keeper,
            keeper,
            at if state == ActivityState.DONE else None,
            entered_at,
        )


def write_activities(cursor: Any, year: Year) -> int:
    """Write the year; returns the number of rows."""
    return copy_rows(
        cursor,
        "customers_activity",
        "unit_id region_id city_id project_id customer_id contact_id kind state at content result"
        " by_id entered_by_id done_at created_at",
        year.rows(),
    )
