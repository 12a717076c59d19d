"""Handing work over: rules, reach, undo, stand-ins, leaving (ACC-16)."""

from collections import Counter
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.handover import kinds
from accounts.models import HandOver, HandOverItem, UserState, WorkLeft
from accounts.services import (
    carry_out,
    close_leaver,
    draft_hand_over,
    end_stand_ins,
    find_work_left,
    open_work,
    preview_hand_over,
    undo_hand_over,
)
from core.errors import Refused
from customers.models import Activity, Customer, CustomerUnit
from regions.models import PolicyValue
from tests.factories import (
    give,
    make_activity,
    make_customer,
    make_share,
    make_unit,
    make_user,
    place_of,
)


@pytest.fixture
def full(world):
    """The north's clerk keeps seven customers, with a plan for each; two colleagues sit beside."""
    for number in range(7):
        customer = make_customer(
            unit=world.n1a, by=world.north_head, keeper=world.north_clerk, name=f"业主{number}"
        )
        make_activity(customer=customer, by=world.north_clerk, state="planned")
    for name in ("first", "second"):
        world.people[name] = make_user(unit=world.n1a, no=f"N-{name}".upper())
    return world


def keepers():
    return Counter(CustomerUnit.objects.values_list("keeper__employee_no", flat=True))


def test_in_turn_is_equal_and_plans_follow_their_customers(full):
    draft = draft_hand_over(
        by=full.north_head, giver=full.north_clerk, rule="turns", to=[full.first, full.second]
    )
    seen = preview_hand_over(draft, by=full.north_head)

    assert seen.count == 14
    assert keepers() == {"N-CLERK": 7}  # a preview moves nothing
    assert not HandOverItem.objects.exists()
    done = carry_out(draft, by=full.north_head)
    assert done.count == 14
    assert sorted(keepers().values()) == [3, 4]
    for plan in Activity.objects.all():
        assert plan.by == CustomerUnit.objects.get(customer=plan.customer).keeper


def test_each_unit_to_a_person_of_its_own(full):
    other = make_customer(unit=full.n1b, by=full.north_head, keeper=full.north_clerk)
    neighbour = make_user(unit=full.n1b, no="N-B")
    draft = draft_hand_over(
        by=full.north_head,
        giver=full.north_clerk,
        rule="units",
        to=[full.first],
        units={full.n1b.pk: neighbour},
    )
    carry_out(draft, by=full.north_head)

    assert place_of(other).keeper == neighbour
    assert keepers() == {"N-FIRST": 7, "N-B": 1}


def test_nobody_receives_what_he_may_not_keep(full):
    draft = draft_hand_over(by=full.north_head, giver=full.north_clerk, to=[full.south_clerk])

    with pytest.raises(Refused):
        carry_out(draft, by=full.north_head)
    assert keepers() == {"N-CLERK": 7}


def test_work_out_of_reach_stays_and_is_counted(full):
    give(full.north_clerk, "staff", full.s1a)
    make_customer(unit=full.s1a, by=None, keeper=full.north_clerk, name="南方")
    draft = draft_hand_over(by=full.north_head, giver=full.north_clerk, to=[full.first])

    assert preview_hand_over(draft, by=full.north_head).outside == 1
    carry_out(draft, by=full.north_head)
    assert keepers() == {"N-FIRST": 7, "N-CLERK": 1}


def test_undo_leaves_what_changed_since_and_says_why(full):
    draft = draft_hand_over(by=full.north_head, giver=full.north_clerk, to=[full.first])
    done = carry_out(draft, by=full.north_head)
    moved, closed, gone = list(CustomerUnit.objects.order_by("pk")[:3])
    CustomerUnit.objects.filter(pk=moved.pk).update(keeper=full.second)
    plan = Activity.objects.get(customer=closed.customer)
    Activity.objects.filter(pk=plan.pk).update(state="cancelled")
    Customer.objects.filter(pk=gone.customer_id).delete()

    undo_hand_over(done, by=full.north_head)

    assert keepers() == {"N-CLERK": 5, "N-SECOND": 1}
    left = done.items.exclude(outcome="returned").values_list("kind", "record_id", "outcome")
    assert set(left) == {
        ("customers.place", moved.pk, "moved_on"),
        ("customers.place", gone.pk, "gone"),
        ("customers.activity", plan.pk, "closed"),
        ("customers.activity", done.items.filter(outcome="gone").last().record_id, "gone"),
    }
    with pytest.raises(Refused):
        undo_hand_over(done, by=full.north_head)


