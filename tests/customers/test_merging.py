"""Two customers become one: what moves, what cannot stand twice, who may, and what is left over."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from audit.models import Entry
from core.errors import Refused, Stale
from core.personal_data import blind_index
from customers import merging
from customers.merging import RULES, references, uniques
from customers.models import (
    Customer,
    CustomerMerge,
    CustomerShare,
    CustomerUnit,
    DuplicatePair,
    NameReading,
)
from customers.selectors.codes import by_code
from customers.services import change_customer, create_customer, merge_customers, set_target
from customers.services import merging as services
from customers.views.targets import TargetForm
from expenses.models import ApplicationCustomer, EventCustomer
from reports.analysis.forms import AnalysisFilter
from reports.analysis.tables import METHODS
from satisfaction.models import SampleState
from tests.customers.files import identity, phone
from tests.factories import (
    make_activity,
    make_case,
    make_contact,
    make_contract,
    make_customer,
    make_loss,
    make_money,
    make_ownership,
    make_place,
    make_property,
    make_response,
    make_sample,
    make_share,
    make_sheets,
    make_strategic,
    make_wave,
    place_of,
)
from tests.others import Other

pytestmark = pytest.mark.django_db


def two(world, **more):
    """Two records of one person in the north's first project."""
    given = {"unit": world.n1a, "by": world.north_clerk, "name": "张三"}
    return (
        make_customer(**given | {"keeper": world.north_clerk}),
        make_customer(**given | more),
    )


def hanging(customer) -> dict[str, int]:
    """How many rows of each table point at a customer."""
    found = {}
    for field in references(Customer):
        rows = field.model._base_manager.filter(**{field.attname: customer})
        found[f"{field.model._meta.label}.{field.name}"] = rows.count()
    return {name: count for name, count in found.items() if count}


# --- no table is forgotten ------------------------------------------------------------------------


def touched() -> list:
    """Every foreign key that a merge moves: to customers, and to rows that are united with them."""
    found, open_ = [], [Customer]
    while open_:
        for field in references(open_.pop()):
            if field not in found:
                found.append(field)
                rule = RULES.get(field.model)
                if rule and not (rule.part or rule.beside):
                    open_.append(field.model)
    return found


def test_every_table_that_may_clash_says_what_happens():
    """Whoever adds a table with a customer in a unique constraint writes a rule for it:
    customers/merging.py tells how."""
    silent = {
        f"{field.model._meta.label}.{field.name}"
        for field in touched()
        if uniques(field) and field.model not in RULES
    }

    assert silent <= {"customers.DuplicatePair.first", "customers.DuplicatePair.second"}
    assert len(touched()) > 30


def test_what_a_merge_moves_can_be_moved():
    """Keys are primary keys, and no table but histories refuses changes."""
    for field in touched():
        assert field.target_field.primary_key, field
        assert not field.remote_field.parent_link, field
        names = [trigger.name for trigger in getattr(field.model._meta, "triggers", ())]
        assert "append_only" not in names, field.model


def test_keys_of_every_installed_table_are_found():
    """Asked another way round: from the tables, not from the customer."""
    known = {(field.model._meta.db_table, field.column) for field in references(Customer)}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.related_model is Customer and not issubclass(
                model, merging.pghistory.models.Event
            ):
                assert (model._meta.db_table, field.column) in known


# --- what moves -----------------------------------------------------------------------------------


