"""The people and records of the matrix by the names that its table uses."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from accounts.models import (
    DeviceKind,
    Function,
    HandOver,
    LoginKind,
    LoginRecord,
    Role,
    SignedInDevice,
    User,
    UserState,
)
from accounts.services import appoint_stand_in, draft_hand_over, give_section_role
from api.models import ApiToken
from approvals.models import Body, Flow, Task
from approvals.services import record_by_phone, remark
from approvals.services.requests import attach_to_request, submit_request, write_request
from audit.models import Entry
from complaints.exports import CASES
from complaints.models import Case, Category, Level
from complaints.services import register_case
from complaints.services.answers import save_template
from complaints.services.contract_works import add_part, plan_work, save_contractor
from complaints.services.costs import add_cost
from complaints.services.files import INTAKE, attach_file
from complaints.services.groups import form_group
from complaints.services.measures import give_measure
from complaints.services.notes import write_note
from complaints.services.outside import note_opinion, warn_early
from complaints.services.people import add_collaborator
from complaints.services.roster import add_shift
from compliance.models import (
    AccountChange,
    EarlySignal,
    Finding,
    ImplementationRule,
    Inspection,
    Nomination,
    PlannedPost,
    PostOverride,
    ResourceRequest,
    Talk,
)
from compliance.services import inspections, rules
from compliance.services.assignments import assign
from compliance.services.bulletins import publish as publish_bulletin
from compliance.services.calendars import save_appointment
from compliance.services.rounds import save_meeting
from core.drafts.services import attach_to_draft
from core.exports import folder
from core.models import Job, JobState, Notice, OutboxMessage, WebhookTarget
from core.notices import notify
from core.notices.secrets import give_secret
from customers.exports import CUSTOMERS
from customers.models import Customer, CustomerShare, CustomerUnit, DuplicatePair
from customers.services import hand_over_places, set_target
from customers.services.work import PLACES
from expenses.exports import PAPERS
from expenses.models import Application, BudgetChange
from expenses.models import Category as ExpenseCategory
from expenses.services import events, gifts, key_dates
from expenses.services.budgets import allot
from regions.models import ChangeKind, OrgUnit, PolicyValue, UnitVersion, WorkingCalendar
from regions.services import add_unit, draft_change, save_section
from regions.services.calendars import add_exception, create_calendar, use_calendar
from regions.services.policies import set_policy
from reports.analysis.exports import ANALYSIS
from reports.builder.exports import REPORT
from reports.builder.schedules import save_schedule
from reports.builder.services import save_report
from reports.models import Commentary
from reports.standard.exports import STANDARD
from satisfaction.link_files import FILE as LINKS
from satisfaction.models import (
    Indicator,
    Item,
    Recovery,
    Response,
    RunState,
    ScoringRun,
    SurveyReport,
    Wave,
)
from satisfaction.services import library
from satisfaction.services.drawing import draw
from satisfaction.services.plans import save_plan
from satisfaction.services.scoring_jobs import ask_for_scoring
from satisfaction.services.waves import open_wave
from tests import attached
from tests.access.branches import (
    NORTH,
    SOUTH,
    Branch,
    make_branch,
    make_crossing,
    make_group,
    make_outsiders,
)
from tests.access.papers import papers_of
from tests.factories import (
    make_duties,
    make_mail,
    make_place,
    make_response,
    make_sample,
    make_share,
    make_user,
    make_wave,
)
from tests.satisfaction import waves

ABSENT = "999999999"
HOUR = timedelta(hours=1)


@dataclass
class Scene:
    """Two branches, browsers of all the columns, and what the table's names stand for."""

    north: Branch
    south: Branch
    people: dict[str, list[User]]
    clients: dict[str, list[Client]]
    names: dict[str, str]

    def value(self, text: str) -> str:
        """What "@name" stands for; other texts stand for themselves."""
        return self.names[text[1:]] if text.startswith("@") else text


