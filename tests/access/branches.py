"""Two branches whose every text bears a mark, so that a leak can be seen anywhere.

Everything of the north contains 朔 or QNORTH, everything of the south 赣 or QSOUTH; numbers and
primary keys are collected beside them. One customer has a place in both: his name is shared, his
flats, dealings and keepers are not.
"""

import io
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from accounts.models import Reach, Role, User
from complaints.models import (
    Case,
    Contractor,
    EarlyWarning,
    IncomingMail,
    Level,
    Measure,
    PublicOpinion,
    WorkOrder,
)
from complaints.services import make_move, register_case
from complaints.services.answers import answer_owner, save_template
from complaints.services.contract_works import add_part, plan_work, save_contractor
from complaints.services.costs import add_cost
from complaints.services.groups import form_group
from complaints.services.measures import give_measure
from complaints.services.notes import write_note
from complaints.services.outside import link_cases, note_opinion, warn_early
from complaints.services.roster import add_shift, save_sheet
from compliance.models import (
    Absence,
    AccountChange,
    Circular,
    Commendation,
    EarlySignal,
    Finding,
    Inspection,
    Nomination,
    PlannedPost,
    ResourceRequest,
    Sanction,
    Talk,
)
from compliance.services import rules
from compliance.services.assignments import assign
from compliance.services.bulletins import publish as publish_bulletin
from compliance.services.calendars import save_appointment
from compliance.services.targets import set_targets
from core.imports.kinds import kind_named
from core.imports.runs import check_run, context_of, create_run
from core.models import ImportRun, Job
from customers.models import (
    Activity,
    ActivityState,
    Contact,
    Contract,
    Customer,
    CustomerKind,
    CustomerMerge,
    CustomerUnit,
    Demand,
    DuplicatePair,
    Instalment,
    Loss,
    Opportunity,
    Ownership,
    Property,
    Receipt,
)
from expenses.models import Application, Budget, Event, Gift, KeyDate, LedgerEntry
from regions.models import Kind, OrgUnit
from reports.models import Commentary, ServiceMeasure
from reports.standard.catalogue import STANDARDS
from reports.standard.commentaries import submit_commentary, write_commentary
from reports.standard.service_entries import enter_measure
from satisfaction.models import Remark, SurveyReport, Wave
from satisfaction.services.reports import begin_report, hand_up, write_report
from satisfaction.services.targets import set_target
from tests.factories import (
    give,
    make_activity,
    make_contact,
    make_customer,
    make_deals,
    make_duties,
    make_mail,
    make_money,
    make_ownership,
    make_place,
    make_post,
    make_property,
    make_response,
    make_sheets,
    make_staffing,
    make_strategic,
    make_unit,
    make_user,
)
from tests.satisfaction.published import publish

# Each table counts from its own million, so that a key in a page says what it is the key of.
TABLES: tuple[type[Any], ...] = (
    OrgUnit,
    User,
    Customer,
    CustomerUnit,
    Property,
    Ownership,
    Activity,
    Contact,
    ImportRun,
    Job,
    Case,
    PublicOpinion,
    EarlyWarning,
    WorkOrder,
    Contractor,
    Measure,
    IncomingMail,
    Wave,
    SurveyReport,
    Commentary,
    ServiceMeasure,
    Application,
    Budget,
    LedgerEntry,
    Gift,
    Event,
    KeyDate,
    Finding,
    AccountChange,
    PlannedPost,
    Inspection,
    Nomination,
    Talk,
    EarlySignal,
    ResourceRequest,
    Absence,
    Circular,
    Commendation,
    Sanction,
    Demand,
    Loss,
    Contract,
    Instalment,
    Receipt,
    Opportunity,
    DuplicatePair,
    CustomerMerge,
)
FIRST_KEY = 40_000_001
KEY = re.compile(r"(?<!\d)[45]\d{7}(?!\d)")


