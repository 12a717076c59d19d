"""The verbs of the archive: enter, change, hand over, share, activities, contacts, reveal."""

import datetime as dt

import pytest
from django.db import ProgrammingError
from django.utils import timezone

from audit.models import Entry
from core.errors import QuotaExceeded, Refused, Stale
from core.models import SubjectKey
from customers.models import Activity, Customer, CustomerUnit
from customers.services import (
    add_contact,
    cancel_activity,
    change_contact,
    change_customer,
    complete_activity,
    create_customer,
    hand_over,
    log_activity,
    plan_activity,
    reveal,
    reveals_left,
)
from tests.customers.files import identity, other_connection, phone
from tests.factories import give, make_user, say


def enter(world, name="张三", unit=None, **more):
    """A person in the north's first project, kept by its clerk."""
    values = {"kind": "person", "by": world.north_clerk, "keeper": world.north_clerk} | more
    return create_customer(unit=unit or world.n1a, name=name, **values)[0]


def place_of(customer, unit=None):
    places = customer.places.all()
    return places.get(unit=unit) if unit else places.get()


# --- enter and change ---------------------------------------------------------------------------


def test_a_new_customer_has_a_place_with_copies_and_a_record(world):
    customer = enter(
        world, "单丽", level="A类", phone=f"+86{phone(1)}", identity=identity(1), source="来访"
    )

    assert customer.code == f"YZ{customer.pk:08d}"
    assert (customer.pinyin, customer.initials) == ("shanli", "sl")
    assert ("danli", "dl") in customer.readings.values_list("pinyin", "initials")
    assert (customer.phone_last4, customer.identity_last4) == ("0001", identity(1)[-4:])
    assert (customer.clear("phone"), customer.clear("identity")) == (phone(1), identity(1))
    place = place_of(customer)
    assert (place.name, place.pinyin, place.initials) == ("单丽", "shanli", "sl")
    assert place.level == "A类"
    assert (place.region_id, place.city_id, place.project_id) == (
        world.north.pk,
        world.n1.pk,
        world.n1a.pk,
    )
    assert (place.keeper, place.entered_by, place.contacted) == (
        world.north_clerk,
        world.north_clerk,
        False,
    )
    entry = Entry.objects.get(action="customer.created")
    assert (entry.by, entry.subject_id) == (world.north_clerk, customer.pk)


def test_a_known_identity_adds_a_place_only(world):
    first = enter(world, identity=identity(1), phone=f"+86{phone(1)}", level="A类")
    before = Customer.objects.values().get()

    again, is_new = create_customer(
        unit=world.s1a,
        by=world.south_clerk,
        kind="person",
        name="李四",
        identity=identity(1),
        phone=f"+86{phone(2)}",
    )

    assert (again.pk, is_new) == (first.pk, False)
    assert Customer.objects.values().get() == before
    place = place_of(first, world.s1a)
    assert (place.name, place.level, place.entered_by) == ("张三", "A类", world.south_clerk)


def test_a_known_identity_in_the_same_unit_is_refused(world):
    enter(world, identity=identity(1))

    with pytest.raises(Refused):
        enter(world, "李四", identity=identity(1))
    assert Customer.objects.count() == CustomerUnit.objects.count() == 1


def test_a_taken_code_is_refused(world):
    enter(world, code="KH1", kind="organisation")

    with pytest.raises(Refused, match="KH1"):
        enter(world, "某某公司", code="KH1", kind="organisation")
    assert Customer.objects.count() == 1


def test_change_moves_copies_and_readings_and_names_the_fields(world):
    customer = enter(world, "单丽", identity=identity(1))

    changed = change_customer(
        customer, by=world.north_clerk, name="仇丽", level="B类", phone=f"+86{phone(9)}", remark=""
    )

    place = place_of(changed)
    assert (place.name, place.pinyin, place.level) == ("仇丽", "qiuli", "B类")
    assert set(changed.readings.values_list("pinyin", flat=True)) == {"chouli", "juli"}
    assert Entry.objects.get(action="customer.changed").detail == {
        "code": changed.code,
        "fields": ["level", "name", "phone"],
    }
    assert changed.updated_at > customer.updated_at


