"""Strategic customers of the demonstration: their pairs, a round that is open, files of a few."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from compliance.models import (
    AssessedRole,
    Assessment,
    Assignment,
    Charge,
    ContactFigure,
    CustomerPlan,
    EarlySignal,
    Meeting,
    MonthlySummary,
    Nomination,
    ResourceRequest,
    Round,
    RoundState,
    Talk,
)
from compliance.selectors.assessments import ROLES, held_in
from compliance.services import assessments, rounds, strategic
from compliance.services.contact_figures import count_contacts
from core.errors import Refused
from customers.demo.histories import forget_history
from customers.demo.organisation import Person
from customers.demo.parts import Gone, Part, Scene, register
from customers.models import STRATEGIC, Customer, CustomerKind, CustomerUnit
from regions.models import Kind, OrgUnit
from regions.policies import policy

ON_LIST_FOR = 400  # days
SHOWN, NOMINATIONS = 3, 4
ASSESSED, EXCELLENT = 12, 3
BEST_NOTE = "客户档案完整，决策人变动当周更新"
REMARKS = (
    "月末小结按时，联点领导走访及时。",
    "投诉响应较快，后续项目跟踪有待加强。",
    "日常联系稳定，客户信息需及时更新。",
)
PLAN = {
    "problem": "三个在建项目工期紧，幕墙样板确认缓慢",
    "cost": "希望锁定明年钢材调价方式",
    "convenience": "设专人对接，签证三日内答复",
    "communication": "每月例会，重大事项当日通报联点领导",
}
SIGNALS = (
    ("people", "分管工程的副总经理将于下月调任，继任者此前与其他总包合作。"),
    ("planning", "二期规划拟由住宅改为商业，正在征求设计单位意见。"),
    ("investment", "董事会讨论放缓明年新开工面积，尚未定案。"),
)
REASONS = (
    "区域重点城建平台，履约良好，明年有两个后续项目。",
    "合作三次以上，已表达签订战略协议的意愿。",
    "新进入的外资客户，首个项目即将交付。",
    "回款及时，口碑带动周边项目。",
)


def write_strategic(cursor: Any, scene: Scene) -> dict[str, int]:
    """Pairs for every customer of the list, then what the head who is shown sees."""
    head = User.objects.get(pk=scene.chosen["section-head"].key)
    _raise_some(head)
    listed = _charges(scene)
    files = _files(head)
    nominated = _nominations(head)
    rounds.save_meeting(
        by=head,
        held_at=timezone.now() - dt.timedelta(days=20),
        agenda="启动年度战略客户评定，明确提名条件和时间安排",
        place="集团十二楼会议室",
        chair=_leader(scene, "总经理"),
        minutes="各区域于十二月中旬前完成提名；市场经营部汇总履约和回款数据供委员会评定。",
    )
    count_contacts()
    return {
        "strategic_customers": listed,
        "nominations": nominated,
        "strategic_files": files,
        "assessments": _assessments(head),
    }


def _leader(scene: Scene, function: str) -> User | None:
    found: Iterable[Person] = scene.organisation.people
    person = next((one for one in found if any(name == function for name, _a in one.posts)), None)
    return User.objects.get(pk=person.key) if person else None


def _heads(scene: Scene) -> dict[int, int]:
    """Region → its head."""
    return {
        person.unit.key: person.key
        for person in scene.organisation.people
        if person.role == "section-head" and person.unit.kind == Kind.REGION
    }


def _raise_some(head: User) -> None:
    """The branch that is shown has strategic customers, wherever chance has put the others."""
    if head.unit is None:
        return
    places = CustomerUnit.objects.filter(
        unit__path__startswith=head.unit.path,
        customer__kind=CustomerKind.ORGANISATION,
        keeper__isnull=False,
    ).exclude(keeper=head)
    chosen = list(places.order_by("pk").values_list("customer", flat=True)[:SHOWN])
    Customer.objects.filter(pk__in=chosen).update(level=STRATEGIC)
    CustomerUnit.objects.filter(customer__in=chosen).update(level=STRATEGIC)


def _charges(scene: Scene) -> int:
    """Keepers become specialists, heads of regions contact leaders; some pairs stay open."""
    heads = _heads(scene)
    places = CustomerUnit.objects.filter(level=STRATEGIC, keeper__isnull=False).order_by("pk")
    first: dict[int, CustomerUnit] = {}
    for place in places:
        first.setdefault(place.customer_id, place)
    since = timezone.localdate() - dt.timedelta(days=ON_LIST_FOR)
    customers = Customer.objects.in_bulk(list(first))
    changed, charges = [], []
    for number, (key, place) in enumerate(first.items()):
        leader = heads.get(place.region_id or 0)
        if number % 9 == 8 or leader is None or leader == place.keeper_id:
            continue
        customer = customers[key]
        customer.specialist_id, customer.contact_leader_id = place.keeper_id, leader
        changed.append(customer)
        charges.append(
            Charge(
                customer=customer,
                unit_id=place.unit_id,
                specialist_since=since,
                leader_since=since,
                listed_on=since,
            )
        )
    Customer.objects.bulk_update(changed, ["specialist", "contact_leader"], batch_size=500)
    Charge.objects.bulk_create(charges)
    return len(charges)


def _files(head: User) -> int:
    """Plan, signal, summary, request and talk of the first customers of the shown branch."""
    region = head.unit.scope_columns()[0] if head.unit else None
    rows = Charge.objects.filter(unit__path__contains=f"/{region}/").order_by("pk")
    rows = rows.select_related("customer__specialist__unit", "customer__contact_leader")
    today, count = timezone.localdate(), 0
    for row, (kind, content) in zip(rows, SIGNALS, strict=False):
        customer = row.customer
        specialist: Any = customer.specialist
        place = CustomerUnit.objects.get(customer=customer, unit=row.unit_id)
        strategic.save_plan(
            customer, by=specialist, year=today.year, goals="续签战略协议，新增两个项目",
            steps="一季度高层拜访；每月例会；三季度满意度回访", answers=PLAN, submit=count < 2,
        )  # fmt: skip
        strategic.note_signal(
            customer, by=specialist, kind=kind, content=content,
            learnt_on=today - dt.timedelta(days=3), act_by=today + dt.timedelta(days=4),
        )  # fmt: skip
        strategic.save_summary(
            customer, by=specialist, month=today, progress="主体结构完成八成，二次结构穿插施工。",
            requests="希望提前确认样板间标准。", next_steps="下月初陪同联点领导拜访。",
        )  # fmt: skip
        strategic.ask_resource(
            customer, by=specialist, kind="staff", content="交付前增派两名质检员",
            department="工程部", to=head, needed_by=today + dt.timedelta(days=10),
        )  # fmt: skip
        strategic.plan_talk(
            place, by=specialist, kind="visit", leader=head,
            at=timezone.now() + dt.timedelta(days=6 + count),
            purpose="拜访客户高层：汇报在建项目，商谈明年合作", override="客户指定由区域对接",
        )  # fmt: skip
        count += 1
    return count


def _nominations(head: User) -> int:
    """The round of this year is open, and the shown branch has nominated some customers."""
    one = rounds.prepare_round(timezone.localdate().year, by=None)
    if one.state == RoundState.PREPARED:
        one = rounds.open_round(one, by=None)
    region_id = head.unit.scope_columns()[0] if head.unit else None
    region = OrgUnit.objects.filter(pk=region_id).first() if region_id else None
    if region is None or one.state != RoundState.NOMINATING:
        return 0
    places = CustomerUnit.objects.filter(
        region=region.pk, level="重点客户", customer__kind=CustomerKind.ORGANISATION
    ).exclude(keeper=None)
    count = 0
    place: Any
    for number, place in enumerate(places.select_related("customer", "keeper", "unit")[:20]):
        if count == NOMINATIONS:
            break
        try:
            rounds.nominate(
                one, by=head, unit=place.unit, customer=place.customer, specialist=place.keeper,
                contact_leader=head, reason=REASONS[count], cooperations=(4, 3, 1, 2)[count],
                flags=("follow_up", "sound", "willing")[: 3 - number % 2],
            )  # fmt: skip
        except Refused:  # a keeper who has meanwhile lost his reach
            continue
        count += 1
    return count


def _assessments(head: User) -> int:
    """Last year's: people of the shown branch and a few more; the last one is still a draft."""
    year = timezone.localdate().year - 1
    held = {(one.person, ROLES[one.role]) for one in held_in(year)}
    people = User.objects.active().exclude(unit=None).select_related("unit")
    found = people.in_bulk({person for person, _role in held})
    region = head.unit.scope_columns()[0] if head.unit else None
    near = f"/{region}/"

    def nearest(one: tuple[int, str]) -> tuple[bool, bool, int]:
        unit: Any = found[one[0]].unit
        return near not in unit.path, one[1] != AssessedRole.LEADER, one[0]

    chosen = sorted((one for one in held if one[0] in found), key=nearest)[:ASSESSED]
    words = [row["word"] for row in policy(assessments.CRITERIA)]
    # From the weakest to the best: whoever is excellent is so among all of them.
    for number, (person, role) in enumerate(reversed(chosen)):
        marks = {
            word: Decimal(70 + (number * 2 + place * 5) % 15 + number)
            for place, word in enumerate(words)
        }
        last = number == len(chosen) - 1
        assessments.assess(
            found[person], by=None, year=year, role=role, marks=marks,
            notes={words[0]: BEST_NOTE} if number >= len(chosen) - EXCELLENT else {},
            excellent=len(chosen) == ASSESSED and number >= ASSESSED - EXCELLENT and not last,
            remark=REMARKS[number % len(REMARKS)], confirm=not last,
        )  # fmt: skip
    return len(chosen)