def count_from_far() -> None:
    """Let the keys of TABLES start so high that no other number looks like one. As the owner."""
    with connection.cursor() as cursor:
        for place, model in enumerate(TABLES):
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)",
                [model._meta.db_table, FIRST_KEY + place * 1_000_000],
            )


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells a branch: a character of its names, a word of its codes, its digits."""

    side: str
    sign: str
    word: str
    digits: str
    identity: str


NORTH = Marks("north", "朔", "QNORTH", "71", "110105194912317117")
SOUTH = Marks("south", "赣", "QSOUTH", "82", "110105194912318216")


@dataclass
class Branch:
    """A region with its city, two projects, people of each role and their customers."""

    marks: Marks
    units: dict[str, OrgUnit] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    flat: Property = field(init=False)
    contact: Contact = field(init=False)
    planned: Activity = field(init=False)
    run: ImportRun = field(init=False)
    keys: set[int] = field(default_factory=set)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Digits that only this branch has: rooms, last four digits, prices."""
        digits = self.marks.digits
        return (f"{digits}01", f"{digits}02", f"{digits}9,345", self.marks.identity[-4:])

    def leaks(self, text: str) -> set[str]:
        """What of this branch a text contains: marks, numbers, primary keys."""
        found = {mark for mark in (self.marks.sign, self.marks.word) if mark in text.upper()}
        found |= {
            number for number in self.numbers if re.search(rf"(?<![\d.]){number}(?!\d)", text)
        }
        return found | {key for key in KEY.findall(text) if int(key) in self.keys}


def make_roles() -> None:
    """Two roles of the group's own beside those that the product brings."""
    administrator = Role.objects.get(code="system-administrator")
    local = Role.objects.create(code="local-admin", name="区域管理员", reach=Reach.SUBTREE)
    local.permissions.set(administrator.permissions.all())
    desk = Role.objects.create(code="desk", name="前台", reach=Reach.UNIT)
    desk.permissions.set(
        Permission.objects.filter(
            content_type__app_label__in=("customers", "complaints", "regions", "accounts"),
            codename__in=(
                "view_customer",
                "export_customer",
                "view_case",
                "export_case",
                "view_orgunit",
                "view_user",
            ),
        )
    )


def make_branch(marks: Marks, group: OrgUnit, crossing: Customer | None = None) -> Branch:
    """A branch full of marks. A customer of another branch gets a place here."""
    branch = Branch(marks)
    before = {model: set(model.objects.values_list("pk", flat=True)) for model in TABLES}
    _units(branch, group)
    _people(branch)
    _customers(branch)
    if crossing is not None:
        _cross(branch, crossing)
    _cases(branch)
    _figures(branch)
    _money(branch)
    _daily(branch)
    _strategic(branch)
    _staffing(branch)
    _duties(branch)
    _commentary(branch)
    branch.run = make_run(branch)
    for model in TABLES:
        branch.keys |= set(model.objects.values_list("pk", flat=True)) - before[model]
    return branch


def _commentary(branch: Branch) -> None:
    """What a project wrote about its customers of the running month, submitted to its city, and
    what it entered of its service."""
    head = branch.people["head"]
    row = write_commentary(
        standard=STANDARDS["customer-analysis"],
        unit=branch.units["a"],
        period=f"{timezone.localdate():%Y-%m}",
        text=f"{branch.marks.sign}分析",
        by=head,
    )
    submit_commentary(row, by=head)
    enter_measure(
        unit=branch.units["a"],
        period=f"{timezone.localdate():%Y-%m}",
        item="ease",
        value=Decimal(4),
        source=f"{branch.marks.sign}回访",
        known_on=timezone.localdate(),
        by=head,
    )


def _units(branch: Branch, group: OrgUnit) -> None:
    sign, word = branch.marks.sign, branch.marks.word
    named = {"department_name": "客户关系部"}
    units = branch.units
    units["region"] = make_unit(
        kind=Kind.REGION, code=word, name=f"{sign}方区域", parent=group, **named
    )
    units["city"] = make_unit(
        kind=Kind.CITY, code=f"{word}1", name=f"{sign}州公司", parent=units["region"], **named
    )
    for letter, tail in (("a", "花园"), ("b", "名邸")):
        units[letter] = make_unit(
            kind=Kind.PROJECT,
            code=f"{word}1{letter.upper()}",
            name=f"{sign}州{tail}",
            parent=units["city"],
            stage=f"{sign}交付期",
            **named,
        )


def _people(branch: Branch) -> None:
    sign, word = branch.marks.sign, branch.marks.word
    for name, role, place in (
        ("clerk", "staff", "a"),
        ("head", "section-head", "region"),
        ("keeper", "section-administrator", "city"),
        ("desk", "desk", "b"),
        ("local_admin", "local-admin", "region"),
    ):
        unit = branch.units[place]
        branch.people[name] = make_user(
            unit=unit,
            role=role,
            no=f"{word}-{name}".upper(),
            name=f"{sign}{name}",
            position=f"{sign}岗位",
            phone=f"139{branch.marks.digits}000001",
            email=f"{name}@{word.lower()}.example",
        )
    clerk = branch.people["clerk"]
    make_post(user=clerk, unit=branch.units["a"], function="客户专员", reports_to=f"{sign}上级")


