"""Work on the cases of the demonstration: contractors, works, costs, notes, answers, measures.

All Chinese text here is data.
"""

import datetime as dt
from decimal import Decimal
from random import Random

from django.utils import timezone

from complaints.demo.shown import cases_to_show
from complaints.models import (
    AnswerTemplate,
    Bearer,
    Case,
    CaseEntry,
    Contractor,
    CostKind,
    CostLine,
    Measure,
    MeasureState,
    SparePart,
    WorkOrder,
)
from complaints.states import State
from complaints.work_states import WorkState
from customers.demo.parts import Scene
from regions.models import Kind, OrgUnit

DAY = dt.timedelta(days=1)
FIRMS = (("安泰防水工程有限公司", "防水"), ("恒固门窗维修部", "门窗"), ("精工装饰班组", "装饰"))
# category, title, trade, part, unit price, labour
JOBS = {
    "渗漏": ("外墙缝重新打胶并淋水试验", "防水", "耐候密封胶", "28.50", "680.00"),
    "空鼓": ("拆换空鼓地砖", "装饰", "800×800 地砖", "46.00", "520.00"),
    "墙面开裂": ("挂网修补并重新涂刷", "装饰", "耐碱网格布", "6.80", "430.00"),
    "门窗": ("更换滑轮并调试", "门窗", "推拉门滑轮", "35.00", "160.00"),
    "反复维修": ("更换锁体", "门窗", "智能锁锁体", "420.00", "120.00"),
}
STATE_OF = {
    State.WAITING_CONTRACTOR: (WorkState.UNDER_WAY, WorkState.PLANNED),
    State.IN_PROGRESS: (WorkState.UNDER_WAY, WorkState.DONE, WorkState.REFUSED),
    State.CLOSED: (WorkState.ACCEPTED,),
}
MOST = {State.WAITING_CONTRACTOR: 20, State.IN_PROGRESS: 16, State.CLOSED: 60}
NOTES = (
    "业主情绪较激动，沟通时请先致歉。",
    "已与物业核对，上次维修为同一位置。",
    "业主周末在家，平日晚八点后接听。",
)
TEMPLATES = (
    ("受理告知", "sms",
     "{owner}您好，您反映的事项已受理，工单号{number}，由{handler}负责，"
     "我们将在{due}前与您联系。【{project}】"),
    ("首次联系话术", "phone",
     "您好，请问是{owner}吗？我是{project}的{handler}，您反映的{category}问题由我负责。"
     "先向您致歉……"),
    ("办结告知", "sms",
     "{owner}您好，工单{number}已处理完毕：{result}。如有疑问请致电项目客服。【{project}】"),
    ("书面答复", "letter",
     "{owner}：\n您于近期反映的{category}问题（工单号{number}）已收悉。经核实……\n"
     "{project}\n{today}"),
    ("邮件答复", "mail",
     "{owner}您好：\n您的工单{number}处理情况如下：\n\n{project} {handler}"),
)  # fmt: skip
MEASURES = (
    ("渗漏", "method", "外窗塞缝改为样板先行，淋水试验合格后方可大面积施工。",
     "已完成样板并交底三个标段。"),
    ("空鼓", "material", "地砖进场增加吸水率抽检，不合格批次退场。",
     "本季度抽检十二批，退场一批。"),
    ("维修不及时", "procedure", "报修两小时内由项目负责人派工，纳入周例会通报。",
     "已执行六周，平均派工一小时。"),
    ("停车", "behaviour", "夜间巡查加密为每两小时一次并拍照留痕。", "巡查记录已上墙。"),
    ("承诺不符", "promotion", "销售口径由客户关系部会签，样板间逐项标注交付标准。",
     "新口径已培训全部置业顾问。"),
)  # fmt: skip


def write_works(scene: Scene) -> None:
    """Write what people do on the cases that the year has written."""
    draw = Random(scene.seed + 5)  # noqa: S311  invented data, no secret
    cases = cases_to_show(scene)
    firms = _contractors(cases)
    works = _works(cases, firms, draw, scene.now)
    _parts_and_costs(works, draw)
    _words(cases, draw)
    group = OrgUnit.objects.get(kind=Kind.GROUP)
    AnswerTemplate.objects.bulk_create(
        AnswerTemplate(unit=group, name=name, channel=channel, text=text)
        for name, channel, text in TEMPLATES
    )
    _measures(cases, draw, scene.now)


def _contractors(cases: list[Case]) -> dict[tuple[int, str], Contractor]:
    """Three firms for each city that has cases: (city, trade) → contractor."""
    cities = OrgUnit.objects.filter(pk__in={case.city_id for case in cases}).order_by("path")
    rows = []
    for city in cities:
        for place, (name, trade) in enumerate(FIRMS):
            firm = Contractor(
                name=f"{city.name[:2]}{name}", trade=trade, phone=f"400-810-{6100 + place}"
            )
            firm.place_in(city)
            rows.append(firm)
    Contractor.objects.bulk_create(rows)
    return {(firm.unit_id, firm.trade): firm for firm in rows}


