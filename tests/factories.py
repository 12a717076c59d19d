"""Boring makers of rows, keyword-only, and the small world most tests play in."""

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import FormerPassword, Function, Post, Role, RoleGrant, User
from approvals.models import Approval, Flow, FlowVersion, Step, Task
from complaints.models import Case, IncomingMail, Mailbox
from complaints.services import register_case
from complaints.services.mailbox import take_in
from compliance.models import (
    Absence,
    AccountChange,
    Assessment,
    ChangeLine,
    Circular,
    CircularLine,
    Commendation,
    Finding,
    FunctionPlan,
    ImplementationRule,
    Inspection,
    InspectionPoint,
    Lapse,
    LogInSum,
    Nomination,
    PlannedPost,
    PostOverride,
    RoundState,
    Sanction,
)
from compliance.services import assessments, rounds, strategic
from compliance.services.assignments import assign
from compliance.services.bulletins import publish as publish_bulletin
from compliance.services.rules import save_rule
from compliance.services.targets import set_targets
from core.values.rooms import Room
from customers.models import (
    Activity,
    ActivityState,
    Contact,
    Contract,
    CreditSheet,
    Customer,
    CustomerKind,
    CustomerShare,
    CustomerUnit,
    Loss,
    Ownership,
    Property,
    ValueSheet,
)
from customers.models.value import COSTS, VALUES
from customers.services import (
    add_contact,
    add_instalment,
    add_receipt,
    assess_credit,
    create_customer,
    judge_value,
    record_loss,
    save_contract,
    save_demand,
    save_opportunity,
    share_customer,
)
from customers.services.customers import place_customer
from expenses.models import Application, BudgetChange, EntryKind
from expenses.models import Budget as ExpenseBudget
from expenses.models import Category as ExpenseCategory
from expenses.services.applications import Given, Line
from expenses.services.applications import save as write_application
from expenses.services.booking import book
from expenses.services.budget_rows import move as move_budget
from expenses.services.events import save as save_event
from expenses.services.gifts import create as create_gift
from expenses.services.gifts import receive
from expenses.services.key_dates import save as save_key_date
from expenses.services.payments import pay
from regions.models import Kind, OrgUnit, PolicyValue
from regions.policies import policy
from regions.services import remember
from regions.services.policies import set_policy
from satisfaction.models import Questionnaire, QuestionnaireVersion, Response, Sample, Wave

PASSWORD = "Correct-Horse-7-Battery"
_numbers = itertools.count(1)


def make_unit(
    *, kind: str, code: str, name: str, parent: OrgUnit | None = None, **more: Any
) -> OrgUnit:
    unit = OrgUnit(kind=kind, code=code, name=name, parent=parent, **more)
    unit.save()
    remember(unit, date(2020, 1, 1))
    return unit


def make_user(
    *, unit: OrgUnit, role: str | None = "staff", no: str = "", name: str = "", **more: Any
) -> User:
    """A person; with a role he holds it in his unit."""
    no = no or f"T{next(_numbers):05d}"
    user = User.objects.create_user(no, PASSWORD, name=name or f"员工{no}", unit=unit, **more)
    User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now())
    if role:
        give(user, role, unit)
    return user


def give(user: User, role: str, unit: OrgUnit, **dates: Any) -> RoleGrant:
    return RoleGrant.objects.create(user=user, unit=unit, role=Role.objects.get(code=role), **dates)


def make_post(*, user: User, unit: OrgUnit, function: str, **more: Any) -> Post:
    return Post.objects.create(
        user=user, unit=unit, function=Function.objects.get_or_create(name=function)[0], **more
    )


def make_customer(
    *,
    unit: OrgUnit,
    by: User | None = None,
    keeper: User | None = None,
    kind: str = CustomerKind.PERSON,
    name: str = "",
    **values: Any,
) -> Customer:
    """A customer with his first place, entered through the service. `values` are fields of
    Customer, `code`, and clean phone, other_phone and identity ("+8613800000001")."""
    customer, _ = create_customer(
        unit=unit,
        by=by,
        keeper=keeper,
        kind=kind,
        name=name or f"客户{next(_numbers)}",
        **values,
    )
    return customer