def _customers(branch: Branch) -> None:
    sign, digits, clerk = branch.marks.sign, branch.marks.digits, branch.people["clerk"]
    facts: dict[str, Any] = {
        "address": f"{sign}江路1号",
        "remark": f"{sign}备注",
        "source": f"{sign}渠道",
    }
    mine = make_customer(
        unit=branch.units["a"],
        by=clerk,
        keeper=clerk,
        name=f"李{sign}岚",
        phone=f"+86138{digits}00{digits}01",
        identity=branch.marks.identity,
        **facts,
    )
    others = make_customer(
        unit=branch.units["b"],
        by=branch.people["head"],
        name=f"单{sign}平",
        phone=f"+86138{digits}00{digits}02",
        **facts,
    )
    firm = make_customer(
        unit=branch.units["a"],
        by=branch.people["head"],
        kind=CustomerKind.ORGANISATION,
        name=f"{sign}方实业有限公司",
        industry=f"{sign}行业",
        nature=f"{sign}性质",
        scale=f"{sign}规模",
        payment_record=f"{sign}回款",
        postcode=f"{digits}0101",
        **facts,
    )
    branch.customers = {"mine": mine, "others": others, "firm": firm}
    make_deals(customer=firm, by=branch.people["head"], mark=sign)
    make_sheets(customer=firm, by=branch.people["head"], mark=sign)
    DuplicatePair.objects.create(first=mine, second=others, likeness="number_name")
    CustomerMerge.objects.create(
        survivor=mine,
        former_id=int(f"9{digits}000001"),
        kind=mine.kind,
        code=f"YZ9{digits}000001",
        name=f"李{sign}旧",
        by=clerk,
        before={"former": {"name": f"李{sign}旧"}},
    )
    branch.contact = make_contact(
        customer=firm,
        name=f"王{sign}联",
        title=f"{sign}经理",
        department=f"{sign}工程部",
        fax=f"010-{digits}01",
        phone=f"+86137{digits}00{digits}01",
        email=f"w@{branch.marks.word.lower()}.example",
    )
    branch.flat, branch.planned = _dealings(branch, mine, f"{digits}01")
    _dealings(branch, others, f"{digits}02", unit="b")
    CustomerUnit.objects.filter(customer=mine).update(
        next_contact_on=timezone.localdate() - timedelta(days=1)
    )


def _dealings(
    branch: Branch, customer: Customer, room: str, unit: str = "a"
) -> tuple[Property, Activity]:
    """A flat, a call that was made, and a visit that is planned."""
    sign, clerk = branch.marks.sign, branch.people["clerk"]
    flat = make_property(unit=branch.units[unit], room=room)
    make_ownership(
        customer=customer,
        flat=flat,
        signed_on=date(2024, 1, 5),
        price=f"{branch.marks.digits}9345.00",
        payment_method=f"{sign}按揭",
    )
    make_activity(
        customer=customer, unit=branch.units[unit], by=clerk, content=f"{sign}电话", result=sign
    )
    planned = make_activity(
        customer=customer,
        unit=branch.units[unit],
        by=clerk,
        kind="visit",
        content=f"{sign}拜访",
        state=ActivityState.PLANNED,
    )
    return flat, planned


