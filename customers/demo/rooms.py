"""What stands beside tree and archive: sections, rules, working time, changes, shares, notices.

Everything is written as rows, not by the verbs of the product: their audit entries would name
invented people, who would then have to stay when the demonstration is removed. Mails are not
posted, since nobody reads the addresses.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import (
    HandOver,
    HandOverCause,
    HandOverItem,
    HandOverState,
    Role,
    SectionGrant,
    User,
)
from accounts.selectors.reviews import review_state
from accounts.services.sections import follow_sections
from core.bulk import copy_rows
from core.models import Notice
from core.notices.facts import pack
from customers.demo.archive import Archive, Place
from customers.demo.organisation import Organisation, Person, Unit
from customers.models import Activity, ActivityState, CustomerKind, CustomerShare, CustomerUnit
from customers.models.customers import CHANGE, VIEW
from customers.services.work import PLACES, PLANS
from regions.models import (
    CalendarException,
    CalendarUse,
    CalendarWeek,
    ChangeKind,
    ChangeState,
    Company,
    Kind,
    OrgChange,
    Section,
    SectionCompany,
    SectionUnit,
    WorkingCalendar,
)
from regions.policies import find

HANDED_OVER = 12  # customers that changed hands
SECTIONS = (
    ("DBK1", "城市住宅版块", ("D1", "D2"), (("DGS1", "澜序住宅开发有限公司"),)),
    (
        "DBK2",
        "商业文旅版块",
        ("D3",),
        (("DGS2", "澜序商业管理有限公司"), ("DGS3", "澜序文旅运营有限公司")),
    ),
)
# The region whose rules and hours differ, and what it says: days ago, rule, value, reason.
OWN_RULES, OWN_HOURS = "D2", "D6"
RULES = (
    (240, "customers.share_days", 60, "区域内跨城市协作较多，共享期限按季度末清理。"),
    (35, "customers.share_days", 30, "二季度检查发现共享到期后未及时收回，缩短为一个月。"),
    (120, "accounts.further_reveals", 20, "号码查看从严管理，确需批量联系的改用导出审批。"),
    (75, "complaints.call_backs", 2, "回访以两次为限，避免打扰业主。"),
)
WEEK = "09:00-12:00 13:30-17:30"
SATURDAY = "09:00-12:00"


@dataclass
class Rooms:
    """Rows by kind, and the keys of rows that nothing else marks as the demonstration's."""

    counts: dict[str, int] = field(default_factory=dict)
    keys: dict[str, list[int]] = field(default_factory=dict)


def write_rooms(
    cursor: Any,
    organisation: Organisation,
    archive: Archive,
    chosen: dict[str, Person],
    others: list[Person],
    now: dt.datetime,
) -> Rooms:
    """Write it all; units, people, customers and places stand already. `others` have accounts
    beside those chosen, one a role."""
    scene = _Scene(organisation, archive, chosen, now)
    rooms = Rooms()
    scene.write_sections(rooms)
    rooms.counts["rules"] = scene.write_rules(cursor)
    scene.write_hours(rooms)
    changes = scene.write_changes()
    rooms.counts["changes"] = len(changes)
    shares = scene.write_shares()
    rooms.counts["shares"] = len(shares)
    hand_over = scene.write_hand_over()
    notices = _Notices(scene)
    notices.reviews()
    notices.changes(changes)
    notices.shares(shares)
    notices.hand_over(hand_over)
    notices.passwords(others)
    rooms.counts["notices"] = notices.write()
    return rooms