def test_a_change_to_the_same_values_writes_nothing(world):
    customer = enter(world, level="A类", phone=f"+86{phone(1)}")
    before = Customer.objects.values().get()

    change_customer(customer, by=world.north_clerk, level="A类", phone=f"+86{phone(1)}")

    assert Customer.objects.values().get() == before
    assert not Entry.objects.filter(action="customer.changed").exists()


def test_somebody_elses_change_in_between_is_noticed(world):
    customer = enter(world)
    shown = customer.updated_at
    change_customer(customer, by=world.north_head, remark="先到")

    with pytest.raises(Stale):
        change_customer(customer, by=world.north_clerk, unchanged_since=shown, remark="后到")
    customer.refresh_from_db()
    assert customer.remark == "先到"


def test_another_customers_identity_is_refused(world):
    enter(world, identity=identity(1))
    other = enter(world, "李四", identity=identity(2))

    with pytest.raises(Refused):
        change_customer(other, by=world.north_clerk, identity=identity(1), name="王五")
    other.refresh_from_db()
    assert other.name == "李四"
    assert change_customer(other, by=world.north_clerk, identity=identity(2), name="王五")


# --- hand over and share ------------------------------------------------------------------------


def test_hand_over_changes_the_keeper_and_records_it(world):
    places = [place_of(enter(world, f"张一{n}")).pk for n in range(3)]

    assert hand_over(places, to=world.north_keeper, by=world.north_head) == 3
    assert set(CustomerUnit.objects.values_list("keeper", flat=True)) == {world.north_keeper.pk}
    assert Entry.objects.get(action="work.handed_over").detail == {
        "count": 3,
        "giver": "—",
        "receivers": ["N-KEEPER"],
    }
    assert hand_over(places, to=world.north_keeper, by=world.north_head) == 0


def test_hand_over_leaves_places_out_of_reach_alone(world):
    north, south = place_of(enter(world)), place_of(enter(world, "李四", world.s1a, keeper=None))

    assert hand_over([north.pk, south.pk], to=world.north_keeper, by=world.north_head) == 1
    south.refresh_from_db()
    assert south.keeper is None


def test_a_clerk_without_the_right_hands_over_nothing(world):
    place = place_of(enter(world))

    assert hand_over([place.pk], to=world.north_keeper, by=world.north_clerk) == 0


@pytest.mark.parametrize("state", ["frozen", "left"])
def test_nobody_who_cannot_log_in_takes_over(world, state):
    place = place_of(enter(world))
    world.north_keeper.state = state
    world.north_keeper.save()

    with pytest.raises(Refused, match="N-KEEPER"):
        hand_over([place.pk], to=world.north_keeper, by=world.north_head)


def test_a_keeper_must_reach_every_place_and_otherwise_nothing_moves(world):
    here = place_of(enter(world))
    there = place_of(enter(world, "李四", world.n1b, keeper=world.north_keeper))
    CustomerUnit.objects.filter(pk=here.pk).update(keeper=world.north_keeper)

    with pytest.raises(Refused, match="1"):
        hand_over([here.pk, there.pk], to=world.north_clerk, by=world.north_head)
    kept = CustomerUnit.objects.values_list("keeper__employee_no", flat=True)
    assert set(kept) == {"N-KEEPER"}
    assert hand_over([here.pk], to=world.north_clerk, by=world.north_head) == 1


def test_a_clerk_may_take_over_what_he_did_not_see_before(world):
    place = place_of(enter(world, by=world.north_head, keeper=None))
    assert not CustomerUnit.objects.visible_to(world.north_clerk).exists()

    assert hand_over([place.pk], to=world.north_clerk, by=world.north_head) == 1
    assert CustomerUnit.objects.visible_to(world.north_clerk).get() == place