def _cases(branch: Branch) -> None:
    """A case of the known customer that is waited for, one of a new caller, a group of two, talk
    in public, a warning, and who is on duty."""
    sign, digits, clerk = branch.marks.sign, branch.marks.digits, branch.people["clerk"]
    unit, head = branch.units["a"], branch.people["head"]
    level = Level.objects.get_or_create(name="一般投诉")[0]
    case = register_case(
        unit=unit,
        by=clerk,
        handler=clerk,
        channel="hotline",
        level=level,
        customer=branch.customers["mine"],
        flat=branch.flat,
        content=f"{sign}卫生间渗水",
        phone=f"138{digits}00{digits}01",
    )
    for move, facts in (("accept", {}), ("start", {}), ("plan", {"text": f"{sign}返工"})):
        make_move(case, move, by=clerk, **facts)
    until = timezone.now() + timedelta(days=1)
    _work_on(branch, case)
    make_move(case, "wait_owner", by=clerk, reason=f"{sign}业主出差", until=until)
    callers = [
        register_case(
            unit=unit,
            by=head,
            channel="visit",
            level=level,
            name=f"吴{sign}来{number}",
            room=f"9栋{digits}02",
            content=f"{sign}停车",
            handler=clerk,
        )
        for number in range(2)
    ]
    form_group(callers, by=head, content=f"{sign}集中停车")
    now = timezone.now()
    done, late = (
        register_case(
            unit=unit, by=head, channel="letter", name=f"{sign}{name}", content=name, handler=clerk
        )
        for name in ("待回访", "超时")
    )
    for move, facts in (("accept", {}), ("start", {}), ("resolve", {"resolution": f"{sign}修复"})):
        make_move(done, move, by=clerk, **facts)
    Case.objects.filter(pk=late.pk).update(next_due_at=now - timedelta(hours=1))
    item = note_opinion(
        unit=unit, by=head, first_seen_at=now, title=f"{sign}舆情", source=f"{sign}网"
    )
    link_cases(item, [case], by=head)
    warn_early(unit=unit, by=clerk, content=f"{sign}预警")
    make_mail(f"{sign}来信", unit=unit)
    save_sheet(unit, by=head, phone=f"027-{digits}01", place=f"{sign}岗亭")
    add_shift(unit, user=clerk, starts_at=now, ends_at=until, by=head)


def _work_on(branch: Branch, case: Case) -> None:
    """A note, an answer, a work of a contractor with a part, a cost, a measure, a template."""
    sign, clerk, unit = branch.marks.sign, branch.people["clerk"], branch.units["a"]
    today = timezone.localdate()
    write_note(case, text=f"{sign}备注", by=clerk)
    answer_owner(case, by=clerk, channel="sms", text=f"{sign}已受理")
    firm = save_contractor(None, by=None, unit=unit, name=f"{sign}防水", phone=branch.marks.word)
    work = plan_work(
        case, by=clerk, title=f"{sign}打胶", contractor=firm, planned_from=today,
        planned_until=today,
    )  # fmt: skip
    add_part(work, by=clerk, name=f"{sign}密封胶", quantity=1, unit_price=9)
    add_cost(case, by=clerk, kind="labour", amount=Decimal(9), bearer="owner", reason=f"{sign}人工")
    give_measure(
        unit=unit, by=clerk, text=f"{sign}样板先行", owner=clerk, due_on=today, cases=[case]
    )
    save_template(None, by=None, unit=unit, name=f"{sign}模板", channel="sms", text=f"{sign}您好")


def _figures(branch: Branch) -> None:
    """A scored wave of the region, a target, and a report that waits for its review."""
    marks, units, head = branch.marks, branch.units, branch.people["head"]
    answers = {units["a"]: (40, int(marks.digits) / 20), units["b"]: (40, 3.5)}
    wave = publish(f"{marks.word}-S", answers, unit=units["region"], title=f"{marks.sign}方调查")
    said = make_response(unit=units["a"], wave=wave)
    item = wave.version.items.first()
    Remark.objects.create(response=said, item=item, wave=wave, text=f"{marks.sign}边太吵")
    set_target(units["city"], year=2026, figure="mean", value=Decimal("3.95"), by=None)
    report = begin_report(wave=wave, unit=units["a"], by=head)
    write_report(report, by=head, summary=f"{marks.sign}州平稳", findings=f"{marks.sign}维修")
    hand_up(report, by=head)


def _money(branch: Branch) -> None:
    """Papers of the clerk, with budget, gift, event and key date."""
    make_money(
        unit=branch.units["a"],
        by=branch.people["clerk"],
        customer=branch.customers["mine"],
        word=f"{branch.marks.sign}年会",
    )