def _works(
    cases: list[Case], firms: dict[tuple[int, str], Contractor], draw: Random, now: dt.datetime
) -> list[WorkOrder]:
    works, left = [], dict(MOST)
    for case in cases:
        state = State(case.state)
        if not left.get(state) or case.category is None or case.category.name not in JOBS:
            continue
        left[state] -= 1
        title, trade, *_rest = JOBS[case.category.name]
        firm = firms.get((case.city_id or 0, trade))
        work = _work(case, draw.choice(STATE_OF[state]), draw, now)
        work.title, work.trade, work.contractor = title, trade, firm
        work.crew = "" if firm else "项目维修班组"
        works.append(work)
    return WorkOrder.objects.bulk_create(works)


def _work(case: Case, state: WorkState, draw: Random, now: dt.datetime) -> WorkOrder:
    """A work in a state, its days as they must have been; some of what goes on is late."""
    begun = min(case.assigned_at or case.taken_in_at, now)
    started = min(begun + dt.timedelta(hours=draw.randrange(2, 20)), now)
    first = timezone.localdate(begun)
    work = WorkOrder(
        case=case,
        state=state,
        planned_from=first,
        planned_until=first + draw.randrange(1, 5) * DAY,
        labour_cost=Decimal(JOBS[case.category.name][4]) if case.category else None,
        entered_by_id=case.handler_id,
        created_at=begun,
        updated_at=begun,
    )
    work.place_in(case.unit)
    if state != WorkState.PLANNED:
        work.started_at = started
    if state in (WorkState.DONE, WorkState.ACCEPTED, WorkState.REFUSED):
        work.finished_at = min(case.resolved_at or now, now)
    if state == WorkState.ACCEPTED:
        work.accepted_at, work.accepted_by_id = work.finished_at, case.handler_id
    if state == WorkState.REFUSED:
        work.reason, work.refused_times = "色差明显，需重新施工。", 1
    return work


def _parts_and_costs(works: list[WorkOrder], draw: Random) -> None:
    parts, costs = [], []
    for work in works:
        job = next(job for job in JOBS.values() if job[0] == work.title)
        part = SparePart(
            work=work,
            name=job[2],
            quantity=Decimal(draw.randrange(1, 8)),
            unit_price=Decimal(job[3]),
            under_warranty=draw.random() < 0.25,
        )
        parts.append(part)
        if work.state == WorkState.ACCEPTED:
            bearer = draw.choices(list(Bearer), (5, 8, 3, 1, 1))[0]
            why = "保修期内" if bearer == Bearer.CONTRACTOR else "已核定"
            costs.append(
                CostLine(
                    case=work.case,
                    work=work,
                    kind=CostKind.LABOUR if part.under_warranty else CostKind.MATERIAL,
                    amount=part.cost + (work.labour_cost or 0),
                    bearer=bearer,
                    reason=f"{work.title}，{why}",
                    entered_by_id=work.entered_by_id,
                    created_at=work.accepted_at or work.created_at,
                )
            )
    SparePart.objects.bulk_create(parts)
    CostLine.objects.bulk_create(costs)


def _words(cases: list[Case], draw: Random) -> None:
    """Notes and answers on some of the cases that are worked on."""
    entries = []
    for case in cases:
        if case.state not in (State.IN_PROGRESS, State.WAITING_CONTRACTOR, State.WAITING_OWNER):
            continue
        at = case.first_contact_at
        if at is None or draw.random() < 0.4:
            continue
        entries.append(
            CaseEntry(
                case=case, kind="note", at=at, by_id=case.handler_id, text=draw.choice(NOTES),
                from_state=case.state,
            )
        )  # fmt: skip
        entries.append(
            CaseEntry(
                case=case, kind="answer", at=at, by_id=case.handler_id, internal=False,
                text=f"{case.complainant_name}您好，您反映的事项已受理，工单号{case.number}，我们将尽快上门查看。",
                facts={"way": "sms", "template": "受理告知", "mailed": False},
                from_state=case.state,
            )
        )  # fmt: skip
    CaseEntry.objects.bulk_create(entries)


def _measures(cases: list[Case], draw: Random, now: dt.datetime) -> None:
    """Some in every state for the units with most cases; one of the open ones is overdue."""
    today = timezone.localdate(now)
    by_category: dict[str, list[Case]] = {}
    for case in cases:
        if case.category is not None and case.handler_id is not None:
            by_category.setdefault(case.category.name, []).append(case)
    for place, (category, cause, text, result) in enumerate(MEASURES * 2):
        found = by_category.get(category, [])[place::7][:3]
        if not found:
            continue
        first = found[0]
        state = (MeasureState.OPEN, MeasureState.DONE, MeasureState.CHECKED, MeasureState.OPEN)[
            place % 4
        ]
        given = now - dt.timedelta(days=draw.randrange(20, 60))
        measure = Measure(
            text=text, cause=cause, category=first.category, owner_id=first.handler_id or 0,
            due_on=today + (draw.randrange(-9, 25) if state == MeasureState.OPEN else -5) * DAY,
            state=state, entered_by_id=None, created_at=given,
        )  # fmt: skip
        if state != MeasureState.OPEN:
            measure.result, measure.done_by_id = result, first.handler_id
            measure.done_at = given + dt.timedelta(days=12)
        if state == MeasureState.CHECKED:
            measure.effective, measure.checked_at = True, given + dt.timedelta(days=18)
        measure.place_in(first.unit)
        measure.save()
        measure.cases.add(*[case for case in found if case.unit_id == first.unit_id])