def make_scene() -> Scene:
    group, everywhere = make_group()
    north = make_branch(NORTH, group)
    crossing = make_crossing(north)
    south = make_branch(SOUTH, group, crossing)
    outsiders = make_outsiders(north)
    people = {
        "door": [outsiders["frozen"], outsiders["left"]],
        "none": [outsiders[name] for name in ("nobody", "expired", "future")],
        "staff": [north.people["clerk"]],
        "head": [north.people["head"]],
        "keeper": [north.people["keeper"]],
        "local": [north.people["local_admin"]],
        "s.staff": [south.people["clerk"]],
        "s.head": [south.people["head"]],
        "s.local": [south.people["local_admin"]],
        **{name: [user] for name, user in everywhere.items()},
    }
    clients = {name: [_client(user) for user in users] for name, users in people.items()}
    clients["door"].append(Client())
    for name, state in (("frozen", UserState.FROZEN), ("left", UserState.LEFT)):
        User.objects.filter(pk=outsiders[name].pk).update(state=state)
    names = _names(north, crossing) | {
        "unreachable": str(_nobodys_place(group, crossing).pk),
        "foreign_no": south.people["clerk"].employee_no,
    }
    return Scene(north, south, people, clients, names)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _nobodys_place(group: Any, crossing: Customer) -> CustomerUnit:
    """A place of the shared customer in the group itself, which no branch contains."""
    return make_place(customer=crossing, unit=group)


def _names(north: Branch, crossing: Customer) -> dict[str, str]:
    clerk, units = north.people["clerk"], north.units
    mine = north.customers["mine"]
    job = _export_of(clerk)
    case_export = _export_of(clerk, CASES.kind)
    named: dict[str, Any] = {
        "case_export": case_export.pk,
        "project_code": units["a"].code,
        "city_code": units["city"].code,
        "clerk_no": clerk.employee_no,
        "head_no": north.people["head"].employee_no,
        "share": _share(north).pk,
        "plan": _plan(north).pk,
        "ticks": _ticks(north).pk,
        "moved": _moved(north).pk,
        "keeper_no": north.people["keeper"].employee_no,
        "mine": mine.pk,
        "firm": north.customers["firm"].pk,
        "demand": north.customers["firm"].demands.get().pk,
        "sales_target": set_target(
            units["region"], by=None, year=2026, amount=Decimal(1), product="泵"
        ).pk,
        "contract": north.customers["firm"].contracts.get().pk,
        "instalment": north.customers["firm"].contracts.get().instalments.get().pk,
        "receipt": north.customers["firm"].contracts.get().receipts.get().pk,
        "opportunity": north.customers["firm"].opportunities.get().pk,
        "loss": north.customers["firm"].losses.get().pk,
        "crossing": crossing.pk,
        **_duplicates_of(mine, north.customers["others"]),
        "contact": north.contact.pk,
        "planned": north.planned.pk,
        "place": CustomerUnit.objects.get(customer=mine).pk,
        "run": north.run.pk,
        "job": job.pk,
        "region": units["region"].pk,
        "city": units["city"].pk,
        "project": units["a"].pk,
        "clerk": clerk.pk,
        "rule": _rule_of(units["a"]).pk,
        "parent": UnitVersion.objects.get(unit=units["a"]).pk,
        "login": LoginRecord.objects.filter(user=clerk, kind=LoginKind.LOGIN)[0].pk,
        "entry": Entry.objects.filter(by=clerk)[0].pk,
        "level": "city",
        "role": Role.objects.get(code="staff").pk,
        "function": Function.objects.all()[0].pk,
        "task": PeriodicTask.objects.all()[0].pk,
        "interval": IntervalSchedule.objects.all()[0].pk,
        "crontab": CrontabSchedule.objects.all()[0].pk,
        **_cases_of(units["a"], clerk),
        **_answers_of(units["a"], clerk),
        **papers_of(units["a"], clerk),
        "paper_export": _export_of(north.people["head"], PAPERS.kind).pk,
        **_waves_of(units["city"], units["a"], north.people["keeper"]),
        **_runs_of(units["city"]),
        "survey": f"{NORTH.word}-S",
        "report": SurveyReport.objects.get(unit=units["a"]).pk,
        "commentary": Commentary.objects.get(unit=units["a"]).pk,
        "low": _low_answer(units["a"]).pk,
        **_changes_of(units["a"], north.people["head"]),
        **_notices_of(clerk),
        **_working_time_of(units["a"]),
        **_log_ins_of(clerk),
        **_requests_of(clerk, north.people["head"], north.people["keeper"]),
        **_asked(),
        **_daily_of(north.units, north.people["head"], clerk),
        **_strategic_of(north),
        **_staffing_of(north),
        **make_duties(person=clerk, by=north.people["head"], word=f"{NORTH.sign}出差"),
        **_books_of(units["city"], units["a"], clerk),
        **_reports_of(north.people["head"]),
        "report_export": _export_of(clerk, REPORT.kind).pk,
        "standard_export": _export_of(clerk, STANDARD.kind).pk,
        "analysis_export": _export_of(clerk, ANALYSIS.kind).pk,
        "absent": ABSENT,
        "soon": (timezone.localdate() + timedelta(days=5)).isoformat(),
    }
    return {name: str(value) for name, value in named.items()}