def test_everything_moves_and_nothing_stands_twice(world):
    """A business customer with the whole of what can hang on one, twice."""
    pairs = {"甲": (world.north_clerk, world.north_head), "乙": (world.north_keeper, world.boss)}
    mine, theirs = (
        make_strategic(unit=world.n1a, by=by, leader=leader, word=word).customer
        for word, (by, leader) in pairs.items()
    )
    for customer, word in ((mine, "甲"), (theirs, "乙")):
        make_sheets(customer=customer, by=world.north_head, mark=word)
        make_contact(customer=customer, name="郑部长")
        make_contact(customer=customer, name=f"{word}经理")
        make_activity(customer=customer, by=world.north_clerk)
        unit = world.n1a if customer == mine else world.n1b
        make_money(unit=unit, by=world.north_clerk, customer=customer, word=word)
        make_share(customer=customer, to=world.south_head, by=world.north_head)
    for table in (ApplicationCustomer, EventCustomer):  # both on one paper, both at one event
        row = table.objects.filter(customer=mine).first()
        row.pk, row.customer = None, theirs
        row.save(force_insert=True)
    before, after = hanging(theirs), hanging(mine)

    merge = merge_customers(mine, theirs, by=None, reason="同一家公司")

    assert not Customer.objects.filter(pk=theirs.pk).exists()
    assert hanging(theirs) == {}
    united = [one["table"] for one in merge.united]
    assert sorted(united) == [
        "compliance.Charge",
        "compliance.CustomerPlan",
        "compliance.MonthlySummary",
        "compliance.Nomination",
        "customers.Contact",
        "customers.CreditSheet",
        "customers.CustomerShare",
        "customers.CustomerUnit",
        "customers.Demand",
        "customers.Loss",
        "customers.ValueSheet",
        "expenses.ApplicationCustomer",
        "expenses.EventCustomer",
    ]
    expected = {
        name: before.get(name, 0)
        + after.get(name, 0)
        - sum(name.startswith(f"{table}.") for table in united)
        for name in before | after
    }
    expected["customers.CustomerMerge.survivor"] = 1
    assert hanging(mine) == expected
    # Rows that hang on a row that went: the talk of the other place stands at the one that stays.
    talks = apps.get_model("compliance", "Talk").objects.filter(customer=mine)
    assert {talk.place_id for talk in talks} == {place_of(mine).pk}
    assert mine.contacts.count() == 3


def test_contracts_of_one_number_stand_side_by_side(world):
    """Money is never made one by itself; all of it hangs on the survivor afterwards."""
    mine, theirs = two(world)
    day = date(2026, 2, 1)
    for customer in (mine, theirs):
        make_contract(customer=customer, number="HT-1", due={day: 300}, paid={day: 100})

    merge_customers(mine, theirs, by=world.north_head, reason="重复登记")

    contracts = mine.contracts.with_sums(date(2026, 3, 1)).order_by("pk")
    assert [one.number for one in contracts] == ["HT-1", f"HT-1 ({theirs.code})"]
    assert [(one.fallen, one.received) for one in contracts] == [(300, 100), (300, 100)]


def test_targets_of_both_are_added(world):
    mine, theirs = two(world)
    for customer, amount in ((mine, 700), (theirs, 50)):
        set_target(world.n1a, by=None, year=2026, amount=Decimal(amount), customer=customer)

    merge_customers(mine, theirs, by=world.north_head, reason="重复登记")

    assert [one.amount for one in mine.sales_targets.all()] == [750]


def test_what_was_moved_is_kept_by_key(world):
    mine, theirs = two(world)
    done = make_activity(customer=theirs, by=world.north_clerk)
    case = make_case(unit=world.n1a, customer=theirs)
    goes = place_of(theirs)

    merge = merge_customers(mine, theirs, by=world.north_head, reason="重复登记")

    moved = {(one["table"], one["field"]): one["keys"] for one in merge.moved}
    assert moved["customers.Activity", "customer"] == [done.pk]
    assert moved["complaints.Case", "customer"] == [case.pk]
    [place] = merge.united
    assert (place["table"], place["key"], place["into"]) == (
        "customers.CustomerUnit",
        goes.pk,
        place_of(mine).pk,
    )
    assert place["row"]["entered_by_id"] == world.north_clerk.pk
    entry = Entry.objects.get(action="customer.merged")
    assert (entry.by, entry.subject_id) == (world.north_head, mine.pk)
    assert entry.detail["former_id"] == theirs.pk
    assert entry.detail["before"]["former"]["name"] == "张三"
    assert entry.detail["moved"]["customers.Activity"] == 1
    assert phone(1)[-8:] not in str(merge.before)


