"""The demonstration after people have tried everything in it: nothing of it may stay behind."""

import datetime as dt
import json
from io import BytesIO, StringIO

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.utils import ProgrammingError
from django.test import Client
from django.utils import timezone

from accounts.factors import reset_factors
from accounts.models import GrantDecision, HandOver, Role, RoleGrant, User
from accounts.selectors.reviews import reviewable
from accounts.services.hand_over import carry_out, draft_hand_over
from accounts.services.reviews import Decision, review_grants
from accounts.services.sections import give_section_role
from audit.models import Entry
from core.imports.kinds import kind_named
from core.imports.runs import create_run, folder
from core.jobs import enqueue
from core.models import ImportRun, Notice, OutboxMessage
from core.notices import notify
from customers.demo import activities, archive, organisation
from customers.demo.removal import remove_demo
from customers.models import Customer
from customers.services import change_customer, create_customer, reveal
from customers.services.shares import share_customer
from regions.models import (
    CalendarUse,
    Kind,
    OrgChange,
    OrgUnit,
    PolicyValue,
    Section,
    WorkingCalendar,
)
from regions.services.calendars import add_exception, create_calendar, use_calendar
from regions.services.changes import (
    apply_change,
    approve_change,
    draft_change,
    propose_change,
    undo_change,
)
from regions.services.policies import reset_policy, set_policy
from regions.services.rehearsal import rehearse
from regions.services.sections import add_unit, save_company, save_section
from regions.services.units import create_unit

pytestmark = pytest.mark.django_db(transaction=True)

# What may be more afterwards: the audit with the people it names, facts of the system, and the
# ledger of the work that changes of rules and units left to a worker.
STAYS = {"audit.Entry", "accounts.User", "regions.PublicDay", "regions.PolicyStamp", "core.Job"}
# The row that runs of the checks wait for is one, and says nothing of anybody.
STAYS |= {"compliance.CheckRun"}
# Marks are taken up by the next refresh of the figures, and then nothing is there to be counted.
DERIVED = {"regions.CalendarLine", "regions.CalendarDay", "regions.CalendarSpan", "reports.Mark"}