def _duplicates_of(one: Customer, other: Customer) -> dict[str, Any]:
    """A pair that may be one, when both were changed last, and what went into one of them."""
    return {
        "others": other.pk,
        "pair": DuplicatePair.objects.get(first=one).pk,
        "seen": f"{one.updated_at.isoformat()} {other.updated_at.isoformat()}",
        "merge": one.merges.get().pk,
        "merged": one.merges.get().former_id,
    }


def _daily_of(units: dict[str, OrgUnit], head: User, clerk: User) -> dict[str, Any]:
    """A bulletin for the region, a task that the head gave the clerk, an appointment of the clerk,
    a rule of the region with a draft."""
    region, project = units["region"], units["a"]
    bulletin = publish_bulletin(title="matrix", body="matrix", by=head, units=[region])
    task = assign(to=clerk, by=head, title="matrix", due_at=timezone.now(), checklist=["matrix"])
    note = save_appointment(
        by=clerk, title="matrix", starts_at=timezone.now(), ends_at=timezone.now() + HOUR
    )
    cover = {"applies_to": "matrix", "department": "matrix", "interpreted_by": "matrix"}
    next_review = timezone.localdate() + timedelta(days=90)
    rule = rules.save_rule(
        by=None, unit=project, title="matrix", keeper=head, next_review_on=next_review, **cover
    )
    today = timezone.localdate()
    rules.draft_version(
        rule, by=head, number="1", body="matrix", note="matrix", effective_on=today, approver="x"
    )
    return {
        "bulletin": bulletin.pk,
        "assignment": task.pk,
        "appointment": note.pk,
        "rule_document": rule.pk,
        "region_code": region.code,
    }


def _runs_of(unit: OrgUnit) -> dict[str, Any]:
    """A wave of a branch that was scored and is to be scored again."""
    wave = make_wave("north-survey", unit=unit)
    run = ScoringRun.objects.create(wave=wave, method_version="2", state=RunState.DONE)
    ask_for_scoring(wave, by=None)
    return {"scored_wave": wave.code, "scoring_run": run.pk}


def _strategic_of(north: Branch) -> dict[str, Any]:
    """The strategic customer of the north with what hangs on him, and a meeting on him."""
    row = Nomination.objects.select_related("round", "specialist", "contact_leader").get(
        unit=north.units["a"]
    )
    meeting = save_meeting(by=None, held_at=timezone.now(), agenda=f"{NORTH.sign}评定")
    return {
        "strategic": row.customer_id,
        "nomination": row.pk,
        "round": row.round.year,
        "assessed": row.specialist.employee_no,
        "led": row.contact_leader.employee_no,
        "talk": Talk.objects.get(customer=row.customer_id).pk,
        "signal": EarlySignal.objects.get(customer=row.customer_id).pk,
        "resource": ResourceRequest.objects.get(customer=row.customer_id).pk,
        "meeting": meeting.pk,
    }


