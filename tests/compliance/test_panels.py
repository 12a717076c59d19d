"""What readers of the pages of units and people see, and what they may take away."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import Entry
from compliance.duty_panels import log_in_context, log_in_sheet
from compliance.models import LogInDay, Sanction
from compliance.panels import Question
from compliance.services.assignments import assign
from customers.models import CustomerUnit
from customers.selectors.rhythm import FREQUENCY
from regions.policies.types import rows
from tests.factories import (
    give,
    make_activity,
    make_customer,
    make_duties,
    make_finding,
    make_user,
    say,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
LONG_AGO = timezone.now() - timedelta(days=900)


@pytest.fixture(autouse=True)
def monthly(world):
    """Whoever keeps a key customer meets him each month."""
    row = {"whom": "key", "who": "keeper", "times": 1, "span": "month"}
    say(world.group, FREQUENCY, rows((row,)))


def overdue(unit, name, keeper):
    """A key customer whom his keeper has not met for years."""
    customer = make_customer(
        unit=unit, by=None, keeper=keeper, name=name, kind="organisation", level="重点客户"
    )
    CustomerUnit.objects.filter(customer=customer).update(last_contact_at=LONG_AGO)
    return customer


def workbook(client, code):
    answer = client.get(reverse("compliance:unit-workbook", args=[code]))
    return load_workbook(BytesIO(b"".join(answer.streaming_content)))


def words_of(book):
    return {cell for sheet in book for line in sheet.iter_rows(values_only=True) for cell in line}


def sections(answer):
    return {key: values for key, _template, values in answer.context["sections"]}


def planned(unit, person, name, back):
    """A visit that was to take place some days ago."""
    customer = make_customer(unit=unit, by=None, keeper=person, name=name)
    when = timezone.now() - timedelta(days=back)
    return make_activity(customer=customer, by=person, at=when, kind="visit", state="planned")


# --- the figure of overdue contacts ---------------------------------------------------------------


def test_the_list_of_overdue_contacts_is_what_its_figure_counts(client, world):
    """What was planned or agreed is past due too, and is no contact that the class asks for."""
    planned(world.n1a, world.north_clerk, "北方访", 9)
    agreed = make_customer(unit=world.n1a, by=None, keeper=world.north_clerk, name="北方约")
    yesterday = timezone.localdate() - timedelta(days=1)
    CustomerUnit.objects.filter(customer=agreed).update(next_contact_on=yesterday)
    client.force_login(world.north_head)
    address = reverse("compliance:unit", args=["N"])

    for known in (0, 1):
        answer = client.get(address, headers={"accept-language": "en"})

        (tile,) = [one for one, _trend in answer.context["tiles"] if one.url == "#contacts"]
        found = sections(answer)["contacts"]
        assert tile.value == str(known)
        counted = {str(row["title"]): row["value"] for row in found["rules"]}
        assert counted == {
            "Contact overdue for the class": str(known),
            "Contact with strategic customers late": "0",
        }
        assert {str(row["title"]): row["value"] for row in found["others"]} == {
            "Promised contact is due": "1",
            "Planned activities past due": "1",
        }
        head, rest = answer.content.decode().split("Other follow-up past due")
        assert "Planned activities past due" in rest
        assert "Planned activities past due" not in head
        overdue(world.n1a, "北方甲", world.north_clerk)


def test_the_lists_beside_the_figure_of_a_past_month_say_that_they_are_of_today(client, world):
    client.force_login(world.north_head)
    address = reverse("compliance:unit", args=["N"])
    said = "These lists are those of today"
    months = ("", f"?month={timezone.localdate().replace(day=1) - timedelta(days=1):%Y-%m}")

    pages = [client.get(address + month, headers={"accept-language": "en"}) for month in months]

    assert [said in page.content.decode() for page in pages] == [False, True]


# --- the workbook of a month ----------------------------------------------------------------------


def test_names_of_customers_are_for_those_who_may_take_them_away(client, world):
    overdue(world.n1a, "北方甲", world.north_clerk)
    client.force_login(world.north_head)
    book = workbook(client, "N")
    assert "北方甲" in words_of(book)
    sheets = len(book.sheetnames)
    taken = Entry.objects.get(action="compliance.month_taken")
    assert taken.detail["count"] == sum(sheet.max_row - 1 for sheet in book.worksheets[1:]) >= 1
    assert f"，{taken.detail['count']} 行" in taken.sentence()

    client.force_login(world.reader)  # the group's functions read, and take nothing away

    book = workbook(client, "N")
    assert len(book.sheetnames) == sheets - 1
    assert "北方甲" not in words_of(book)


@pytest.mark.parametrize(
    ("name", "arguments", "action"),
    [
        ("compliance:unit-workbook", ["N"], "compliance.month_taken"),
        ("compliance:log-ins-workbook", [], "compliance.log_ins_taken"),
    ],
)
def test_a_workbook_that_needs_a_release_is_not_handed_out(client, world, name, arguments, action):
    overdue(world.n1a, "北方甲", world.north_clerk)
    overdue(world.n1b, "北方乙", world.north_clerk)
    today = timezone.localdate()
    for person in (world.north_clerk, world.north_keeper):
        LogInDay.objects.create(
            person=person,
            unit=person.unit,
            day=today,
            reason="met",
            working=True,
            log_ins=1,
            needed=1,
        )
    client.force_login(world.north_head)
    address = f"{reverse(name, args=arguments)}?unit=N&month={today:%Y-%m}"
    say(world.group, "approvals.export_rows", 1)

    refused = client.get(address)

    assert refused.status_code == 409
    assert "需经审批放行" in refused.content.decode()
    assert not Entry.objects.filter(action=action).exists()
    say(world.group, "approvals.export_rows", 0)
    assert client.get(address).status_code == 200


def test_whose_right_to_take_away_reaches_less_takes_less(client, world):
    overdue(world.n1a, "北方甲", world.north_clerk)
    overdue(world.n1b, "北方乙", world.north_clerk)
    give(world.reader, "section-head", world.n1b)
    client.force_login(world.reader)

    words = words_of(workbook(client, "N"))

    assert ("北方甲" in words, "北方乙" in words) == (False, True)


# --- the page of a person -------------------------------------------------------------------------


def test_a_manager_sees_of_his_people_what_he_reaches(client, world):
    clerk = world.north_clerk
    give(clerk, "staff", world.s1a)
    overdue(world.n1a, "北方甲", clerk)
    overdue(world.s1a, "南方甲", clerk)
    soon = timezone.now() + timedelta(minutes=1)
    assign(to=clerk, by=world.north_head, title="北方的任务", due_at=soon)
    assign(to=clerk, by=world.south_head, title="南方的任务", due_at=soon, unit=world.s1a)
    client.force_login(world.north_head)

    answer = client.get(reverse("compliance:person", args=[clerk.employee_no]))
    page = answer.content.decode()

    assert ("北方甲" in page, "南方甲" in page) == (True, False)
    assert ("北方的任务" in page, "南方的任务" in page) == (True, False)
    contacts = next(one for key, _template, one in answer.context["sections"] if key == "contacts")
    assert (len(contacts["contacts"].places), contacts["contacts"].overdue) == (1, 1)
    client.force_login(clerk)
    own = client.get(reverse("compliance:me")).content.decode()
    assert all(word in own for word in ("北方甲", "南方甲", "北方的任务", "南方的任务"))


def test_ones_own_plans_past_due_stand_among_ones_contacts(client, world):
    clerk = world.north_clerk
    give(clerk, "staff", world.s1a)
    late = planned(world.n1a, clerk, "北方访", 17)
    planned(world.s1a, clerk, "南方访", 2)
    planned(world.n1a, clerk, "以后访", -2)
    planned(world.n1a, world.north_keeper, "同事访", 3)
    client.force_login(clerk)

    own = client.get(reverse("compliance:me"), headers={"accept-language": "en"})

    contacts = sections(own)["contacts"]["contacts"]
    assert [one.customer.name for one in contacts.plans] == ["北方访", "南方访"]
    assert contacts.late_plans == 2
    assert "planned activities past due: 2" in own.context["clauses"]
    page = own.content.decode()
    assert reverse("customers:activity-complete", args=[late.pk]) in page
    assert "No contact is owed." not in page
    # Whoever manages him sees of it what he reaches, and completes nothing in his place.
    client.force_login(world.north_head)
    his = client.get(reverse("compliance:person", args=[clerk.employee_no]))
    assert [one.customer.name for one in sections(his)["contacts"]["contacts"].plans] == ["北方访"]
    assert reverse("customers:activity-complete", args=[late.pk]) not in his.content.decode()


def test_findings_and_sanctions_of_another_branch_stay_there(client, world):
    clerk = world.north_clerk
    for unit, word in ((world.n1a, "北方缺人"), (world.s1a, "南方缺人")):
        make_finding(unit=unit, word=word, owner=clerk)
    sanction = Sanction.objects.get(pk=make_duties(person=clerk, by=world.boss)["sanction"])
    address = reverse("compliance:person", args=[clerk.employee_no])
    client.force_login(world.north_head)

    page = client.get(address).content.decode()
    assert ("北方缺人" in page, "南方缺人" in page) == (True, False)
    assert sanction.get_absolute_url() in page
    sanction.place_in(world.s1a)  # it was imposed where he worked before
    sanction.save()
    assert sanction.get_absolute_url() not in client.get(address).content.decode()
    client.force_login(clerk)
    assert sanction.get_absolute_url() in client.get(reverse("compliance:me")).content.decode()


def test_ones_own_days_stand_among_ones_duties(client, world):
    client.force_login(world.north_clerk)
    mine, other = (
        reverse("compliance:log-in-days", args=[person.employee_no])
        for person in (world.north_clerk, world.north_head)
    )

    assert client.get(f"{mine}?month=2026-10").url == reverse("compliance:me") + "?month=2026-10"
    assert client.get(other).status_code == 403


# --- log-ins of a unit ----------------------------------------------------------------------------


def test_who_missed_most_is_said_of_the_branches_in_reach(world):
    """A reader whose right ends at one project does not read the whole region by its page."""
    today = timezone.localdate()
    for person in (world.north_clerk, make_user(unit=world.n1b, no="N-B")):
        LogInDay.objects.create(
            person=person, day=today, unit=person.unit, reason="missed", working=True,
            log_ins=0, needed=1,
        )  # fmt: skip
    reader = make_user(unit=world.n1a, role=None, no="N-ONE")
    give(reader, "section-head", world.n1a)
    month = today.replace(day=1)
    asked = Question(reader, world.north, True, month, today, (month, month))

    missed = log_in_context(asked)["missed"]

    assert [one.person for one in missed] == [world.north_clerk]
    assert [row[2] for row in log_in_sheet(asked).rows] == ["N-CLERK"]
    everybody = Question(world.north_head, world.north, True, month, today, (month, month))
    assert len(log_in_context(everybody)["missed"]) == 2
    alone = Question(world.north_head, world.n1b, False, month, today, (month, month))
    assert [one.person.employee_no for one in log_in_context(alone)["missed"]] == ["N-B"]