class _Scene:
    """Who and what there is to choose from, and the moment the demonstration is loaded."""

    def __init__(
        self,
        organisation: Organisation,
        archive: Archive,
        chosen: dict[str, Person],
        now: dt.datetime,
    ) -> None:
        self.organisation, self.archive, self.chosen = organisation, archive, chosen
        self.now, self.today = now, timezone.localtime(now).date()
        self.units = {unit.code: unit for unit in organisation.units}

    def ago(self, days: int, hour: int = 10, minute: int = 0) -> dt.datetime:
        """A moment so many days before today."""
        day = dt.datetime.combine(self.today - dt.timedelta(days=days), dt.time(hour, minute))
        return min(timezone.make_aware(day), self.now)

    def first_of_next_month(self) -> dt.date:
        """Changes come into force with a month; never sooner than in a week."""
        ahead = (self.today + dt.timedelta(days=7)).replace(day=28) + dt.timedelta(days=4)
        return ahead.replace(day=1)

    def administrators(self) -> tuple[Person, Person]:
        """The administrator whose account is printed, and his colleague."""
        printed = self.chosen["system-administrator"]
        others = (p for p in self.units["D"].people if p.role == printed.role and p is not printed)
        return printed, next(others)

    # --- sections, rules, hours -------------------------------------------------------------------

    def write_sections(self, rooms: Rooms) -> None:
        """Two sections with their companies, and a person of the group who looks after one."""
        since = dt.date(self.today.year, 1, 1)
        sections, companies = [], []
        for number, (code, name, units, owners) in enumerate(SECTIONS, start=1):
            section = Section.objects.create(code=code, name=name, number=number)
            sections.append(section)
            SectionUnit.objects.bulk_create(
                SectionUnit(section=section, unit_id=self.units[unit].key, valid_from=since)
                for unit in units
            )
            for company_code, company_name in owners:
                company = Company.objects.create(code=company_code, name=company_name)
                SectionCompany.objects.create(section=section, company=company)
                companies.append(company)
        staff = [p for p in self.units["D"].people if p.role == "group-function"]
        SectionGrant.objects.create(
            user_id=staff[-1].key,
            section=sections[-1],
            role=Role.objects.get(code="section-head"),
            valid_from=since,
            given_by_id=self.administrators()[0].key,
        )
        follow_sections()
        rooms.counts["sections"] = len(sections)
        rooms.keys |= {
            "sections": [section.pk for section in sections],
            "companies": [company.pk for company in companies],
        }

    def write_rules(self, cursor: Any) -> int:
        """What one region says of rules itself; returns the number of rules."""
        region, author = self.units[OWN_RULES], self.administrators()[1]
        versions: dict[str, int] = {}
        rows = []
        for days, key, value, reason in RULES:
            rule = find(key)
            rule.type.check(value)
            versions[key] = versions.get(key, 0) + 1
            stored = str(rule.type.to_json(value))  # whole numbers read the same in JSON
            at = self.ago(days + 1, 15, 20)
            since = self.today - dt.timedelta(days=days)
            rows.append((key, region.key, versions[key], stored, since, reason, author.key, at))
        columns = "key unit_id version value effective_from reason author_id created_at"
        copy_rows(cursor, "regions_policyvalue", columns, rows)
        return len(versions)

    def write_hours(self, rooms: Rooms) -> None:
        """A region that works on Saturday mornings, and an afternoon off in another."""
        region, other = self.units[OWN_HOURS], self.units[OWN_RULES]
        calendar = WorkingCalendar.objects.create(name=f"{region.name}作息（周六上午值班）")
        days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), WEEK)
        CalendarWeek.objects.create(calendar=calendar, **days, saturday=SATURDAY)
        CalendarUse.objects.create(
            unit_id=region.key, calendar=calendar, valid_from=dt.date(self.today.year, 1, 1)
        )
        day = self.today + dt.timedelta(days=14)
        day -= dt.timedelta(days=max(0, day.weekday() - 4))
        CalendarException.objects.create(
            unit_id=other.key,
            first_day=day,
            last_day=day,
            hours="09:00-12:00",
            reason="区域年度客户答谢会，下午停止对外办公",
            by_id=other.people[0].key,
        )
        rooms.keys["calendars"] = [calendar.pk]

    # --- changes of the organisation --------------------------------------------------------------

    def write_changes(self) -> dict[str, OrgChange]:
        """One approved for the next month, one that waits for approval, one draft."""
        printed, colleague = self.administrators()
        first, year = self.first_of_next_month(), self.today.year
        project = self.organisation.of(Kind.PROJECT)[-1]
        home = self.units["D101"]
        changes = {
            "approved": OrgChange(
                kind=ChangeKind.MOVE,
                unit_id=self.units["D604"].key,
                target_id=self.units["D4"].key,
                effective_on=first,
                reason="凉屿公司与中原区域相邻，划归中原区域就近管理，减少跨区域协调。",
                source=f"关于调整凉屿公司管理关系的通知（澜序组〔{year}〕18号）",
                approval_by="总经理办公会",
                approval_number=f"〔{year}〕18号",
                approval_on=self.today - dt.timedelta(days=6),
                state=ChangeState.APPROVED,
                author_id=colleague.key,
                created_at=self.ago(5, 9, 40),
                proposed_at=self.ago(5, 9, 55),
                approver_id=printed.key,
                approved_at=self.ago(4, 14, 10),
            ),
            "ready": OrgChange(
                kind=ChangeKind.RENAME,
                unit_id=project.key,
                effective_on=first,
                payload={"name": f"{project.name}二期"},
                reason="二期取得推广名备案，与一期分别统计。",
                source=f"项目推广名备案表（澜序营〔{year}〕102号）",
                state=ChangeState.READY,
                author_id=colleague.key,
                created_at=self.ago(1, 16, 20),
                proposed_at=self.ago(1, 16, 30),
            ),
            "draft": OrgChange(
                kind=ChangeKind.CREATE,
                target_id=home.key,
                effective_on=first,
                payload={
                    "name": f"{home.name.removesuffix('公司')}·云汀湾",
                    "code": f"{home.code}90",
                    "department_name": "客户关系部",
                    "stage": "建设期",
                },
                reason="新摘地块，先建项目档案，待客户专员到位后提交。",
                state=ChangeState.DRAFT,
                author_id=printed.key,
                created_at=self.ago(2, 11, 5),
            ),
        }
        OrgChange.objects.bulk_create(changes.values())
        return changes

    # --- work -------------------------------------------------------------------------------------

    def write_shares(self) -> list[CustomerShare]:
        """Customers opened to people who would not see them; one share is over already."""
        staff, head = self.chosen["staff"], self.chosen["section-head"]
        home = self.chosen["section-administrator"]
        rights = {
            right: Permission.objects.get(
                content_type__app_label="customers", codename=right.partition(".")[2]
            )
            for right in (VIEW, CHANGE)
        }
        plans = (
            (staff, CustomerKind.PERSON, VIEW, 3, 27, "业主有意在本项目为父母置业，请协助接待。"),
            (staff, CustomerKind.PERSON, VIEW, 60, -30, "借调支援交付期间共同跟进。"),
            (head, CustomerKind.ORGANISATION, CHANGE, 9, 51, "跨城市集采合作，两地共同对接。"),
            (home, CustomerKind.ORGANISATION, VIEW, 6, 24, "客户总部搬迁，核对档案用。"),
        )
        shares = []
        for number, (to, kind, right, ago, until, reason) in enumerate(plans):
            place = self._foreign_place(to, kind, number)
            if place is None:
                continue
            shares.append(
                CustomerShare(
                    user_id=to.key,
                    content_object_id=place.client.key,
                    permission=rights[right],
                    reason=reason,
                    until=self.today + dt.timedelta(days=until),
                    given_by_id=place.keeper.key if place.keeper else None,
                    given_at=self.ago(ago, 11, 15),
                )
            )
        return CustomerShare.objects.bulk_create(shares)

    def _foreign_place(self, person: Person, kind: str, number: int) -> Place | None:
        """A kept place of a customer who has no place in this person's region; a small archive may
        have none of a kind."""
        region = person.unit.line()[1]
        near = {p.client.key for p in self.archive.places if p.unit.line()[1] is region}
        places = [
            place
            for place in self.archive.places
            if place.client.kind == kind and place.keeper and place.client.key not in near
        ]
        return places[number * 3 % len(places)] if places else None

    def write_hand_over(self) -> HandOver:
        """Customers of a project that were shared out anew some days ago, with their plans."""
        to = self.chosen["staff"]
        others = [p for p in to.unit.people if p is not to]
        giver = next((p for p in others if p in to.unit.officers), None)
        lead = next((p for p in others if p not in to.unit.officers), None)
        done = self.ago(4, 9, 30)
        kept = CustomerUnit.objects.filter(
            unit=to.unit.key, keeper=to.key, created_at__lt=done
        ).order_by("pk")[:HANDED_OVER]
        places = dict(kept.values_list("pk", "customer_id"))
        plans = Activity.objects.filter(
            unit=to.unit.key, customer__in=places.values(), by=to.key, state=ActivityState.PLANNED
        ).values_list("pk", flat=True)
        items = [(PLACES, pk) for pk in places] + [(PLANS, pk) for pk in plans]
        hand_over = HandOver.objects.create(
            giver_id=(giver or lead or to).key,
            by_id=(lead or giver or to).key,
            cause=HandOverCause.SHARING_OUT,
            reason="新楼栋集中交付，按楼栋重新分配客户。",
            plan={"to": [to.key], "units": {}},
            state=HandOverState.DONE,
            count=len(items),
            made_at=done - dt.timedelta(minutes=12),
            done_at=done,
        )
        HandOverItem.objects.bulk_create(
            HandOverItem(
                hand_over=hand_over,
                kind=kind,
                record_id=pk,
                unit_id=to.unit.key,
                from_user_id=hand_over.giver_id,
                to_user_id=to.key,
            )
            for kind, pk in items
        )
        return hand_over