# --- taking it out ------------------------------------------------------------------------------

OF_CUSTOMER: tuple[type[models.Model], ...] = (
    CustomerPlan,
    EarlySignal,
    MonthlySummary,
    Nomination,
    ResourceRequest,
    Talk,
)
TRACKED: tuple[type[models.Model], ...] = (
    *OF_CUSTOMER,
    Assessment,
    Assignment,
    Meeting,
    Round,
)
HISTORIES = tuple(
    name
    for model in TRACKED
    for name in (
        f"compliance.{model.__name__}:delete_delete",
        f"compliance.{model.__name__}Event:append_only",
    )
)


def remove_strategic(cursor: Any, gone: Gone) -> dict[str, int]:
    """What hangs on customers that go, meetings that only their people called, and rounds that
    nobody else took part in."""
    customers = Charge.objects.filter(customer__in=gone.customers)
    counts = {"strategic_customers": customers.count()}
    customers.delete()
    ContactFigure.objects.filter(unit__in=gone.units).delete()
    assessed = Assessment._base_manager.filter(Q(person__in=gone.people) | Q(unit__in=gone.units))
    counts["assessments"] = assessed.count()
    _remove(cursor, Assessment, assessed)
    tasks = Assignment.objects.filter(customer__in=gone.customers, key__startswith="early-signal:")
    _remove(cursor, Assignment, tasks)
    for model in OF_CUSTOMER:
        rows = model._base_manager.filter(customer__in=gone.customers)
        if model is Nomination:
            counts["nominations"] = rows.count()
        if model is CustomerPlan:
            counts["strategic_files"] = rows.count()
        _remove(cursor, model, rows)
    _remove(cursor, Meeting, Meeting.objects.filter(called_by__in=gone.people))
    _remove(cursor, Round, Round.objects.filter(nominations=None, meetings=None, issued_at=None))
    return counts


def _remove(cursor: Any, model: type[models.Model], rows: Any) -> None:
    keys = list(rows.order_by().values_list("pk", flat=True))
    model._base_manager.filter(pk__in=keys).delete()
    forget_history(cursor, model, keys)


register(
    Part(
        write_strategic,
        remove_strategic,
        {
            "strategic_customers": _("Strategic customers"),
            "nominations": _("Nominations"),
            "assessments": _("Yearly assessments"),
            "strategic_files": _("Files of strategic customers"),
        },
        HISTORIES,
    )
)