def make_place(
    *, customer: Customer, unit: OrgUnit, keeper: User | None = None, by: User | None = None
) -> CustomerUnit:
    """A further place of a customer."""
    return place_customer(customer, unit, by=by, keeper=keeper)


def place_of(customer: Customer, unit: OrgUnit | None = None) -> CustomerUnit:
    """The place of a customer in a unit, or his only one."""
    return customer.places.get(**({"unit": unit} if unit else {}))


def make_share(
    *,
    customer: Customer,
    to: User,
    by: User | None = None,
    until: date | None = None,
    reason: str = "协同接待",
    may_change: bool = False,
) -> CustomerShare:
    """A share as the operator gives it, whom no rule of reach binds; `by` stands in the row."""
    row = share_customer(
        customer, to=to, by=None, reason=reason, until=until, may_change=may_change
    )
    CustomerShare.objects.filter(pk=row.pk).update(given_by=by)
    return row


def make_property(
    *, unit: OrgUnit, building: str = "3", building_unit: str = "2", room: str = "", **more: Any
) -> Property:
    """A flat; without a room number it gets one that no other has."""
    room = room or str(1000 + next(_numbers))
    flat = Property(
        building=building,
        building_unit=building_unit,
        room=room,
        label=Room(building, building_unit, room).label,
        **more,
    )
    flat.place_in(unit)
    flat.save()
    return flat


def make_ownership(*, customer: Customer, flat: Property, **more: Any) -> Ownership:
    """The customer owns the flat; his place in its unit, if any, takes over the dates."""
    ownership = Ownership(customer=customer, property=flat, **more)
    ownership.place_in(flat.unit)
    ownership.save()
    dates = {name: more[name] for name in ("signed_on", "handed_over_on") if more.get(name)}
    if dates:
        CustomerUnit.objects.filter(customer=customer, unit=flat.unit).update(**dates)
    return ownership


def make_contact(
    *, customer: Customer, name: str = "", by: User | None = None, **values: Any
) -> Contact:
    """A contact of an organisation; `values` may hold clean phone and email."""
    return add_contact(customer, by=by, name=name or f"联系人{next(_numbers)}", **values)


def make_activity(
    *,
    customer: Customer,
    by: User,
    unit: OrgUnit | None = None,
    at: datetime | None = None,
    state: str = ActivityState.DONE,
    kind: str = "call",
    content: str = "电话回访",
    **more: Any,
) -> Activity:
    """An activity in a place of the customer, done now unless said otherwise; it is not counted as
    the place's last contact (customers.services.log_activity does that)."""
    at = at or timezone.now()
    activity = Activity(
        customer=customer,
        by=by,
        entered_by=more.pop("entered_by", by),
        at=at,
        state=state,
        kind=kind,
        content=content,
        done_at=at if state == ActivityState.DONE else None,
        **more,
    )
    activity.place_in(place_of(customer, unit).unit)
    activity.save()
    return activity


def make_loss(
    *,
    customer: Customer,
    unit: OrgUnit | None = None,
    by: User | None = None,
    lost_on: date | None = None,
    **more: Any,
) -> Loss:
    """A loss through the service: of today, for the price, to a competitor unless said
    otherwise."""
    given = {"cause": "价格", "direction": "竞争对手"} | more
    return record_loss(
        place_of(customer, unit), by=by, lost_on=lost_on or timezone.localdate(), **given
    )


def make_credit(
    *, customer: Customer, by: User | None = None, year: int = 2026, part: str = "0.8", **more: Any
) -> CreditSheet:
    """A credit assessment through the service, with the same part of the highest points of each
    criterion."""
    points = {
        row["word"]: (row["most"] * Decimal(part)).quantize(Decimal("0.1"))
        for row in policy("customers.credit_criteria")
    }
    return assess_credit(customer, by=by, year=year, points=points, **more)