class _Notices:
    """Collects notices of the people whose accounts are printed, read and unread ones."""

    def __init__(self, scene: _Scene) -> None:
        self.scene = scene
        self.rows: list[Notice] = []
        self.names = {p.key: p.name for p in scene.organisation.people}

    def add(
        self,
        person: Person,
        kind: str,
        key: str,
        told_at: dt.datetime,
        *,
        url: str,
        read: bool = False,
        **facts: Any,
    ) -> None:
        """One notice, read an hour after it came or not at all."""
        self.rows.append(
            Notice(
                user_id=person.key,
                kind=kind,
                key=key,
                context=pack(facts),
                url=url,
                created_at=told_at,
                read_at=min(told_at + dt.timedelta(hours=1), self.scene.now) if read else None,
            )
        )

    def reviews(self) -> None:
        """Who has grants to review was told when the month began."""
        first = self.scene.today.replace(day=1)
        at = self.scene.ago((self.scene.today - first).days, 8, 5)
        users = User.objects.in_bulk([p.key for p in self.scene.chosen.values()])
        for person in self.scene.chosen.values():
            state = review_state(users[person.key], self.scene.today)
            if state.open:
                self.add(
                    person,
                    "accounts.grant_review",
                    f"grant-review:{state.month:%Y-%m}",
                    at,
                    url="/grants/review/",
                    read=person.role in ("group-management", "system-administrator"),
                    count=state.open,
                    due=state.due.isoformat(),
                )

    def changes(self, changes: dict[str, OrgChange]) -> None:
        """The printed administrator is asked to decide; what he approved he has read."""
        person = self.scene.administrators()[0]
        for name in ("approved", "ready"):
            change = changes[name]
            self.add(
                person,
                "regions.change_proposed",
                f"orgchange:{change.pk}:proposed",
                change.proposed_at or self.scene.now,
                url=change.get_absolute_url(),
                read=name == "approved",
                number=change.pk,
                what=str(change.get_kind_display()),
                unit=self._unit(change.unit_id).name,
                day=change.effective_on.isoformat(),
            )

    def _unit(self, key: int | None) -> Unit:
        return next(unit for unit in self.scene.organisation.units if unit.key == key)

    def shares(self, shares: list[CustomerShare]) -> None:
        """Each receiver was told; what is over was read."""
        people = {p.key: p for p in self.scene.chosen.values()}
        for share in shares:
            over = share.until is not None and share.until < self.scene.today
            self.add(
                people[share.user_id],
                "customers.shared",
                f"share:{share.pk}:{share.given_at.isoformat()}",
                share.given_at,
                url=share.content_object.get_absolute_url(),
                read=over,
                by=self.names.get(share.given_by_id or 0, ""),
                until=share.until.isoformat() if share.until else "",
            )

    def hand_over(self, hand_over: HandOver) -> None:
        """The receiver was told how much came to him."""
        self.add(
            self.scene.chosen["staff"],
            "accounts.work_received",
            f"hand-over:{hand_over.pk}:{self.scene.chosen['staff'].key}",
            hand_over.done_at or self.scene.now,
            url="/customers/",
            count=hand_over.count,
            giver=self.names[hand_over.giver_id] if hand_over.giver_id else "",
            until="",
        )

    def passwords(self, others: list[Person]) -> None:
        """Those to whom little else happens read that their passwords were set."""
        chosen = self.scene.chosen
        quiet = [chosen[role] for role in ("group-management", "group-function", "hotline")]
        for person in (*quiet, *others):
            self.add(
                person,
                "accounts.password_changed",
                f"password:{person.number}",
                self.scene.now,
                url="/account/security/",
                at=self.scene.now,
            )

    def write(self) -> int:
        """Write them in the order of time, as the bell shows them; returns how many."""
        rows = sorted(self.rows, key=lambda notice: notice.created_at)
        return len(Notice.objects.bulk_create(rows))