def _staffing_of(north: Branch) -> dict[str, Any]:
    """What the checks, plans and rounds know of the northern project, with a photograph."""
    here = {"unit": north.units["a"]}
    seen = Inspection.objects.get(**here)
    photo = inspections.attach(
        seen, BytesIO(attached.picture("olive")), "matrix.jpg", by=north.people["clerk"]
    )
    return {
        "finding": Finding.objects.get(rule="TESTS", **here).pk,
        "account_change": AccountChange.objects.get(**here).pk,
        "planned_post": PlannedPost.objects.get(**here).pk,
        "implementation_rule": ImplementationRule.objects.get(**here).pk,
        "inspection": seen.pk,
        "inspection_point": seen.points.get().pk,
        "inspection_photo": photo.pk,
        "override": PostOverride.objects.get(post__unit=north.units["a"]).pk,
    }


def _asked() -> dict[str, Any]:
    """A questionnaire of the group with a section and an item, and the tree of indicators."""
    version = library.create_from_library("after-case", by=None).versions.get()
    item = Item.objects.filter(version=version, role="remark", condition=None)[0]
    return {
        "asked": version.questionnaire_id,
        "asked_section": item.section_id,
        "item": item.pk,
        "indicator": Indicator.objects.filter(level=1)[0].pk,
    }


def _books_of(city: OrgUnit, project: OrgUnit, clerk: User) -> dict[str, Any]:
    """A budget of the city and a change of it, a gift, and of the clerk: a paper that was spent, a
    key date, an event with a photograph."""
    kind = ExpenseCategory.objects.get(code="festive")
    budget = allot(city, category=kind, year=2026, amount=Decimal(90), by=None)
    change = BudgetChange(kind="supplement", target=budget, amount=Decimal(5), reason="matrix")
    change.place_in(city)
    change.save()
    paper = Application(
        number="matrix", category=kind, applicant=clerk, title="matrix", amount=Decimal(5)
    )
    paper.place_in(project)
    paper.save()
    customer = CustomerUnit.objects.filter(unit=project)[0].customer
    facts = {"kind": "wedding", "month": 5, "day": 1, "owner": clerk}
    date_ = key_dates.save(by=None, unit=project, customer=customer, **facts)
    event = events.save(
        by=None,
        unit=project,
        kind="party",
        title="matrix",
        starts_at=timezone.now() - HOUR,
        organiser=clerk,
    )
    file = events.attach(event, BytesIO(attached.picture()), "matrix.jpg", by=clerk)
    return {
        "expense_category": kind.pk,
        "unplanned": ExpenseCategory.objects.get(code="survey").pk,
        "budget": budget.pk,
        "budget_change": change.pk,
        "spent": paper.pk,
        "gift": gifts.create(city, name="matrix", price=Decimal(5), by=None).pk,
        "key_date": date_.pk,
        "event": event.pk,
        "event_file": file.pk,
    }


def _reports_of(head: User) -> dict[str, Any]:
    """A report that the head keeps for himself, and when it is sent to him."""
    asked = {"subject": "cases", "groups": ["unit"], "measures": ["count"]}
    report = save_report(by=head, name="月报", definition=asked, audience="own")
    facts = {"rhythm": "daily", "day": 1, "at": time(8), "working_days": True, "form": "link"}
    schedule = save_schedule(by=head, report=report, facts=facts, people=[head])
    return {"saved": report.pk, "schedule": schedule.pk}


