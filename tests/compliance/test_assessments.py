"""The yearly assessment of specialists and contact leaders (KPI-01, KPI-03, ORG-17)."""

import datetime as dt
import threading
from decimal import Decimal

import pgtrigger
import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import close_old_connections
from django.urls import reverse

from compliance.assessment_panels import own_assessments
from compliance.models import Assessment, MonthlySummary
from compliance.models.rounds import RUN
from compliance.panels import OwnQuestion
from compliance.selectors.assessments import YearFacts, assessed_in, facts_of, held_in
from compliance.services.assessments import CRITERIA, SHARE, assess, reopen_assessment
from core.errors import Refused
from core.models import Notice
from customers.models import Customer
from regions.policies import find, policy
from regions.policies.types import rows
from tests.compliance.strategic import local, organisation, run_by
from tests.factories import make_activity, make_case, make_place, make_user, say

pytestmark = pytest.mark.django_db
WORDS = ("客户基础信息建立与维护", "日常服务", "投诉处理", "项目跟踪与中标")
NOW = local(2026, 11, 23)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def firm(world):
    """On the list under the northern clerk and head since New Year 2025."""
    return run_by(world, organisation(world), since=dt.date(2025, 1, 1))


def marked(person, mark=80, *, role="specialist", year=2025, by=None, **more):
    marks = {word: Decimal(mark) for word in WORDS}
    return assess(person, by=by, year=year, role=role, **({"marks": marks} | more))


def specialists(world, firm, count):
    """So many people who ran customers of their own last year."""
    found = []
    for number in range(count):
        person = make_user(unit=world.n1)
        customer = organisation(world, name=f"集团{number}", unit=world.n1, keeper=person)
        run_by(world, customer, since=dt.date(2025, 1, 1))
        Customer.objects.filter(pk=customer.pk).update(specialist=person)
        found.append(person)
    return found


# --- marks --------------------------------------------------------------------------------------


def test_marks_are_weighed_by_the_criteria(world, firm):
    marks = dict(zip(WORDS, map(Decimal, ("90", "80", "70")), strict=False))
    row = marked(world.north_clerk, marks=marks)
    assert (row.mark, row.sheet[3]["mark"]) == (None, "")
    with pytest.raises(Refused):
        marked(world.north_clerk, marks=marks, confirm=True)
    with pytest.raises(Refused):
        marked(world.north_clerk, marks=marks, excellent=True)
    with pytest.raises(Refused):
        marked(world.north_clerk, 101)
    more = marks | {WORDS[3]: Decimal("55.5")}
    row = marked(world.north_clerk, marks=more, notes={WORDS[1]: " 每周走访 "})

    # 0.3 × 90 + 0.25 × 80 + 0.2 × 70 + 0.25 × 55.5
    assert row.mark == Decimal("74.9")
    assert row.sheet[1] == {"word": "日常服务", "weight": "25", "mark": "80", "note": "每周走访"}
    assert Assessment.objects.get() == row


def test_criteria_are_shares_of_one_whole_and_stand_once(world):
    rule = find(CRITERIA)
    half = {"word": "服务", "weight": Decimal(50)}
    for table in ((half,), (half, half)):
        with pytest.raises(ValidationError):
            rule.type.check(rows(table))
    assert sum(row["weight"] for row in rule.default) == 100
    assert [row["word"] for row in policy(CRITERIA)] == list(WORDS)


def test_only_others_who_ran_a_customer_in_a_year_that_began_are_assessed(world, firm):
    for person, more in (
        (world.north_clerk, {"by": world.north_clerk}),
        (world.north_clerk, {"year": 2027}),
        (world.north_clerk, {"year": 2024}),
        (world.north_clerk, {"role": "leader"}),
        (world.south_clerk, {}),
    ):
        with pytest.raises(Refused):
            marked(person, **more)

    assert not Assessment.objects.exists()


def test_a_confirmed_assessment_stands_until_it_is_opened_again(world, firm):
    row = marked(world.north_clerk, confirm=True, by=world.reader)
    told = Notice.objects.filter(kind="compliance.assessed", user=world.north_clerk)
    assert told.count() == 1
    with pytest.raises(Refused):
        marked(world.north_clerk, 90)
    with pytest.raises(Refused):
        reopen_assessment(row, by=world.reader, reason=" ")
    with pytest.raises(Refused):
        reopen_assessment(row, by=world.north_clerk, reason="x")
    reopen_assessment(row, by=world.reader, reason="漏算一个客户")
    with pytest.raises(Refused):
        reopen_assessment(row, by=world.reader, reason="x")

    assert marked(world.north_clerk, 90).mark == Decimal("90.0")


