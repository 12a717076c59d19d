"""Rank and region of ordinary planned visits: one hint, no refusal (ACT-05)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from customers.models import Activity
from tests.factories import make_contact, make_customer

pytestmark = pytest.mark.django_db
RANK = "The ranks of visitor and host lie too far apart."
REGION = "The visitor works in another region than the customer's unit."


@pytest.fixture
def plan(client, world, english, settings):
    """Plans something on the page; gives the warnings that the planner sees."""
    settings.LANGUAGE_CODE = "en"

    client.force_login(world.north_clerk)

    def act(customer, what="planned", kind="visit", host=None):
        day = timezone.localtime() + timezone.timedelta(days=2 if what == "planned" else -2)
        sent = {
            "what": what,
            "kind": kind,
            "place": customer.places.get().pk,
            "at": day.strftime("%Y-%m-%dT%H:%M"),
            "content": "拜访",
            "contact": host.pk if host else "",
        }
        count = Activity.objects.count()
        answer = client.post(
            reverse("customers:activity-new", args=[customer.pk]),
            sent,
            headers={"accept-language": "en"},
            follow=True,
        )
        assert (len(answer.redirect_chain), Activity.objects.count()) == (1, count + 1)
        shown = answer.context["messages"]
        return [str(one) for one in shown if one.level_tag == "warning"]

    return act


@pytest.fixture
def company(world):
    return make_customer(unit=world.n1a, keeper=world.north_clerk, kind="organisation", name="业主")


def said(*hints):
    start = "The visit is planned. Please check whether somebody else should go: "
    return [start + " ".join(hints)]


def test_who_plans_a_visit_that_does_not_fit_sees_one_hint(world, company, plan):
    chairman = make_contact(customer=company, name="周总", title="董事长")
    User.objects.filter(pk=world.north_clerk.pk).update(position="部门经理")
    assert plan(company, host=chairman) == said(RANK)
    assert plan(company) == []  # whom he visits is open
    User.objects.filter(pk=world.north_clerk.pk).update(unit=world.s1a)
    assert plan(company, host=chairman) == said(RANK, REGION)
    assert plan(company) == said(REGION)


def test_what_fits_or_is_no_plan_of_a_visit_gets_none(world, company, plan):
    chairman = make_contact(customer=company, name="周总", title="董事长")
    User.objects.filter(pk=world.north_clerk.pk).update(position="总经理")
    assert plan(company, host=chairman) == []
    User.objects.filter(pk=world.north_clerk.pk).update(position="部门经理", unit=world.s1a)
    assert plan(company, host=chairman, kind="call") == []
    assert plan(company, host=chairman, what="done") == []
    owner = make_customer(unit=world.n1a, keeper=world.north_clerk)
    assert plan(owner) == []