def test_one_place_has_the_best_of_both(world):
    mine, theirs = two(world, keeper=world.north_keeper)
    long_ago, lately = (timezone.now() - timezone.timedelta(days=n) for n in (90, 2))
    CustomerUnit.objects.filter(customer=mine).update(last_contact_at=timezone.now())
    CustomerUnit.objects.filter(customer=theirs).update(last_contact_at=lately, contacted=True)
    make_place(customer=theirs, unit=world.n1b, keeper=world.north_keeper)
    flat = make_property(unit=world.n1a)
    make_ownership(customer=mine, flat=flat, is_primary=False)
    make_ownership(customer=theirs, flat=flat, signed_on=long_ago.date(), share=50)

    merge_customers(mine, theirs, by=world.north_head)

    place = place_of(mine, world.n1a)
    assert (place.last_contact_at, place.contacted) == (lately, True)
    assert place.signed_on == long_ago.date()
    assert place.keeper == world.north_clerk
    assert place_of(mine, world.n1b).keeper == world.north_keeper
    [owned] = mine.ownerships.all()
    assert (owned.is_primary, owned.signed_on, owned.share) == (True, long_ago.date(), 50)


def test_who_refused_to_be_asked_is_not_asked_under_his_other_record(world):
    mine, theirs = two(world)
    wave = make_wave()
    asked = make_sample(unit=world.n1a, wave=wave, customer=mine, state=SampleState.INVITED)
    refused = make_sample(unit=world.n1a, wave=wave, customer=theirs, state=SampleState.REFUSED)

    merge_customers(mine, theirs, by=None)

    asked.refresh_from_db()
    refused.refresh_from_db()
    assert (asked.customer, asked.state) == (mine, SampleState.REFUSED)
    assert (refused.customer, refused.state) == (None, SampleState.REFUSED)


def test_an_answer_stays_with_its_sample(world):
    mine, theirs = two(world)
    wave = make_wave()
    open_ = make_sample(unit=world.n1a, wave=wave, customer=mine, state=SampleState.DRAWN)
    answered = make_sample(unit=world.n1a, wave=wave, customer=theirs, state=SampleState.ANSWERED)
    answer = make_response(unit=world.n1a, wave=wave, customer=theirs, sample=answered)

    merge_customers(mine, theirs, by=None)

    for row in (open_, answered, answer):
        row.refresh_from_db()
    assert (answered.customer, answer.customer, answer.sample) == (mine, mine, answered)
    assert (open_.customer, open_.state) == (None, SampleState.DROPPED)


def test_of_two_shares_the_smaller_right_and_the_earlier_end_hold(world):
    mine, theirs = two(world)
    day = timezone.localdate()
    more = {"to": world.south_head, "by": world.north_head}
    make_share(customer=mine, may_change=True, until=day + timezone.timedelta(days=9), **more)
    make_share(customer=theirs, until=day + timezone.timedelta(days=3), **more)

    merge_customers(mine, theirs, by=None)

    [share] = CustomerShare.objects.filter(content_object=mine)
    assert (share.may_change, share.until) == (False, day + timezone.timedelta(days=3))


def test_a_table_without_a_rule_stops_the_merge(world, english, monkeypatch):
    mine, theirs = two(world)
    make_loss(customer=mine, by=world.north_head)
    make_loss(customer=theirs, by=world.north_head)
    monkeypatch.delitem(RULES, apps.get_model("customers", "Loss"))

    with pytest.raises(Refused, match="Both have an entry under “lost customers”"):
        merge_customers(mine, theirs, by=None)
    assert hanging(theirs)["customers.Loss.customer"] == 1


# --- fields ---------------------------------------------------------------------------------------