# --- the share of excellent people ----------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_no_more_are_excellent_than_the_share_allows(world, firm):
    people = specialists(world, firm, 5)
    first, second = people[:2]
    for person in people[:4]:
        marked(person)
    with pytest.raises(Refused, match="Of 4 assessed for 2025 at most 0"):
        marked(first, excellent=True)
    marked(people[4])
    marked(first, excellent=True)
    with pytest.raises(Refused, match="Of 5 assessed for 2025 at most 1"):
        marked(second, excellent=True)
    # Nor does the share fail by a mark that is taken out of the sheet.
    with pytest.raises(Refused, match="Of 4 assessed for 2025 at most 0"):
        marked(second, marks={})
    assert list(Assessment.objects.filter(excellent=True)) == [Assessment.objects.get(person=first)]
    say(world.group, SHARE, 40)
    marked(second, excellent=True)

    assert Assessment.objects.filter(excellent=True).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_offices_at_once_do_not_pass_the_share(world, firm):
    people = specialists(world, firm, 5)
    for person in people:
        marked(person)
    ready, outcomes = threading.Barrier(2), []

    def at_once(person):
        close_old_connections()
        try:
            ready.wait(10)
            marked(person, excellent=True)
            outcomes.append("done")
        except Refused:
            outcomes.append("refused")
        finally:
            from django.db import connection

            connection.close()

    threads = [threading.Thread(target=at_once, args=(person,)) for person in people[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["done", "refused"]
    assert Assessment.objects.filter(excellent=True).count() == 1


# --- who sees what --------------------------------------------------------------------------------


def test_drafts_are_the_offices_and_the_other_branch_sees_none(world, firm):
    row = marked(world.north_clerk)

    def seen(user, right=None):
        return list(Assessment.objects.visible_to(user, right))

    everybody = (world.north_head, world.north_clerk, world.south_head, world.boss)
    assert [seen(user) for user in everybody] == [[], [], [], []]
    assert seen(world.reader, RUN) == [row]
    marked(world.north_clerk, confirm=True)

    assert [seen(user) for user in everybody] == [[row], [row], [], [row]]


def test_the_office_does_not_see_the_draft_of_itself(world, firm):
    Customer.objects.filter(pk=firm.pk).update(contact_leader=world.reader)
    row = marked(world.reader, role="leader")
    found = Assessment.objects

    assert list(found.visible_to(world.reader, RUN)) == []
    assert [list(part) for part in found.branches_of(world.reader, RUN)] == [[]]
    marked(world.reader, role="leader", confirm=True)
    assert list(found.visible_to(world.reader, RUN)) == [row]


def test_the_list_names_everybody_in_reach(world, firm):
    marked(world.north_clerk, confirm=True)

    def listed(user):
        return {
            role: [(one.person, one.customers, bool(one.assessment)) for one in found]
            for role, found in assessed_in(2025, user).items()
        }

    pair = {
        "specialist": [(world.north_clerk, 1, True)],
        "leader": [(world.north_head, 1, False)],
    }
    assert listed(world.reader) == listed(world.north_head) == pair
    assert listed(world.north_clerk) == pair | {"leader": []}
    assert listed(world.south_head) == {"specialist": [], "leader": []}
    # He moves away with his assessment left behind: no new head finds him "not assessed".
    type(world.north_clerk).objects.filter(pk=world.north_clerk.pk).update(unit=world.s1)
    assert listed(world.south_head) == {"specialist": [], "leader": []}


def test_the_own_page_shows_confirmed_ones_alone(client, world, firm):
    row = marked(world.north_clerk, remark="只待确认")
    asked = OwnQuestion(world.north_clerk, world.north_clerk, NOW.date(), NOW.date())
    client.force_login(world.north_clerk)
    page = reverse("compliance:me")

    assert own_assessments(asked) == []
    assert "只待确认" not in client.get(page).content.decode()
    marked(world.north_clerk, remark="表现稳定", confirm=True)
    assert own_assessments(asked) == [row]
    assert "表现稳定" in client.get(page).content.decode()


# --- facts ----------------------------------------------------------------------------------------


def test_facts_of_a_year_by_hand(world, firm):
    """The rule asks one contact a month of the specialist and two visits a year of the leader."""
    clerk, head = world.north_clerk, world.north_head
    place = firm.places.get()
    for month, day in ((1, 5), (1, 20), (3, 31), (12, 1)):  # two in January meet one month
        make_activity(
            customer=firm, unit=place.unit, kind="call", by=clerk, at=local(2025, month, day)
        )
    make_activity(customer=firm, unit=place.unit, kind="visit", by=head, at=local(2025, 5, 6))
    make_activity(
        customer=firm, unit=place.unit, kind="call", by=head, at=local(2025, 8, 6)
    )  # a leader calls on people
    for month in (1, 2, 12):
        MonthlySummary.objects.create(
            customer=firm, by=clerk, month=dt.date(2025, month, 1), progress="x", next_steps="x"
        )
    case = {"unit": world.n1a, "customer": firm, "assign": False}
    kept = make_case(**case, taken_in_at=local(2025, 6, 2))
    late = make_case(**case, taken_in_at=local(2025, 6, 3))
    make_case(**case, taken_in_at=local(2026, 6, 3))
    for one, met in ((kept, local(2025, 6, 3)), (late, local(2025, 12, 3))):
        one.deadlines.filter(kind="resolution").update(met_at=met, due_at=local(2025, 6, 10))

    assert facts_of(2025) == {
        (clerk.pk, "specialist"): YearFacts(1, 12, 3, 12, 3, 2, 1),
        (head.pk, "leader"): YearFacts(1, 2, 1, 0, 0, 2, 1),
    }
    # November 2026 has not ended: ten months are owed, and nothing of the year.
    open_year = facts_of(2026, [clerk.pk, head.pk])
    assert open_year[clerk.pk, "specialist"].owed == 10
    assert open_year[head.pk, "leader"].owed == 0


def test_whoever_handed_a_customer_on_is_assessed_for_his_part(world, firm):
    heir = make_user(unit=world.n1)
    make_place(customer=firm, unit=world.n1, keeper=heir)
    firm.specialist = heir
    firm.save()
    events = Customer.pgh_event_model.objects.filter(pgh_obj=firm).order_by("pgh_id")
    with pgtrigger.ignore("customers.CustomerEvent:append_only"):
        for event in events:
            day = local(2025, 7, 10) if event.specialist_id == heir.pk else local(2025, 2, 10)
            events.filter(pk=event.pk).update(pgh_created_at=day)
    type(firm.charge).objects.filter(customer=firm).update(specialist_since=dt.date(2025, 7, 10))

    found = {(one.person, one.role): (one.first, one.last) for one in held_in(2025)}
    facts = facts_of(2025)

    year_end = dt.date(2025, 12, 31)
    assert found == {
        (world.north_clerk.pk, "specialist"): (dt.date(2025, 2, 10), dt.date(2025, 7, 9)),
        (heir.pk, "specialist"): (dt.date(2025, 7, 10), year_end),
        (world.north_head.pk, "contact_leader"): (dt.date(2025, 1, 1), year_end),
    }
    # March to June, and August to December.
    assert facts[world.north_clerk.pk, "specialist"].owed == 4
    assert facts[heir.pk, "specialist"].owed == 5
    assert facts[heir.pk, "specialist"].summaries_due == 5


# --- pages ----------------------------------------------------------------------------------------


def test_the_office_assesses_from_the_page(client, world, firm):
    client.force_login(world.reader)
    page = reverse(
        "compliance:assessment", args=[2025, "specialist", world.north_clerk.employee_no]
    )
    sheet = {f"mark_{place}": "80" for place in range(4)} | {"note_0": "档案完整"}

    assert client.post(page, {"mark_0": "80", "submit": "1"}).status_code == 422
    assert client.post(page, sheet).status_code == 302
    assert Assessment.objects.get().confirmed_at is None
    refused = client.post(page, sheet | {"excellent": "on"})
    assert (refused.status_code, "档案完整" in refused.content.decode()) == (422, True)
    assert client.post(page, sheet | {"submit": "1"}).status_code == 302
    assert client.post(page, sheet).status_code == 404
    assert client.post(f"{page}reopen/", {"reason": ""}).status_code == 422
    assert client.post(f"{page}reopen/", {"reason": "漏算"}).status_code == 302
    assert client.post(page, sheet | {"submit": "1"}).status_code == 302
    listed = client.get(reverse("compliance:assessments", args=[2025])).content.decode()
    assert world.north_clerk.name in listed
    client.force_login(world.north_head)
    shown = client.get(page)
    assert (shown.status_code, "档案完整" in shown.content.decode()) == (200, True)
    assert client.post(page, sheet).status_code == 404


@pytest.mark.parametrize("of_one", [False, True])
def test_more_people_cost_no_more_queries(client, world, firm, django_assert_num_queries, of_one):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page = reverse("compliance:assessments", args=[2025])
    if of_one:
        number = world.north_clerk.employee_no
        page = reverse("compliance:assessment", args=[2025, "specialist", number])
    client.force_login(world.reader)
    marked(world.north_clerk, confirm=True)
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as first:
        client.get(page)
    for person in specialists(world, firm, 3):
        marked(person, confirm=True)
    with django_assert_num_queries(len(first)):
        assert client.get(page).status_code == 200


def test_years_without_an_end_are_not_there(client, world):
    client.force_login(world.reader)
    answers = [
        client.get(reverse("compliance:assessments", args=[year])).status_code
        for year in (1999, 2026, 2027)
    ]

    assert answers == [404, 200, 404]
    to_last = client.get(reverse("compliance:assessments-now"))
    assert to_last["Location"] == reverse("compliance:assessments", args=[2025])