def _log_ins_of(user: User) -> dict[str, Any]:
    """A second signed-in device of somebody, and an authenticator app."""
    device = SignedInDevice.objects.create(
        user=user, key="f" * 40, kind=DeviceKind.MOBILE, expires_at=timezone.now() + HOUR
    )
    factor = Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt("A" * 32)}
    )
    return {"clerk_device": device.pk, "clerk_factor": factor.pk}


def _answers_of(unit: OrgUnit, clerk: User) -> dict[str, Any]:
    """An open wave of the region, an answer to it, and somebody whom a colleague is calling."""
    wave = make_wave("matrix", unit=unit.parent.parent, state="open")
    response = make_response(unit=unit, wave=wave)
    holder = make_user(unit=unit)
    sample = make_sample(unit=unit, wave=wave, held_by=holder, held_until=timezone.now() + HOUR)
    return {"wave_code": wave.code, "response": response.pk, "sample": sample.pk}


def _cases_of(unit: OrgUnit, clerk: User) -> dict[str, Any]:
    """A group complaint over two cases that nobody handles, one of the clerk, light items, a duty
    of his."""
    texts = {"content": "matrix", "name": "王丹", "channel": "visit", "assign": False}
    cases = [register_case(unit=unit, by=None, **texts) for _n in range(3)]
    group = form_group(cases[:2], by=None, content="matrix")
    Case.objects.filter(pk=group.pk).update(handler=None)
    mine = register_case(unit=unit, by=None, handler=clerk, **texts | {"assign": True})
    now = timezone.now()
    later = now + timedelta(days=3)
    colleague = make_user(unit=unit)
    file, letter = (
        attach_file(case, BytesIO(attached.picture()), "matrix.jpg", by=by)
        for case, by in ((mine, clerk), (group, None))
    )
    draft_file = attach_to_draft(
        user=clerk,
        form=INTAKE,
        name=INTAKE.name,
        key=uuid4(),
        file=BytesIO(attached.picture()),
        file_name="matrix.jpg",
    )
    shift = add_shift(unit, user=clerk, starts_at=later, ends_at=later + HOUR, by=None)
    return {
        "case": mine.pk,
        "case_file": file.pk,
        "group_file": letter.pk,
        "draft": draft_file.draft.key,
        "draft_file": draft_file.pk,
        "case_version": mine.version,
        "complainant": mine.complainants.get().pk,
        "group_case": group.pk,
        "case_number": cases[2].number,
        "opinion": note_opinion(
            unit=unit, by=None, first_seen_at=now, title="matrix", source="matrix"
        ).pk,
        **_mails_of(unit),
        "warning": warn_early(unit=unit, by=None, content="matrix").pk,
        "shift": shift.pk,
        "case_person": add_collaborator(mine, user=colleague, by=None).pk,
        "category": Category.objects.filter(parent=None)[0].pk,
        "case_level": Level.objects.all()[0].pk,
        "stand_in": appoint_stand_in(
            clerk, deputy=colleague, starts_at=later, ends_at=later + HOUR, by=None
        ).pk,
        **_work_of(mine, clerk),
    }


def _low_answer(unit: OrgUnit) -> Recovery:
    """A low answer of which a file opened no case."""
    version = waves.make_version(code="low")
    wave = Wave.objects.create(code="low", title="matrix", unit=unit, version=version)
    response = Response(wave=wave, asked_by="agency", overall=1)
    response.place_in(unit)
    response.save()
    row = Recovery(response=response, cause="overall", points=1, held_back=True)
    row.item = version.items.get()
    row.place_in(unit)
    row.save()
    return row