def test_values_that_lack_are_filled_and_those_asked_for_are_taken(world):
    mine, theirs = two(
        world, name="单丽", level="A类", gender="女", identity=identity(1), phone=phone(2)
    )
    change_customer(mine, by=None, level="B类", occupation="教师", phone=phone(1))

    merge_customers(mine, theirs, by=None, take=frozenset({"name"}))

    mine.refresh_from_db()
    assert (mine.name, mine.level, mine.gender) == ("单丽", "B类", "女")
    assert mine.occupation == "教师"
    assert (mine.clear("phone"), mine.clear("identity")) == (phone(1), identity(1))
    assert mine.clear("other_phone") == phone(2)  # would be lost otherwise
    assert place_of(mine).name == "单丽"
    assert place_of(mine).pinyin == "shanli"
    assert NameReading.objects.filter(customer=mine, pinyin="danli").count() == 1


def test_a_number_that_is_taken_does_not_become_the_second_one(world):
    mine, theirs = two(world, phone=f"+86{phone(2)}")
    change_customer(mine, by=None, phone=f"+86{phone(1)}")

    merge_customers(mine, theirs, by=None, take=frozenset({"phone"}))

    mine.refresh_from_db()
    assert (mine.clear("phone"), mine.clear("other_phone")) == (phone(2), phone(1))
    # Numbers are found as before: the index is that of the stored form, not of the shown one.
    for number, index in ((2, mine.phone_index), (1, mine.other_phone_index)):
        assert bytes(index) == blind_index("phone", f"+86{phone(number)}")


def test_a_contact_is_filled_with_a_number_that_is_found(world):
    mine, theirs = (
        make_customer(unit=world.n1a, kind="organisation", name="远岸物资") for _one in range(2)
    )
    make_contact(customer=mine, name="郑部长")
    make_contact(customer=theirs, name="郑部长", phone=f"+86{phone(3)}", title="部长")

    merge_customers(mine, theirs, by=None)

    [contact] = mine.contacts.all()
    assert (contact.clear("phone"), contact.title) == (phone(3), "部长")
    assert bytes(contact.phone_index) == blind_index("phone", f"+86{phone(3)}")


# --- refusals -------------------------------------------------------------------------------------


def refused(mine, theirs, sentence, *, by=None, problem=Refused, **more):
    before = hanging(theirs)
    with pytest.raises(problem, match=sentence), transaction.atomic():
        merge_customers(mine, theirs, by=by, **more)
    assert hanging(theirs) == before
    assert CustomerMerge.objects.count() == 0


def test_two_kinds_two_identities_and_oneself_are_refused(world, english):
    mine, theirs = two(world, identity=identity(1))
    other = make_customer(unit=world.n1a, name="张三", identity=identity(2))
    firm = make_customer(unit=world.n1a, kind="organisation", name="张三")

    refused(mine, firm, "A person and an organisation")
    refused(other, theirs, "different identity numbers")
    refused(mine, mine, "with himself")


def test_both_must_be_in_reach_with_the_right_to_merge(world, english):
    mine, _other = two(world)
    south = make_customer(unit=world.s1a, name="张三")
    shared = make_customer(unit=world.s1a, name="张三")
    make_share(customer=shared, to=world.north_head, by=world.south_head, may_change=True)

    for theirs in (south, shared):
        refused(mine, theirs, "Only customers whom you may change", by=world.north_head)
        refused(theirs, mine, "Only customers whom you may change", by=world.north_head)
    refused(mine, _other, "Only customers whom you may change", by=world.north_clerk)
    refused(mine, _other, "Only customers whom you may change", by=world.boss)


def test_who_looked_at_old_values_is_told(world, english):
    mine, theirs = two(world)
    seen = (mine.updated_at, theirs.updated_at)
    Customer.objects.filter(pk=theirs.pk).update(updated_at=timezone.now())

    refused(mine, theirs, "Somebody else has changed one", problem=Stale, unchanged_since=seen)


def test_a_merge_that_breaks_off_leaves_nothing_half(world, monkeypatch):
    mine, theirs = two(world, phone=phone(1))
    make_activity(customer=theirs, by=world.north_clerk)

    def broken(*args, **more):
        raise DatabaseError("the connection broke")

    monkeypatch.setattr(services, "record", broken)
    refused(mine, theirs, "broke", problem=DatabaseError)

    mine.refresh_from_db()
    assert mine.clear("phone") == ""