@pytest.fixture
def _small(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(archive, "OWNERS", 300)
    monkeypatch.setattr(archive, "ORGANISATIONS", 20)
    monkeypatch.setattr(organisation, "STAFF", 320)
    for name, number in (("DONE", 300), ("PLANNED", 40), ("OVERDUE", 10), ("CANCELLED", 5)):
        monkeypatch.setattr(activities, name, number)
    settings.CRM_HOME = tmp_path
    settings.PRIVATE_FILES = tmp_path / "private"


def counts() -> dict[str, int]:
    """Rows of every table there is."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            found[model._meta.label] = model._base_manager.count()
    return found


def remove() -> None:
    call_command("demo", "--remove", stdout=StringIO())


class Players:
    """The administrator of the print-out, his colleague, a head, and an officer with customers."""

    def __init__(self, accounts: list) -> None:
        self.passwords = {account["employee_no"]: account["password"] for account in accounts}
        people = User.objects.filter(is_demo=True, unit__kind=Kind.GROUP)
        admins = people.filter(grants__role__code="system-administrator").order_by("pk")
        self.admin, self.colleague = admins
        printed = User.objects.filter(employee_no__in=self.passwords)
        self.officer = printed.get(grants__role__code="staff")
        self.project = OrgUnit.objects.get(pk=self.officer.unit_id)
        self.customer = Customer.objects.filter(places__keeper=self.officer).order_by("pk")[0]
        self.today = timezone.localdate()


@pytest.fixture
def played(_small):
    """(rows of each table before the demonstration, who played)"""
    before = counts()
    out = StringIO()
    call_command("demo", "--json", stdout=out)
    return before, Players(json.loads(out.getvalue())["accounts"])


def play_customers(p: Players) -> None:
    customer, _new = create_customer(
        unit=p.project, by=p.officer, keeper=p.officer, kind="person", name="试一试"
    )
    change_customer(customer, by=p.officer, name="再试试")
    change_customer(p.customer, by=p.officer, remark="改过的备注")
    field = next(name for name in ("phone", "identity") if p.customer.clear(name))
    reveal(p.customer, field=field, by=p.officer, reason="回访")
    share_customer(
        p.customer, to=p.colleague, by=None, reason="一起看", until=p.today + dt.timedelta(days=3)
    )
    head = "姓名,手机号码,项目\n".encode()
    run = create_run_of(head, by=p.officer)
    Customer.objects.filter(pk=customer.pk).update(import_run=run)


def create_run_of(content: bytes, *, by: User) -> ImportRun:
    return create_run(kind_named("owners"), BytesIO(content), "试.csv", by=by, look=False)


def play_rules_and_hours(p: Players) -> None:
    group = OrgUnit.objects.get(kind=Kind.GROUP)
    day = {"effective_from": p.today, "reason": "试用", "by": p.admin}
    set_policy(key="accounts.idle_minutes", unit=group, value=60, **day)
    set_policy(key="customers.share_days", unit=p.project, value=9, **day)
    reset_policy(key="customers.share_days", unit=p.project, **day)
    calendar = create_calendar(name="试用作息", hours={"monday": "09:00-12:00"}, by=p.admin)
    use_calendar(p.project, calendar=calendar, valid_from=p.today, by=p.admin)
    standard = WorkingCalendar.objects.get(is_standard=True)
    days = {"first_day": p.today, "last_day": p.today, "reason": "试用", "by": p.admin}
    add_exception(unit=p.project, **days)
    add_exception(calendar=standard, **days)


def play_organisation(p: Players) -> None:
    city = OrgUnit.objects.get(code="D102")
    names = {"department_name": "客户关系部"}
    for number in (1, 2):
        change = draft_change(
            by=None,
            kind="create",
            effective_on=p.today,
            reason="试用",
            target=city,
            payload={"name": f"青屿试用苑{number}", "code": f"D1029{number}", **names},
        )
        OrgChange.objects.filter(pk=change.pk).update(author=p.colleague)
        propose_change(change, by=p.colleague)
        approve_change(change, by=p.admin)
        applied = apply_change(change, by=None)
    undo_change(applied, by=p.admin, reason="试完了")
    project = OrgUnit.objects.filter(parent=city, code__lt="D10290").order_by("pk")[0]
    renamed = draft_change(
        by=p.colleague,
        kind="rename",
        effective_on=p.today,
        reason="试用",
        unit=project,
        payload={"code": "D10299"},
    )
    propose_change(renamed, by=p.colleague)
    approve_change(renamed, by=p.admin)
    apply_change(renamed, by=p.admin)
    create_unit(by=p.admin, kind=Kind.PROJECT, code="D10288", name="青屿直建苑", parent=city)


def play_sections_and_reviews(p: Players) -> None:
    company = save_company(by=p.admin, code="TRY", name="试用公司")
    section = save_section(None, by=p.admin, code="TRY", name="试用版块", companies=[company])
    add_unit(section, OrgUnit.objects.get(code="D5"), by=p.admin)
    role = Role.objects.get(code="section-administrator")
    give_section_role(p.officer, role=role, section=section, by=None)
    grants = reviewable(p.admin).order_by("pk")[:2]
    keep, end = GrantDecision.KEEP, GrantDecision.END
    decisions = [Decision(grants[0].pk, keep), Decision(grants[1].pk, end, "不再需要")]
    review_grants(decisions, by=p.admin)


def play_hand_over(p: Players) -> None:
    to = User.objects.filter(unit=p.project, is_demo=True).exclude(pk=p.officer.pk).order_by("pk")
    receiver = to[0] if to else p.colleague
    draft = draft_hand_over(by=None, giver=p.officer, to=[receiver], reason="试用")
    HandOver.objects.filter(pk=draft.pk).update(by=p.admin)
    if receiver != p.colleague:
        carry_out(draft, by=None)


def play_account(p: Players) -> None:
    client = Client()
    number = p.officer.employee_no
    answer = client.post("/login/", {"login": number, "password": p.passwords[number]})
    assert answer.status_code == 302
    TOTP.activate(p.officer, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    TOTP.activate(p.colleague, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    reset_factors(p.colleague, by=p.admin, reason="换手机")
    notify([p.officer], "accounts.work_received", key="played", count=1, giver="", until="")
    enqueue("customers.export", key="played", by=p.officer, payload={"file": "x.xlsx", "query": ""})


def test_nothing_is_left_after_everything_was_tried(played):
    before, p = played
    play_rules_and_hours(p)
    play_organisation(p)
    play_sections_and_reviews(p)
    play_customers(p)
    play_hand_over(p)
    play_account(p)
    assert PolicyValue.objects.filter(author=p.admin).count() == 3
    assert OutboxMessage.objects.exists()
    assert apps.get_model("customers.CustomerEvent").objects.exists()
    assert any(folder().iterdir())
    keys = {
        OrgUnit: set(OrgUnit.objects.values_list("pk", flat=True)),
        User: set(User.objects.values_list("pk", flat=True)),
        Customer: set(Customer.objects.values_list("pk", flat=True)),
    }

    remove()

    after = counts()
    more = {label for label in after if after[label] != before[label]}
    assert more <= STAYS | DERIVED, {label: (before[label], after[label]) for label in more}
    assert not any(folder().iterdir())
    for model, gone in keys.items():
        assert left_of(model, gone) == {}
    stay = set(Entry.objects.filter(by__isnull=False).values_list("by", flat=True))
    assert set(User.objects.values_list("pk", flat=True)) == stay
    assert set(User.objects.values_list("state", "unit")) == {("left", None)}


def left_of(model, keys: set[int]) -> dict[str, int]:
    """Rows of any table that still point at these, but for the audit."""
    found = {}
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        table = relation.related_model
        if table is Entry or not table._meta.concrete_model._meta.managed:
            continue
        rows = table._base_manager.filter(**{f"{relation.field.name}__in": keys})
        if count := rows.count():
            found[f"{table._meta.label}.{relation.field.name}"] = count
    return found


def test_the_application_itself_cannot_remove_versions_of_rules(played):
    with pytest.raises(ProgrammingError, match="regions_policyvalue"):
        remove_demo()
    assert Customer.objects.exists()


def test_the_new_rooms_are_furnished(played):
    _before, p = played

    assert Section.objects.count() == 2
    assert all(section.companies.exists() for section in Section.objects.all())
    assert RoleGrant.objects.filter(section_grant__isnull=False).exists()
    rewards = PolicyValue.objects.filter(key__startswith="compliance.reward")
    others = PolicyValue.objects.exclude(pk__in=rewards)
    assert set(others.values_list("unit__code", flat=True)) == {"D2"}
    assert rewards.exists()
    assert CalendarUse.objects.get().calendar.is_standard is False
    states = OrgChange.objects.values_list("state", flat=True)
    assert sorted(states) == ["approved", "draft", "ready"]
    assert HandOver.objects.get(state="done").items.count() > 0
    assert not OutboxMessage.objects.exists()
    for number in p.passwords:
        assert Notice.objects.filter(user__employee_no=number).exists()
    assert Notice.objects.filter(read_at__isnull=False).exists()


def test_pending_changes_can_be_carried_out(played):
    for change in OrgChange.objects.all():
        assert rehearse(change).problems == []
    change = OrgChange.objects.get(state="approved")
    apply_change(change, by=None, today=change.effective_on)
    assert OrgUnit.objects.get(code="D604").parent.code == "D4"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    remove()
    assert not OrgUnit.objects.exists()