# --- activities ---------------------------------------------------------------------------------

NOW = timezone.now().replace(microsecond=0)


def ago(**span):
    return NOW - dt.timedelta(**span)


def log(world, place, kind="call", at=NOW, **more):
    return log_activity(place, by=world.north_clerk, kind=kind, content="谈了", at=at, **more)


def test_a_logged_activity_carries_the_place_and_touches_it(world):
    place = place_of(enter(world))
    activity = log(world, place, at=ago(days=3), next_on=dt.date(2030, 1, 2))

    place.refresh_from_db()
    assert (activity.state, activity.unit, activity.project_id) == ("done", world.n1a, world.n1a.pk)
    assert (place.last_contact_at, place.contacted) == (ago(days=3), True)
    assert place.next_contact_on == dt.date(2030, 1, 2)
    assert Entry.objects.get(action="activity.logged").subject_id == place.customer_id


def test_last_contact_only_moves_forward(world):
    place = place_of(enter(world))
    for days, expected in ((5, 5), (9, 5), (2, 2)):
        log(world, place, at=ago(days=days))
        place.refresh_from_db()
        assert place.last_contact_at == ago(days=expected)


def test_notes_are_no_contact(world):
    place = place_of(enter(world))
    entered = place.last_contact_at
    log(world, place, kind="note", at=NOW, next_on=dt.date(2030, 1, 2))

    place.refresh_from_db()
    assert (place.last_contact_at, place.contacted) == (entered, False)
    assert place.next_contact_on == dt.date(2030, 1, 2)


def test_a_contact_settles_what_was_due_but_no_later_promise(world):
    today = timezone.localdate()
    for due, left in ((today, None), (today + dt.timedelta(days=1),) * 2):
        place = place_of(enter(world))
        CustomerUnit.objects.filter(pk=place.pk).update(next_contact_on=due)
        log(world, place)
        place.refresh_from_db()
        assert place.next_contact_on == left


def test_what_is_still_to_come_cannot_be_logged(world):
    place = place_of(enter(world))

    with pytest.raises(Refused):
        log(world, place, at=timezone.now() + dt.timedelta(hours=1))
    assert Activity.objects.count() == 0


def test_a_next_contact_is_promised_from_today_on(world):
    today = timezone.localdate()
    place = place_of(enter(world))
    with pytest.raises(Refused):
        log(world, place, next_on=today - dt.timedelta(days=1))
    plan = plan_activity(
        place, by=world.north_clerk, kind="call", content="约", at=NOW + dt.timedelta(days=1)
    )
    with pytest.raises(Refused):
        complete_activity(
            plan, by=world.north_clerk, result="好", next_on=today - dt.timedelta(days=1)
        )
    plan.refresh_from_db()
    assert plan.state == "planned"
    assert not Activity.objects.filter(state="done").exists()

    log(world, place, next_on=today)
    place.refresh_from_db()
    assert place.next_contact_on == today


def test_planned_work_is_completed_once(world):
    place = place_of(enter(world))
    plan = plan_activity(
        place,
        by=world.north_head,
        kind="visit",
        content="上门",
        at=NOW + dt.timedelta(days=1),
        assignee=world.north_clerk,
    )
    place.refresh_from_db()
    assert plan.state == "planned"
    assert (plan.by, plan.entered_by) == (world.north_clerk, world.north_head)
    assert place.contacted is False

    later = dt.date(2030, 1, 2)
    done = complete_activity(plan, by=world.north_clerk, result="已上门", next_on=later)

    place.refresh_from_db()
    assert (done.state, done.result, done.by) == ("done", "已上门", world.north_clerk)
    assert (place.contacted, place.last_contact_at) == (True, done.at)
    assert place.next_contact_on == later
    for again in (
        lambda: complete_activity(plan, by=world.north_clerk, result="又一次"),
        lambda: cancel_activity(plan, by=world.north_clerk, reason="不去了"),
    ):
        with pytest.raises(Refused):
            again()
    plan.refresh_from_db()
    assert (plan.state, plan.result) == ("done", "已上门")