def _work_of(case: Case, clerk: User) -> dict[str, Any]:
    """What people wrote on a case: a note of the clerk, a work with a part, a cost, a measure of
    his; and what their unit keeps for it."""
    today, unit = timezone.localdate(), case.unit
    work = plan_work(
        case, by=None, title="matrix", crew="matrix", planned_from=today, planned_until=today
    )
    cost = add_cost(
        case, by=None, kind="labour", amount=Decimal(5), bearer="owner", reason="matrix"
    )
    measure = give_measure(unit=unit, by=None, text="matrix", owner=clerk, due_on=today)
    template = save_template(None, by=None, unit=unit, name="matrix", channel="sms", text="matrix")
    return {
        "note": write_note(case, text="matrix note", by=clerk).pk,
        "work": work.pk,
        "part": add_part(work, by=None, name="matrix", quantity=1, unit_price=1).pk,
        "cost": cost.pk,
        "measure": measure.pk,
        "contractor": save_contractor(None, by=None, unit=unit, name="matrix").pk,
        "template": template.pk,
    }


def _requests_of(clerk: User, head: User, keeper: User) -> dict[str, Any]:
    """A draft of the clerk with a file; a paper of his that the head is to decide, with a comment
    and its file; one that the head approved by telephone; a body with a member."""
    draft = write_request(form="free", title="matrix", values={"reason": "draft"}, by=clerk)
    file = attach_to_request(draft, BytesIO(b"%PDF-1.4 draft"), "a.pdf", by=clerk)
    approvals = []
    for title in ("matrix asked", "matrix called"):
        paper = write_request(form="free", title=title, values={"reason": "x"}, by=clerk)
        approvals.append(submit_request(paper, by=clerk, chosen={"first": [head]}))
    asked, called = approvals
    remark(asked, by=clerk, comment="matrix", files=[(BytesIO(b"%PDF-1.4 said"), "b.pdf")])
    task = Task.objects.get(step__approval=called)
    witness = make_user(unit=clerk.unit)
    signature = record_by_phone(
        task,
        recorded_by=keeper,
        witness=witness,
        called_at=timezone.now(),
        verb="approve",
        comment="matrix",
    )
    body = Body.objects.create(key="matrix", name="matrix", unit=OrgUnit.objects.get(kind="group"))
    return {
        "request": draft.pk,
        "request_file": file.pk,
        "in_approval": asked.pk,
        "comment_file": asked.files.get().pk,
        "signature": signature.pk,
        "body": body.pk,
        "body_member": body.members.create(user=clerk).pk,
        "flow": Flow.objects.get(key="general").pk,
        "fixed_flow": Flow.objects.get(key="rule").pk,
    }


def _mails_of(unit: OrgUnit) -> dict[str, int]:
    """A mail to the unit with a file, and one to the group."""
    mail = make_mail("matrix", unit=unit)
    return {
        "mail": mail.pk,
        "mail_file": mail.files.get().pk,
        "group_mail": make_mail("matrix group").pk,
    }


def _waves_of(city: OrgUnit, project: OrgUnit, keeper: User) -> dict[str, Any]:
    """A wave of the city that is open, one of the project that may be drawn, a line of the plan,
    and a file of links that the keeper asked for."""
    version = waves.make_version(code="matrix")
    wave = waves.make_wave(city, "matrix-1")
    waves.make_owner(project, name="王丹")
    waves.quota(wave, project, 1)
    draw(wave, by=None)
    open_wave(wave, by=None)
    planned = waves.make_wave(project, "matrix-2", excluded_days=0)
    waves.make_owner(project, name="王丹")
    waves.quota(planned, project, 1)
    facts = {"year": 2026, "month": 5, "title": "matrix", "responsible": keeper}
    questionnaire = version.questionnaire
    plan = save_plan(None, by=None, unit=city, questionnaire=questionnaire, **facts)
    file = _export_of(keeper, LINKS)
    file.payload |= {"wave": wave.pk, "act": "invite", "unit": None}
    file.save()
    return {
        "wave": wave.code,
        "planned_wave": planned.code,
        "survey_plan": plan.pk,
        "links_file": file.pk,
    }