# --- what the former record leads to --------------------------------------------------------------


def test_its_code_is_nobody_elses_and_chains_lead_to_the_last(world, english):
    first, second = two(world)
    third = make_customer(unit=world.n1a, name="张三")

    merge_customers(second, first, by=None)
    merge_customers(third, second, by=None)

    leads = CustomerMerge.objects.values_list("former_id", "survivor")
    assert dict(leads) == {first.pk: third.pk, second.pk: third.pk}
    with pytest.raises(Refused, match="already taken"):
        create_customer(unit=world.n1a, by=None, kind="person", name="李四", code=first.code)


def test_forms_find_who_took_over_a_code_and_nobody_out_of_reach(world):
    mine, theirs = two(world)
    far = make_customer(unit=world.s1a, by=world.boss, name="远方")
    former = theirs.code
    merge_customers(mine, theirs, by=None)

    for code, found in ((former, mine), (f" {former.lower()} ", mine), (far.code, None)):
        typed = {"customer": code}
        for asked in (
            TargetForm(typed, user=world.north_head),
            AnalysisFilter(
                typed, user=world.north_head, method=METHODS["seasonal"], today=date(2026, 1, 1)
            ),
        ):
            assert ("customer" in asked.errors) is (found is None)
            assert asked.cleaned_data.get("customer") == found
    assert by_code(Customer.objects.all(), far.code) == far
    assert by_code(Customer.objects.all(), "NOBODY") is None


def test_what_was_said_of_a_pair_goes_on_being_said(world):
    mine, theirs = two(world)
    third = make_customer(unit=world.n1a, name="张三")
    said = {"dismissed_at": timezone.now(), "reason": "父子"}
    DuplicatePair.objects.create(first=theirs, second=third, likeness="number_name", **said)
    DuplicatePair.objects.create(first=mine, second=theirs, likeness="number_name")

    merge = merge_customers(mine, theirs, by=None)

    [pair] = DuplicatePair.objects.all()
    assert (pair.first, pair.second, pair.reason) == (mine, third, "父子")
    assert merge.likeness == "number_name"


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_same_pair_one_wins_and_the_other_is_told(world):
    mine, theirs = two(world)
    make_activity(customer=mine, by=world.north_clerk)
    make_activity(customer=theirs, by=world.north_clerk)
    with transaction.atomic():
        merge_customers(mine, theirs, by=world.north_head)
        # The same pair the other way round: he waits for this one to end.
        other = Other(lambda: merge_customers(theirs, mine, by=world.north_keeper))
        other.join(0.5)
        assert other.outcome == "running"
    other.join(20)

    assert other.outcome == "Refused"
    assert CustomerMerge.objects.count() == 1
    assert hanging(mine)["customers.Activity.customer"] == 2


@pytest.mark.django_db(transaction=True)
def test_whoever_writes_to_the_former_record_meanwhile_writes_nothing(world):
    """Foreign keys are looked at when a transaction ends: what is logged for a record that has
    gone meanwhile fails as a whole, and no row is left without its customer."""
    mine, theirs = two(world)

    @transaction.atomic
    def log_while_somebody_merges() -> None:
        make_activity(customer=theirs, by=world.north_clerk)
        other = Other(lambda: merge_customers(mine, theirs, by=None))
        other.join(20)
        assert other.outcome == "done"

    with pytest.raises(IntegrityError):
        log_while_somebody_merges()

    assert hanging(mine).get("customers.Activity.customer", 0) == 0
    assert hanging(theirs) == {}


@pytest.mark.django_db(transaction=True)
def test_a_merge_waits_for_whoever_changes_one_of_the_two(world):
    mine, theirs = two(world)
    with transaction.atomic():
        change_customer(theirs, by=None, level="A类")
        other = Other(lambda: merge_customers(mine, theirs, by=None))
        other.join(0.5)
        assert other.outcome == "running"
    other.join(20)

    assert other.outcome == "done"
    mine.refresh_from_db()
    assert mine.level == "A类"