def test_a_cancelled_plan_touches_nothing(world):
    place = place_of(enter(world))
    at = timezone.now() + dt.timedelta(hours=1)
    plan = plan_activity(place, by=world.north_clerk, kind="call", content="问候", at=at)

    cancel_activity(plan, by=world.north_clerk, reason="业主出差")

    place.refresh_from_db()
    assert (plan.state, plan.result, plan.done_at) == ("cancelled", "业主出差", None)
    assert place.contacted is False


def test_nothing_is_planned_in_the_past(world):
    place = place_of(enter(world))

    with pytest.raises(Refused):
        plan_activity(
            place,
            by=world.north_clerk,
            kind="call",
            content="问候",
            at=timezone.now() - dt.timedelta(hours=1),
        )
    assert not Activity.objects.exists()


def test_a_planned_visit_is_the_next_contact_unless_one_is_due_sooner(world):
    place = place_of(enter(world))
    today = timezone.localdate()
    for days, kind, due in ((9, "visit", 9), (4, "call", 4), (7, "visit", 4), (2, "note", 4)):
        plan_activity(
            place,
            by=world.north_clerk,
            kind=kind,
            content="上门",
            at=timezone.now() + dt.timedelta(days=days),
        )
        place.refresh_from_db()
        assert place.next_contact_on == today + dt.timedelta(days=due)


def test_plans_go_to_people_who_can_log_in_and_to_own_contacts(world):
    place = place_of(enter(world))
    other = enter(world, "某某公司", kind="organisation")
    stranger = add_contact(other, by=world.north_clerk, name="陈明")
    frozen = make_user(unit=world.n1a, state="frozen")
    common = {"by": world.north_clerk, "kind": "call", "content": "问候", "at": NOW}

    with pytest.raises(Refused):
        plan_activity(place, assignee=frozen, **common)
    with pytest.raises(Refused):
        plan_activity(place, contact=stranger, **common)
    with pytest.raises(Refused):
        log_activity(place, contact=stranger, **common)
    assert Activity.objects.count() == 0


# --- contacts -----------------------------------------------------------------------------------


def test_contacts_are_one_a_name_and_encrypted(world):
    customer = enter(world, "某某公司", kind="organisation")
    contact = add_contact(
        customer, by=world.north_clerk, name="陈明", phone=f"+86{phone(1)}", email="chen@a.cn"
    )

    assert (contact.phone_masked, contact.email_masked) == ("139****0001", "c***@a.cn")
    with pytest.raises(Refused, match="陈明"):
        add_contact(customer, by=world.north_clerk, name="陈明")
    other = add_contact(customer, by=world.north_clerk, name="李明")
    with pytest.raises(Refused):
        change_contact(other, by=world.north_clerk, name="陈明")
    change_contact(contact, by=world.north_clerk, title="经理", phone="")
    contact.refresh_from_db()
    assert (contact.title, contact.clear("phone"), contact.phone_index) == ("经理", "", None)
    assert contact.clear("email") == "chen@a.cn"


# --- reveal -------------------------------------------------------------------------------------