def _changes_of(unit: OrgUnit, holder: User) -> dict[str, Any]:
    """A drafted change of a unit, a section to which it belongs, and a role held in that."""
    change = draft_change(
        by=None,
        kind=ChangeKind.RENAME,
        unit=unit,
        effective_on=timezone.localdate(),
        reason="matrix",
        payload={"name": f"{unit.name}新"},
    )
    section = save_section(None, by=None, code="B1", name="第一版块", number=1)
    member = add_unit(section, unit, by=None)
    role = Role.objects.get(code="staff")
    grant = give_section_role(holder, role=role, section=section, by=None)
    return {
        "change": change.pk,
        "section": section.code,
        "member": member.pk,
        "section_grant": grant.pk,
    }


def _rule_of(unit: OrgUnit) -> PolicyValue:
    """What a unit says about a rule."""
    return set_policy(
        key="complaints.call_backs",
        unit=unit,
        value=2,
        effective_from=timezone.localdate(),
        reason="matrix",
        by=None,
    )


def _working_time_of(unit: OrgUnit) -> dict[str, Any]:
    """The standard calendar with a second week, used by a unit, with an exception there."""
    standard = WorkingCalendar.objects.get(is_standard=True)
    day = date(2026, 3, 2)
    use = use_calendar(unit, calendar=standard, valid_from=day, by=None)
    exception = add_exception(unit=unit, first_day=day, last_day=day, reason="停电", by=None)
    desk = create_calendar(name="矩阵", hours={"monday": "09:00-18:00"}, by=None)
    return {
        "standard_calendar": standard.pk,
        "calendar": desk.pk,
        "calendar_week": desk.weeks.get().pk,
        "calendar_use": use.pk,
        "calendar_exception": exception.pk,
        "public_day": "2026-10-01",
    }


def _notices_of(user: User) -> dict[str, Any]:
    """A notice of somebody, its mail, and a webhook."""
    notify([user], "core.export_ready", key=f"matrix:{user.pk}", rows=1, outcome="done")
    mail = OutboxMessage(channel="mail", dedupe_key=f"matrix:{user.pk}", to="a@b.cn", user=user)
    mail.save()
    target = WebhookTarget(name=f"matrix {user.pk}", url="https://example.cn/", kinds=[])
    give_secret(target)
    target.save()
    return {
        "notice": Notice.objects.get(user=user, key=f"matrix:{user.pk}").pk,
        "message": mail.pk,
        "target": target.pk,
        "token": ApiToken.objects.create(
            user=user,
            name="matrix",
            prefix="crm_matrix",
            digest=uuid4().bytes,
            scopes=[],
            expires_at=timezone.now() + timedelta(days=1),
        ).pk,
    }


def _share(north: Branch) -> CustomerShare:
    """The crossing customer, shared with the north's keeper by its head."""
    return make_share(
        customer=Customer.objects.get(pk=north.customers["firm"].pk),
        to=north.people["desk"],
        by=north.people["head"],
    )


def _plan(north: Branch) -> HandOver:
    """The head's plan for all work of the clerk, not carried out."""
    return draft_hand_over(
        by=north.people["head"], giver=north.people["clerk"], to=[north.people["keeper"]]
    )


def _ticks(north: Branch) -> HandOver:
    """What the head ticked in the list."""
    place = CustomerUnit.objects.get(customer=north.customers["mine"])
    return HandOver.objects.create(
        by=north.people["head"],
        plan={"to": [], "units": {}, "pick": {PLACES: [place.pk]}},
    )


def _moved(north: Branch) -> HandOver:
    """A firm that the head gave to the keeper."""
    place = CustomerUnit.objects.get(customer=north.customers["firm"])
    return hand_over_places([place.pk], to=[north.people["keeper"]], by=north.people["head"])


def _export_of(user: User, kind: str = CUSTOMERS.kind) -> Job:
    """A finished export whose file exists."""
    name = f"matrix-{kind}-{user.pk}.xlsx"
    (folder() / name).write_bytes(b"PK")
    return Job.objects.create(
        kind=kind,
        key=f"{kind}:{user.pk}",
        actor=user,
        state=JobState.DONE,
        payload={"filter": "", "file": name},
        finished_at=timezone.now(),
    )