def _daily(branch: Branch) -> None:
    """A bulletin, a task, an appointment, a target and a rule of the branch."""
    sign, units = branch.marks.sign, branch.units
    clerk, head = branch.people["clerk"], branch.people["head"]
    now = timezone.now()
    publish_bulletin(
        title=f"{sign}州通知",
        body=f"{sign}州各项目",
        by=head,
        units=[units["region"]],
        must_confirm=True,
    )
    assign(to=clerk, by=head, title=f"{sign}州核对", due_at=now, checklist=[f"{sign}清单"])
    save_appointment(
        by=clerk, title=f"{sign}州例会", starts_at=now, ends_at=now + timedelta(hours=1)
    )
    month = timezone.localdate().replace(day=1)
    values = {"visits": Decimal(int(branch.marks.digits[-3:]))}
    set_targets(unit=units["a"], person=clerk, month=month, values=values, by=head)
    rule = rules.save_rule(
        by=None,
        unit=units["region"],
        title=f"{sign}州落实细则",
        applies_to=f"{sign}州",
        department=f"{sign}部",
        interpreted_by=f"{sign}会",
        keeper=head,
        next_review_on=month + timedelta(days=300),
    )
    rules.draft_version(
        rule,
        by=head,
        number="1.0",
        body=f"{sign}文",
        note=f"{sign}",
        effective_on=month,
        approver=sign,
    )


def _strategic(branch: Branch) -> None:
    """A strategic customer of the clerk with his file and nomination."""
    people = branch.people
    word = f"{branch.marks.sign}战略"
    make_strategic(unit=branch.units["a"], by=people["clerk"], leader=people["head"], word=word)


def _staffing(branch: Branch) -> None:
    """A finding, an account change, plans and an inspection of the project."""
    word = f"{branch.marks.sign}编制"
    make_staffing(unit=branch.units["a"], by=branch.people["clerk"], word=word)


def _duties(branch: Branch) -> None:
    """A trip, a lapse, notices, a sanction and a commendation of the keeper in the city."""
    people = branch.people
    make_duties(person=people["keeper"], by=people["head"], word=f"{branch.marks.sign}出差")


def make_crossing(branch: Branch) -> Customer:
    """Somebody without marks who owns here; `make_branch` lets him own elsewhere too."""
    clerk = branch.people["clerk"]
    customer = make_customer(unit=branch.units["a"], by=clerk, keeper=clerk, name="周共同")
    _dealings(branch, customer, f"{branch.marks.digits}02")
    return customer


def _cross(branch: Branch, customer: Customer) -> None:
    clerk = branch.people["clerk"]
    make_place(customer=customer, unit=branch.units["a"], keeper=clerk, by=clerk)
    _dealings(branch, customer, f"{branch.marks.digits}02")


def owners_file(*rows: tuple[str, str, str, str]) -> io.BytesIO:
    """A register of owners: (project, room, name, phone) a row."""
    book = Workbook()
    sheet = book.active
    sheet.append(["项目", "房号", "业主姓名", "手机号码"])
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


def make_run(branch: Branch) -> ImportRun:
    """An upload of the clerk, checked, with a row that comes back."""
    sign, clerk = branch.marks.sign, branch.people["clerk"]
    file = owners_file(
        (f"{sign}州花园", "3-2-1201", f"钱{sign}", "13900000001"),
        (f"{sign}州花园", "3-2-1202", f"孙{sign}", f"{branch.marks.digits}01"),
    )
    run = create_run(kind_named("owners"), file, f"{sign}业主{branch.marks.word}.xlsx", by=clerk)
    check_run(run, context_of(run))
    return run


def text_of_workbook(data: bytes) -> str:
    """Every cell of every sheet, and the sheets' names."""
    book = load_workbook(io.BytesIO(data))
    lines = [str(book.sheetnames), str(book.properties)]
    for sheet in book:
        lines += ["\t".join(str(cell) for cell in row) for row in sheet.iter_rows(values_only=True)]
    return "\n".join(lines)


def make_group() -> tuple[OrgUnit, dict[str, User]]:
    """The group with people who reach everything."""
    make_roles()
    unit = make_unit(kind=Kind.GROUP, code="G", name="测试集团")
    people = {
        "boss": make_user(unit=unit, role="group-management", no="G-BOSS"),
        "reader": make_user(unit=unit, role="group-function", no="G-READER"),
        "admin": make_user(unit=unit, role="system-administrator", no="G-ADMIN"),
    }
    return unit, people


def make_outsiders(branch: Branch) -> dict[str, User]:
    """People of a branch who may do nothing there: each for another reason."""
    unit, today = branch.units["a"], timezone.localdate()
    outsiders = {
        name: make_user(unit=unit, role=None, no=f"{branch.marks.word}-{name}".upper())
        for name in ("frozen", "left", "nobody", "expired", "future")
    }
    for name in ("frozen", "left"):
        give(outsiders[name], "staff", unit)
    give(outsiders["expired"], "staff", unit, valid_until=today)
    give(outsiders["future"], "staff", unit, valid_from=today + timedelta(days=1))
    return outsiders