def make_value(
    *,
    customer: Customer,
    by: User | None = None,
    year: int = 2026,
    points: str = "87653221",
    **more: Any,
) -> ValueSheet:
    """A sheet of delivered value: `points` are a digit for each value, then for each cost."""
    given = dict(zip((*VALUES, *COSTS), map(int, points), strict=True))
    return judge_value(customer, by=by, year=year, points=given, **more)


def make_contract(
    *,
    customer: Customer,
    unit: OrgUnit | None = None,
    by: User | None = None,
    amount: int = 1000,
    due: dict[date, int] | None = None,
    paid: dict[date, int] | None = None,
    **more: Any,
) -> Contract:
    """A running contract signed on 1 January 2026 through the service, with instalments and
    receipts by their days."""
    given = {
        "number": f"HT-{next(_numbers)}",
        "title": "合同",
        "status": "running",
        "signed_on": date(2026, 1, 1),
    } | more
    contract = save_contract(
        None, by=by, place=place_of(customer, unit), amount=Decimal(amount), **given
    )
    for day, part in (due or {}).items():
        add_instalment(contract, by=by, due_on=day, amount=Decimal(part))
    for day, part in (paid or {}).items():
        add_receipt(contract, by=by, on=day, amount=Decimal(part), reference=f"{day}")
    return contract


def make_deals(*, customer: Customer, by: User, mark: str = "") -> dict[str, Any]:
    """A contract with an instalment and a receipt, and an opportunity; texts bear a mark."""
    place = customer.places.select_related("unit").first()
    day = date(2026, 2, 1)
    contract = make_contract(
        customer=customer, unit=place.unit, by=by, number=f"{mark}合同", due={day: 300},
        paid={day: 100}, note=f"{mark}约定", checked_by=f"{mark}审核人",
    )  # fmt: skip
    opportunity = save_opportunity(
        None, by=by, place=place, stage="方案报价", title=f"{mark}商机", note=f"{mark}进展"
    )
    return {"contract": contract, "opportunity": opportunity}


def make_sheets(*, customer: Customer, by: User, mark: str = "") -> dict[str, Any]:
    """One of each sheet of a business customer; texts bear a mark."""
    return {
        "demand": save_demand(
            customer, by=by, year=2026, amount=Decimal(900_000), method="asked", note=f"{mark}询问"
        ),
        "credit": make_credit(customer=customer, by=by, remark=f"{mark}依据"),
        "value": make_value(customer=customer, by=by, note=f"{mark}判断"),
        "loss": make_loss(
            customer=customer,
            unit=customer.places.first().unit,
            by=by,
            lost_on=date(2026, 2, 1),
            competitor=f"{mark}竞品公司",
        ),
    }


def say(unit: OrgUnit, key: str, value: Any, *, since: date | None = None) -> PolicyValue:
    """What a unit says about a rule, from today unless said otherwise."""
    day = since or timezone.localdate()
    return set_policy(
        key=key, unit=unit, value=value, effective_from=day, reason="测试", by=None, backdate=True
    )


def make_wave(code: str = "made", **values: Any) -> Wave:
    """A wave of the group that asks nothing; the one of this code, when there is one."""
    questionnaire, _made = Questionnaire.objects.get_or_create(
        code="made", defaults={"kind": "owners", "title": "made"}
    )
    version, _made = QuestionnaireVersion.objects.get_or_create(
        questionnaire=questionnaire, number=1
    )
    wave, _made = Wave.objects.get_or_create(
        code=code,
        defaults={
            "title": code,
            "unit": OrgUnit.objects.get(kind=Kind.GROUP),
            "version": version,
            **values,
        },
    )
    return wave


def make_response(*, unit: OrgUnit, wave: Wave | None = None, **values: Any) -> Response:
    """An empty answer about a unit, in a wave of the group."""
    response = Response(wave=wave or make_wave(), **{"asked_by": "agency"} | values)
    response.place_in(unit)
    response.save()
    return response


def make_sample(*, unit: OrgUnit, wave: Wave | None = None, **values: Any) -> Sample:
    """Somebody who is to be asked about a unit, in a wave of the group."""
    sample = Sample(wave=wave or make_wave(), **values)
    sample.place_in(unit)
    sample.save()
    return sample