def test_undo_ends_with_the_days_of_the_policy(full, time_machine):
    draft = draft_hand_over(by=full.north_head, giver=full.north_clerk, to=[full.first])
    done = carry_out(draft, by=full.north_head)
    time_machine.move_to(timezone.now() + timedelta(days=15))

    with pytest.raises(Refused):
        undo_hand_over(done, by=full.north_head)
    assert keepers() == {"N-FIRST": 7}


def test_a_stand_in_returns_the_work_by_itself(full, time_machine):
    today = timezone.localdate()
    draft = draft_hand_over(
        by=full.north_head,
        giver=full.north_clerk,
        to=[full.first],
        cause="stand_by",
        until=today + timedelta(days=2),
    )
    done = carry_out(draft, by=full.north_head)

    assert end_stand_ins() == 0
    time_machine.move_to(timezone.now() + timedelta(days=3))
    assert end_stand_ins() == 1
    assert end_stand_ins() == 0
    assert keepers() == {"N-CLERK": 7}
    assert HandOver.objects.get(pk=done.pk).state == "returned"


def test_a_leaver_keeps_nothing(full):
    customer = make_customer(unit=full.s1a, by=None)
    share = make_share(customer=customer, to=full.north_clerk, by=full.south_head)
    with pytest.raises(Refused):
        close_leaver(full.north_clerk, by=full.north_head)
    carry_out(
        draft_hand_over(
            by=full.north_head, giver=full.north_clerk, to=[full.first], cause="leaving"
        ),
        by=full.north_head,
    )

    close_leaver(full.north_clerk, by=full.north_head)

    full.north_clerk.refresh_from_db()
    share.refresh_from_db()
    assert full.north_clerk.state == UserState.LEFT
    assert open_work(full.north_clerk) == {}
    assert share.ended_at is not None
    assert CustomerUnit.objects.filter(customer__name__startswith="业主").count() == 7


def test_a_head_of_a_branch_does_not_close_an_account_that_reaches_further(full):
    give(full.first, "group-function", full.group)

    with pytest.raises(Refused):
        close_leaver(full.first, by=full.north_head)


def test_the_night_finds_customers_of_people_who_left(full, client):
    type(full.north_clerk).objects.filter(pk=full.north_clerk.pk).update(state="left")

    assert find_work_left() == 14
    assert set(WorkLeft.objects.values_list("kind", "count")) == {
        ("customers.place", 7),
        ("customers.activity", 7),
    }
    client.force_login(full.north_head)
    page = client.get(reverse("accounts:people"))
    assert [row.user for row in page.context["work_left"]] == [full.north_clerk] * 2
    client.force_login(full.south_head)
    assert client.get(reverse("accounts:people")).context["work_left"] == []


def test_the_pages_plan_show_carry_out_and_undo(full, client):
    client.force_login(full.north_head)
    address = reverse("accounts:person-hand-over", args=["N-CLERK"])
    table = client.get(address).context["table"]
    found = dict(zip([work.key for work in kinds()], table.totals, strict=True))
    held = {"customers.place": 7, "customers.activity": 7}
    assert found == dict.fromkeys(found, 0) | held
    assert [str(title) for title in table.titles] == [str(work.title) for work in kinds()]
    choices = client.get(reverse("accounts:receiver-choices", args=["N-CLERK"])).json()
    assert {"N-FIRST", "N-SECOND"} <= {choice["value"] for choice in choices}
    assert "S-CLERK" not in {choice["value"] for choice in choices}

    data = {"cause": "leaving", "rule": "turns", "people": ["N-FIRST", "N-SECOND"]}
    answer = client.post(address, data)
    draft = HandOver.objects.get()
    assert answer["Location"] == draft.get_absolute_url()
    assert client.get(draft.get_absolute_url()).context["count"] == 14
    client.post(reverse("accounts:hand-over-do", args=[draft.pk]))
    assert sorted(keepers().values()) == [3, 4]
    client.post(reverse("accounts:hand-over-undo", args=[draft.pk]))
    assert keepers() == {"N-CLERK": 7}
    assert client.get(draft.get_absolute_url()).context["left_count"] == 0
    assert client.get(reverse("accounts:person-leave", args=["N-CLERK"])).status_code == 200