def test_a_reveal_is_recorded_without_the_value(world):
    customer = enter(world, phone=f"+86{phone(1)}", identity=identity(1))

    assert reveal(customer, field="phone", by=world.north_clerk, reason=" 回访 ") == phone(1)
    assert reveal(customer, field="identity", by=world.north_clerk, reason="核对") == identity(1)
    entries = Entry.objects.filter(action="customer.revealed").order_by("pk")
    assert [(e.by, e.subject_id, e.detail) for e in entries] == [
        (world.north_clerk, customer.pk, {"field": "phone", "reason": "回访"}),
        (world.north_clerk, customer.pk, {"field": "identity", "reason": "核对"}),
    ]


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reveal_needs_a_reason(world, reason):
    customer = enter(world, phone=f"+86{phone(1)}")

    with pytest.raises(Refused):
        reveal(customer, field="phone", by=world.north_clerk, reason=reason)
    assert not Entry.objects.filter(action="customer.revealed").exists()


def test_only_personal_fields_can_be_revealed(world):
    with pytest.raises(LookupError):
        reveal(enter(world), field="subject", by=world.north_clerk, reason="好奇")


def test_the_allowance_of_a_day_is_per_person_and_ends(world):
    say(world.group, "customers.reveals_per_day", 2)
    customer = enter(world, phone=f"+86{phone(1)}")
    for left in (1, 0):
        reveal(customer, field="phone", by=world.north_clerk, reason="回访")
        assert reveals_left(world.north_clerk) == left

    with pytest.raises(QuotaExceeded, match="2"):
        reveal(customer, field="phone", by=world.north_clerk, reason="回访")
    assert Entry.objects.filter(action="customer.revealed").count() == 2
    assert reveal(customer, field="phone", by=world.north_head, reason="回访") == phone(1)


def test_without_its_record_nothing_is_shown(world, settings):
    """The page asks the database for the record first; with the diary closed it shows nothing."""
    customer = enter(world, phone=f"+86{phone(1)}")
    owner, role = settings.DATABASE_OWNER["USER"], settings.DATABASE_APP_ROLE
    with other_connection(owner) as conn:
        conn.execute(f"REVOKE INSERT ON audit_entry FROM {role}")
        try:
            with pytest.raises(ProgrammingError, match="audit_entry"):
                reveal(customer, field="phone", by=world.north_clerk, reason="回访")
        finally:
            conn.execute(f"GRANT INSERT ON audit_entry TO {role}")
    assert reveal(customer, field="phone", by=world.north_clerk, reason="回访") == phone(1)


def test_an_erased_value_is_refused_in_a_sentence(world):
    customer = enter(world, phone=f"+86{phone(1)}")
    SubjectKey.objects.filter(pk=customer.subject_id).update(
        wrapped=None, destroyed_at=timezone.now()
    )
    customer = Customer.objects.get(pk=customer.pk)

    with pytest.raises(Refused):
        reveal(customer, field="phone", by=world.north_clerk, reason="回访")
    assert customer.phone_masked == ""


def test_pages_answer_429_when_the_allowance_is_used_up(client, world):
    say(world.group, "customers.reveals_per_day", 1)
    customer = enter(world, phone=f"+86{phone(1)}")
    client.force_login(world.north_clerk)
    address = f"/customers/{customer.pk}/reveal/phone/"

    first = client.post(address, {"reason": "case"})
    assert first.status_code == 200
    assert phone(1) in first.content.decode()
    assert "no-store" in first["Cache-Control"]
    second = client.post(address, {"reason": "case"})
    assert second.status_code == 429
    assert phone(1) not in second.content.decode()


def test_foreign_customers_and_people_without_the_right_see_no_number(client, world):
    customer = enter(world, phone=f"+86{phone(1)}")
    address = f"/customers/{customer.pk}/reveal/phone/"
    for person, status in ((world.south_head, 404), (world.reader, 403)):
        client.force_login(person)
        assert client.post(address, {"reason": "case"}).status_code == status
    give(world.south_head, "group-management", world.group)
    client.force_login(world.south_head)
    # He may now see every customer, but his right to reveal still ends at the south.
    assert client.get(f"/customers/{customer.pk}/").status_code == 200
    assert client.post(address, {"reason": "case"}).status_code == 404
    assert not Entry.objects.filter(action="customer.revealed").exists()