@dataclass
class World:
    """group → north (n1 → n1a, n1b) and south (s1 → s1a); people named role_branch."""

    units: dict[str, OrgUnit] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        for table in (self.__dict__["units"], self.__dict__["people"]):
            if name in table:
                return table[name]
        raise AttributeError(name)


def make_world() -> World:
    """Two sibling branches with a project each (the north has two) and people of every role.

    Half of all tests begin with it, so the rows go in table by table. They are those that
    `make_unit`, `make_user` and `make_post` make one by one; a test compares them.
    """
    world = World()
    _units(world)
    units, people = world.units, world.people
    roles: dict[str, tuple[str, OrgUnit]] = {}
    for name, no, role, unit in _PEOPLE:
        user = User(employee_no=no, name=f"员工{no}", unit=units[unit])
        user.set_password(PASSWORD)
        people[name] = user
        roles[user.employee_no] = (role, units[unit])
    _write_people(list(people.values()), roles)
    function, _made = Function.objects.get_or_create(name="客户专员")
    Post.objects.bulk_create(
        Post(user=people[f"{side}_clerk"], unit=people[f"{side}_clerk"].unit, function=function)
        for side in ("north", "south")
    )
    return world


# Name in the world, employee number, role, unit.
_PEOPLE = (
    ("north_clerk", "N-CLERK", "staff", "n1a"),
    ("north_head", "N-HEAD", "section-head", "north"),
    ("north_keeper", "N-KEEPER", "section-administrator", "north"),
    ("south_clerk", "S-CLERK", "staff", "s1a"),
    ("south_head", "S-HEAD", "section-head", "south"),
    ("south_keeper", "S-KEEPER", "section-administrator", "south"),
    ("boss", "G-BOSS", "group-management", "group"),
    ("reader", "G-READER", "group-function", "group"),
    ("admin", "G-ADMIN", "system-administrator", "group"),
)


def _units(world: World) -> None:
    units = world.units
    units["group"] = OrgUnit(kind=Kind.GROUP, code="G", name="测试集团")
    for side, word in (("north", "北方"), ("south", "南方")):
        letter = side[0]
        units[side] = OrgUnit(
            kind=Kind.REGION,
            code=letter.upper(),
            name=f"{word}区域",
            parent=units["group"],
            department_name="客户关系中心",
            department_level="first",
        )
        units[f"{letter}1"] = OrgUnit(
            kind=Kind.CITY,
            code=f"{letter.upper()}1",
            name=f"{word}公司",
            parent=units[side],
            department_name="客户关系部",
        )
        for tail, suffix in (("a", "花园"), ("b", "名邸")):
            units[f"{letter}1{tail}"] = OrgUnit(
                kind=Kind.PROJECT,
                code=f"{letter.upper()}1{tail.upper()}",
                name=f"{word}{suffix}",
                parent=units[f"{letter}1"],
                department_name="客户关系部",
            )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('regions_orgunit', 'id'))"
            " FROM generate_series(1, %s)",
            [len(units)],
        )
        keys = sorted(key for (key,) in cursor.fetchall())
    for unit, unit.pk in zip(units.values(), keys, strict=True):
        unit.parent = unit.parent  # which has a key by now
        unit.parent_kind = unit.parent.kind if unit.parent else None
        unit.path = f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
    OrgUnit.objects.bulk_create(units.values())
    remember(units.values(), date(2020, 1, 1))


def _write_people(people: list[User], roles: dict[str, tuple[str, OrgUnit]]) -> None:
    User.objects.bulk_create(people)
    FormerPassword.objects.bulk_create(
        FormerPassword(user=user, password=user.password) for user in people
    )
    for user in people:
        user._password = None  # kept already
    User.objects.filter(pk__in=[user.pk for user in people]).update(
        password_changed_at=timezone.now()
    )
    known = {role.code: role for role in Role.objects.all()}
    RoleGrant.objects.bulk_create(
        RoleGrant(user=user, role=known[role], unit=unit)
        for user in people
        for role, unit in [roles[user.employee_no]]
    )