def test_ticked_customers_go_through_addresses_that_can_be_opened_again(full, client):
    client.force_login(full.north_head)
    places = list(CustomerUnit.objects.values_list("pk", flat=True)[:2])
    answer = client.post(reverse("customers:hand-over"), {"pick": places, "filter": "q=业主"})

    assert answer.status_code == 302
    assert client.get(answer["Location"]).context["count"] == 2
    refused = client.post(answer["Location"], {"to": "S-CLERK"})
    assert refused.status_code == 422
    assert keepers() == {"N-CLERK": 7}
    done = client.post(answer["Location"], {"to": "N-FIRST", "reason": "调整"})
    assert done["Location"].startswith(reverse("customers:list"))
    assert keepers() == {"N-CLERK": 5, "N-FIRST": 2}
    assert client.get(answer["Location"]).status_code == 302  # back leads to what was done


def test_a_selection_sent_twice_is_handed_over_once(full, client, monkeypatch):
    """The second request has read the draft before the first one carried it out."""
    from customers.views import hand_over as views

    client.force_login(full.north_head)
    places = list(CustomerUnit.objects.values_list("pk", flat=True)[:2])
    address = client.post(reverse("customers:hand-over"), {"pick": places})["Location"]
    before = HandOver.objects.get()
    client.post(address, {"to": "N-FIRST", "reason": "调整"})
    monkeypatch.setattr(views, "_draft_or_404", lambda request, pk: before)

    again = client.post(address, {"to": "N-SECOND", "reason": "调整"})

    assert again["Location"] == before.get_absolute_url()
    done = HandOver.objects.get()
    assert (done.state, done.count, done.plan["to"]) == ("done", 2, [full.first.pk])
    assert keepers() == {"N-CLERK": 5, "N-FIRST": 2}


def test_a_refused_selection_stays_as_it_was_ticked(full, client):
    client.force_login(full.north_head)
    places = list(CustomerUnit.objects.values_list("pk", flat=True)[:2])
    address = client.post(reverse("customers:hand-over"), {"pick": places})["Location"]
    before = HandOver.objects.values().get()

    assert client.post(address, {"to": "S-CLERK", "reason": "误选"}).status_code == 422

    assert HandOver.objects.values().get() == before


def test_a_refused_plan_leaves_no_draft(full, client):
    client.force_login(full.north_head)
    address = reverse("accounts:person-hand-over", args=["N-CLERK"])
    PolicyValue.objects.create(
        key="customers.assign_reach",
        unit=full.n1a,
        value="unit",
        effective_from=timezone.localdate(),
        reason="试点",
        version=1,
    )

    answer = client.post(address, {"cause": "leaving", "rule": "one", "to": "N-KEEPER"})

    assert answer.status_code == 422
    assert not HandOver.objects.exists()


def test_ten_thousand_customers_move_with_as_many_statements_as_ten(
    full, django_assert_max_num_queries
):
    """The number of statements does not depend on the number of rows."""
    draft = draft_hand_over(by=full.north_head, giver=full.north_clerk, to=[full.first])
    with django_assert_max_num_queries(60):
        carry_out(draft, by=full.north_head)


def test_policy_of_the_unit_limits_who_may_keep(full):
    from customers.selectors.keepers import keeper_units

    far = make_unit(kind="project", code="N1C", name="北方新城", parent=full.n1)
    near = make_user(unit=far, no="N-FAR")
    give(near, "staff", full.n1a)
    stranger = make_user(unit=full.north, role="section-head", no="N-WIDE")
    assert keeper_units([near, stranger], [full.n1a.pk], full.north_head) == {
        near.pk: {full.n1a.pk},
        stranger.pk: {full.n1a.pk},
    }
    PolicyValue.objects.create(
        key="customers.assign_reach",
        unit=full.n1a,
        value="unit",
        effective_from=timezone.localdate(),
        reason="试点",
        version=1,
    )
    assert keeper_units([near, stranger], [full.n1a.pk], full.north_head) == {
        near.pk: {full.n1a.pk},
        stranger.pk: set(),
    }