def make_case(*, unit: OrgUnit, by: User | None = None, **values: Any) -> Case:
    """A case registered through the service; `values` are arguments of register_case."""
    given = {"content": "卫生间顶部渗水", "name": "陈志远", "channel": "hotline"} | values
    return register_case(unit=unit, by=by, **given)


def make_approval(*, unit: OrgUnit, applicant: User, person: User | None = None) -> Approval:
    """A running approval of no record in particular; `person` is to decide in its one step."""
    flow, _made = Flow.objects.get_or_create(
        key="made", defaults={"name": "测试流程", "subject_kind": "tests.made"}
    )
    version = flow.versions.first() or FlowVersion.objects.create(
        flow=flow, number=1, definition={"steps": [{"key": "s", "name": "s", "who": []}]}
    )
    approval = Approval(
        subject_kind="tests.made",
        subject_id=next(_numbers),
        flow_version=version,
        applicant=applicant,
        title="测试申请",
        snapshot_hash="0" * 64,
    )
    approval.place_in(unit)
    approval.save()
    step = Step.objects.create(
        approval=approval, position=100, key="s", name="s", how="any", state="open"
    )
    task = Task(step=step, person=person or applicant, opened_at=timezone.now())
    task.place_in(unit)
    task.save()
    return approval


def make_mail(title: str, *, unit: OrgUnit | None = None, box: str = "tests") -> IncomingMail:
    """A mail of an owner with a text file, to a unit or to the group."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{title} <owner@example.cn>"
    message["Subject"] = title
    message.set_content(f"{title}，请处理")
    message.add_attachment(
        title.encode(), maintype="text", subtype="plain", filename=f"{title}.txt"
    )
    mailbox, _made = Mailbox.objects.get_or_create(name=box)
    mail = take_in(message.as_bytes(), box=mailbox, at=timezone.now())
    assert mail is not None
    if unit is not None:
        mail.place_in(unit)
        mail.save()
    return mail


def make_strategic(*, unit: OrgUnit, by: User, leader: User, word: str = "战略") -> Nomination:
    """A customer of a unit, on the list under a pair, nominated in the open round of this year,
    with everything that can hang on him; `word` stands in every text."""
    customer = make_customer(
        unit=unit, by=by, keeper=by, kind=CustomerKind.ORGANISATION, name=f"{word}集团"
    )
    today = timezone.localdate()
    one = rounds.prepare_round(today.year, by=None)
    if one.state == RoundState.PREPARED:
        one = rounds.open_round(one, by=None)
    pair = {"specialist": by, "contact_leader": leader}
    row = rounds.nominate(one, by=None, unit=unit, customer=customer, reason=word, **pair)
    rounds.give_charge(customer, by=None, today=today, unit=unit, **pair)
    customer.refresh_from_db()
    strategic.save_plan(customer, by=by, year=today.year, goals=word, steps=word, answers={})
    strategic.note_signal(
        customer, by=by, kind="other", content=word, learnt_on=today, act_by=today
    )
    strategic.save_summary(
        customer, by=by, month=today, progress=word, requests=word, next_steps=word
    )
    strategic.ask_resource(
        customer, by=by, kind="staff", content=word, department=word, to=by, needed_by=today
    )
    strategic.plan_talk(
        place_of(customer, unit), by=by, kind="visit", leader=leader, purpose=word,
        at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    _assess(by, leader, word)
    return row


def _assess(specialist: User, leader: User, word: str) -> None:
    """The specialist is assessed for this year, the assessment of the leader is a draft."""
    criteria = [row["word"] for row in policy(assessments.CRITERIA)]
    said: dict[str, Any] = {
        "by": None,
        "year": timezone.localdate().year,
        "marks": dict.fromkeys(criteria, Decimal(80)),
        "notes": dict.fromkeys(criteria, word),
        "remark": word,
    }
    if not Assessment.objects.filter(person=specialist, confirmed_at__isnull=False).exists():
        assessments.assess(specialist, role="specialist", confirm=True, **said)
    assessments.assess(leader, role="leader", **said)


def make_money(
    *, unit: OrgUnit, by: User, customer: Customer | None = None, word: str = "运动会"
) -> Application:
    """A paper of a unit that was approved and half paid out of the unit's budget, a draft, a
    change of the budget, a gift, an event and a key date; `word` stands in every text."""
    customer = customer or make_customer(unit=unit, by=by)
    category = ExpenseCategory.objects.get(code="gift")
    today = timezone.localdate()
    budget = ExpenseBudget(year=today.year, category=category)
    budget.place_in(unit)
    budget.save()
    move_budget(budget, "allot", by=None, reason=word, allotted=Decimal("5000.00"))
    given = Given(
        category=category,
        unit=unit,
        title=word,
        reason=word,
        event_on=today,
        lines=[Line(word, Decimal(1), Decimal("300.00"))],
        customers=[(customer, None)],
    )
    write_application(given, by=by)
    paper = write_application(given, by=by)
    paper.budget, paper.state, paper.submitted_at = budget, "approved", timezone.now()
    move_budget(budget, "commit", by=None, application=paper, committed=paper.amount)
    book(paper, EntryKind.APPROVE, by=None, approved=paper.amount, text=word)
    paper.evidence_due_on = today
    paper.save()
    pay(paper, amount=Decimal("100.00"), by=None, note=word)
    change = BudgetChange(
        kind="supplement", target=budget, amount=Decimal(1), reason=word, asked_by=by
    )
    change.place_in(unit)
    change.save()
    receive(create_gift(unit, name=word, price=Decimal(9), by=None), quantity=3, by=None)
    save_event(
        by=by, unit=unit, kind="party", title=word, starts_at=timezone.now(),
        customers=[(customer, None)],
    )  # fmt: skip
    save_key_date(
        by=by, unit=unit, customer=customer, kind="wedding", title=word, month=5, day=1, owner=by
    )
    paper.refresh_from_db()
    return paper


def make_daily(*, unit: OrgUnit, person: User) -> None:
    """A bulletin, a task, a target and a rule of a unit."""
    publish_bulletin(title="通知", body="内容", by=None, units=[unit])
    assign(to=person, by=None, title="核对", unit=unit)
    month = timezone.localdate().replace(day=1)
    set_targets(unit=unit, month=month, values={"visits": Decimal(8)}, by=None)
    save_rule(
        by=None, unit=unit, title="细则", applies_to="全体", department="客户关系部",
        interpreted_by="客户关系部", keeper=person,
        next_review_on=timezone.localdate() + timedelta(days=360),
    )  # fmt: skip


def make_lapse(*, person: User, first: date, days: int = 20, **values: Any) -> Lapse:
    """A run without log-in of somebody that lasts."""
    lapse = Lapse(
        person=person,
        first_day=first,
        last_day=first + timedelta(days=days - 1),
        days=days,
        dated_on=first + timedelta(days=min(days, 14) - 1),
        **values,
    )
    lapse.place_in(person.unit)
    lapse.save()
    return lapse


def make_duties(*, person: User, by: User, word: str = "外出") -> dict[str, Any]:
    """Of somebody: an approved trip to come and a request that was sent back, a sanction and a
    commendation from published notices, a lapse in a draft, and the sums of his unit. `word` stands
    in every text."""
    today = timezone.localdate()
    days = {"first_day": today + timedelta(days=5), "last_day": today + timedelta(days=6)}
    trip = Absence(
        person=person, kind="trip", destination=word, reason=word, state="approved", **days
    )
    draft = Absence(person=person, kind="leave", reason=word, **days)
    old = make_lapse(person=person, first=today - timedelta(days=90), noticed_on=today)
    board = publish_bulletin(title=word, body=word, by=by, units=[person.unit])
    published = Circular(
        title=word,
        opening=word,
        drafted_on=today,
        state="published",
        bulletin=board,
        published_at=timezone.now(),
        published_by=by,
    )
    circular = Circular(title=word, opening=word, drafted_on=today)
    for row in (trip, draft, published, circular):
        row.place_in(person.unit)
        row.save()
    sanction = Sanction(
        person=person,
        circular=published,
        lapse=old,
        measure="circular",
        imposed_by=by,
        appeal_until=today + timedelta(days=9),
    )
    sanction.place_in(person.unit)
    sanction.save()
    praise = make_commendation(person=person, by=by, board=board, word=word)
    lapse = make_lapse(person=person, first=today - timedelta(days=30))
    for which, run in ((published, old), (circular, lapse)):
        CircularLine.objects.create(circular=which, lapse=run, days=run.days)
    month = today.replace(day=1)
    sums = LogInSum(month=month, expected=9, met=7, people=3, users=2, adopters=2)
    sums.place_in(person.unit)
    sums.save()
    return {
        "trip": trip.pk,
        "trip_draft": draft.pk,
        "circular": circular.pk,
        "sanction": sanction.pk,
        "commendation": praise.pk,
    }


def make_commendation(
    *, person: User, by: User, board: Any, word: str = "表扬", **values: Any
) -> Commendation:
    """One of last month that was given with a published notice."""
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    circular = Circular(
        kind="praise",
        title=word,
        opening=word,
        drafted_on=last,
        state="published",
        bulletin=board,
        published_at=timezone.now(),
        published_by=by,
    )
    facts = {"measure": "praise", "state": "given", "given_at": timezone.now(), "given_by": by}
    days = {"first_day": last.replace(day=1), "last_day": last, "days": 21}
    row = Commendation(person=person, **(days | facts | values))
    for one in (circular, row):
        one.place_in(person.unit)
        one.save()
    CircularLine.objects.create(circular=circular, commendation=row, days=row.days)
    return row


def make_finding(*, unit: OrgUnit, word: str = "缺负责人", **values: Any) -> Finding:
    """An open finding of a rule that no check knows; `word` stands in its sentence."""
    row = Finding(
        **{
            "rule": "TESTS",
            "severity": "medium",
            "rank": 2,
            "message": word,
            "opened_on": timezone.localdate(),
        }
        | values
    )
    row.place_in(unit)
    row.save()
    row.events.create(kind="opened", text=word)
    return row


def make_account_change(*, unit: OrgUnit, person: User, word: str = "调动", **values: Any) -> Any:
    """A form that a staff event opened about a person; `word` is its reason."""
    today = timezone.localdate()
    row = AccountChange(
        **{"kind": "close", "cause": "leave", "event_on": today, "due_on": today, "reason": word}
        | values
    )
    row.place_in(unit)
    row.save()
    ChangeLine.objects.create(
        change=row, person=person, employee_no=person.employee_no, name=person.name
    )
    return row


def make_staffing(*, unit: OrgUnit, by: User, word: str = "编制") -> dict[str, Any]:
    """A row of a unit in every table of staffing, about somebody else than `by`; `word` stands in
    every text."""
    today = timezone.localdate()
    plan = FunctionPlan(pace=word, targets=word, results=word)
    line = PlannedPost(
        year=today.year,
        function=Function.objects.get_or_create(name="客户专员")[0],
        establishment=1,
        grade=word,
        capability=word,
        duties=word,
    )
    rule = ImplementationRule(title=word, issued_on=today, effective_on=today, summary=word)
    seen = Inspection(inspected_on=today, summary=word, place=word, by=by)
    for row in (plan, line, rule, seen):
        row.place_in(unit)
        row.save()
    point = InspectionPoint.objects.create(inspection=seen, text=word, owner=by, due_on=today)
    post = Post.objects.filter(user=by, unit=unit).first() or make_post(
        user=by, unit=unit, function="客户专员"
    )
    allowed = PostOverride.objects.create(post=post, rule="ORG-10", reason=word, by=by)
    return {
        "finding": make_finding(unit=unit, word=word),
        "account_change": make_account_change(unit=unit, person=by, word=word),
        "planned_post": line,
        "inspection": seen,
        "point": point,
        "override": allowed,
    }
