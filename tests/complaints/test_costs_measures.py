"""Causes, costs with their bearers, and improvement measures from the day they are given to the
check."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from complaints.exports import COLUMNS, CaseSheet
from complaints.models import Case, CaseEntry, Category, CostLine, Measure
from complaints.selectors.contract_works import by_bearer, cost_by_bearer, costs_of
from complaints.selectors.lists import CaseQuery
from complaints.selectors.measures import MeasureQuery, effect_of, measure_parts
from complaints.selectors.summary import month_summary
from complaints.services.causes import set_cause
from complaints.services.costs import add_cost, remove_cost
from complaints.services.measures import (
    check_measure,
    give_measure,
    remind_owners,
    report_done,
)
from core.errors import Refused
from core.models import Notice
from core.scope import EVERYTHING
from tests.complaints.cases import cast_of, fresh, stand
from tests.complaints.test_concurrency import meet
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def cast(world):
    return cast_of(world)


@pytest.fixture
def case(world, cast):
    return stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])


# --- cause ----------------------------------------------------------------------------------------


def test_a_cause_is_said_changed_and_taken_back(case, cast):
    for cause in ("method", "perception", ""):
        set_cause(case, by=cast["handler"], cause=cause)
        assert fresh(case).cause == cause
    set_cause(case, by=cast["handler"], cause="")
    facts = CaseEntry.objects.filter(case=case, kind="cause").order_by("pk")
    assert [entry.facts["cause"] for entry in facts] == ["method", "perception", ""]
    assert fresh(case).version == case.version + 3
    for by, cause in ((cast["handler"], "luck"), (cast["bystander"], "man"), (cast["boss"], "man")):
        with pytest.raises(Refused):
            set_cause(case, by=by, cause=cause)


# --- costs ----------------------------------------------------------------------------------------


def cost(case, amount="100", bearer="developer", by=None, **values):
    given = {"kind": "labour", "reason": "人工", "amount": Decimal(amount)} | values
    return add_cost(case, by=by, bearer=bearer, **given)


def test_costs_add_up_by_who_bears_them(world, case, cast):
    cost(case, "100.10", by=cast["handler"])
    cost(case, "0.05", reason="材料")
    cost(case, "300", "contractor")
    other = make_case(unit=world.s1a, assign=False)
    cost(other, "7", "owner")

    assert [amount for _bearer, amount in by_bearer(costs_of(case))] == [
        Decimal("300.00"), Decimal("100.15"),
    ]  # fmt: skip
    assert [amount for _b, amount in cost_by_bearer(Case.objects.all())] == [
        Decimal(300), Decimal("100.15"), Decimal(7),
    ]  # fmt: skip
    entry = CaseEntry.objects.filter(case=case, kind="cost_added").order_by("pk")[0]
    assert entry.facts == {"amount": "100.10", "bearer": "developer"}


def test_costs_stand_in_the_export_and_in_the_month(world, case, cast):
    cost(case, "100.10")
    cost(case, "20", "owner")
    make_case(unit=world.n1a, assign=False)

    last = {row[0]: row[-1] for row in CaseSheet(EVERYTHING, CaseQuery()).rows()}
    assert last[case.number] == Decimal("120.10")
    assert sorted(map(str, last.values())) == ["120.10", "None"]
    assert all(len(row) == len(COLUMNS) for row in CaseSheet(EVERYTHING, CaseQuery()).rows())
    first = timezone.localdate().replace(day=1)
    north = month_summary(world.north_head, world.north, first)
    assert [amount for _bearer, amount in north.costs] == [Decimal("100.10"), Decimal(20)]
    assert month_summary(world.boss, world.south, first).costs == []


def test_costs_that_cannot_be(case, cast):
    for values in (
        {"amount": "0"},
        {"amount": "-1"},
        {"reason": " "},
        {"by": cast["bystander"]},
        {"by": cast["reader"]},
    ):
        with pytest.raises(Refused):
            cost(case, **values)
    merged = stand(make_case(unit=case.unit, assign=False), "merged", cast["handler"])
    with pytest.raises(Refused):
        cost(merged)
    with pytest.raises(IntegrityError), transaction.atomic():
        CostLine.objects.create(case=case, kind="labour", amount=-1, bearer="owner", reason="x")
    assert not CostLine.objects.exists()


def test_a_line_is_taken_out_once_and_the_log_keeps_it(case, cast):
    line = cost(case, "88", by=cast["handler"])
    assert cost(case, "88", by=cast["handler"]) == line  # the button pressed twice
    with pytest.raises(Refused):
        remove_cost(line, by=cast["bystander"])

    remove_cost(line, by=cast["handler"])

    with pytest.raises(Refused):
        remove_cost(line, by=cast["handler"])
    assert not CostLine.objects.exists()
    assert list(
        CaseEntry.objects.filter(kind__startswith="cost")
        .order_by("pk")
        .values_list("kind", flat=True)
    ) == ["cost_added", "cost_removed"]


# --- measures -------------------------------------------------------------------------------------


def give_one(cast, unit, by="head", **values):
    given = {
        "text": "塞缝样板先行",
        "owner": cast["handler"],
        "due_on": timezone.localdate() + 9 * DAY,
    }
    return give_measure(unit=unit, by=cast[by] if by else None, **(given | values))


def test_a_measure_goes_from_its_owner_to_a_second_person(case, cast):
    measure = give_one(cast, case.unit, cases=[case], cause="method")

    notice = Notice.objects.get(kind="complaints.measure_given")
    assert (notice.user, notice.url) == (cast["handler"], measure.get_absolute_url())
    assert CaseEntry.objects.filter(case=case, kind="measure").get().facts == {
        "measure": measure.pk
    }
    with pytest.raises(Refused):
        check_measure(measure, by=cast["head"], effective=True)
    for who in ("bystander", "reader", "sibling"):
        with pytest.raises(Refused):
            report_done(measure, by=cast[who], result="已完成")
    with pytest.raises(Refused):
        report_done(measure, by=cast["handler"], result=" ")
    report_done(measure, by=cast["handler"], result="已完成")
    with pytest.raises(Refused):
        report_done(measure, by=cast["handler"], result="已完成")

    for who in ("handler", "bystander", "reader", "sibling", "boss"):
        with pytest.raises(Refused):
            check_measure(measure, by=cast[who], effective=True)
    with pytest.raises(Refused):
        check_measure(measure, by=cast["head"], effective=False)
    done = check_measure(measure, by=cast["head"], effective=False, note="仍有渗漏")
    with pytest.raises(Refused):
        check_measure(measure, by=cast["head"], effective=True)

    assert (done.state, done.effective, done.checked_by) == ("checked", False, cast["head"])


def test_nobody_checks_his_own_work(case, cast):
    """A head who owns a measure, or reported that of his officer, is not the second person."""
    own = give_one(cast, case.unit, owner=cast["head"])
    report_done(own, by=cast["head"], result="已完成")
    for_him = give_one(cast, case.unit)
    report_done(for_him, by=cast["head"], result="已完成")

    for measure in (own, for_him):
        with pytest.raises(Refused):
            check_measure(measure, by=cast["head"], effective=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Measure.objects.filter(pk=own.pk).update(
            state="checked", effective=True, checked_by=cast["head"]
        )
    second = make_user(unit=case.unit, role="section-head", no="C-2ND")
    assert check_measure(own, by=second, effective=True).effective is True


def test_measures_that_cannot_be(case, cast, world):
    left = make_user(unit=case.unit, no="C-LEFT", state="left")
    for values in (
        {"text": " "},
        {"due_on": timezone.localdate() - DAY},
        {"owner": left},
        {"owner": cast["far"]},
        {"owner": cast["admin"]},
        {"by": "reader"},
        {"by": "boss"},
        {"by": "sibling"},
    ):
        with pytest.raises(Refused):
            give_one(cast, case.unit, **values)
    assert not Measure.objects.exists()
    assert not Notice.objects.filter(kind="complaints.measure_given").exists()


def test_owners_are_reminded_before_and_after_each_once(case, cast):
    today = timezone.localdate()
    measure = give_one(cast, case.unit, due_on=today + 10 * DAY)
    told = Notice.objects.filter(kind="complaints.measure_due")

    assert remind_owners(today + 6 * DAY) == 0
    assert remind_owners(today + 7 * DAY) == 1
    assert remind_owners(today + 8 * DAY) == remind_owners(today + 10 * DAY) == 0
    assert remind_owners(today + 11 * DAY) == 1
    assert remind_owners(today + 30 * DAY) == 0
    assert [notice.context["late"] for notice in told.order_by("pk")] == [False, True]
    report_done(measure, by=cast["handler"], result="已完成")
    Notice.objects.all().delete()
    assert remind_owners(today + 40 * DAY) == 0


def test_who_sees_which_measures(case, cast, world):
    own = give_one(cast, case.unit)
    other = give_one(cast, case.unit, owner=cast["head"])
    beside = give_one(cast, world.n1b, by=None, owner=cast["sibling"])

    def seen(who):
        parts = measure_parts(cast[who], MeasureQuery())
        rows = {one for part in parts for one in part}
        assert rows == set(Measure.objects.visible_to(cast[who])), who
        return rows

    assert seen("handler") == {own}
    assert seen("head") == {own, other}
    assert seen("boss") == {own, other, beside}
    assert seen("bystander") == seen("far") == seen("admin") == set()


def test_the_effect_compares_as_many_days_before_and_after(world, cast):
    leak, parking = (Category.objects.get(name=name) for name in ("渗漏", "停车"))
    measure = give_one(cast, world.n1, by=None, owner=world.north_head, category=leak.parent)
    report_done(measure, by=None, result="已完成")
    now = timezone.now()
    Measure.objects.filter(pk=measure.pk).update(
        created_at=now - 40 * DAY, done_at=now - 10 * DAY - timedelta(minutes=5)
    )
    measure = Measure.objects.select_related("unit", "category").get()
    for unit, category, days in (
        (world.n1a, leak, 45), (world.n1b, leak, 49), (world.n1a, leak, 51),  # before
        (world.n1a, leak, 30), (world.n1a, leak, 5), (world.n1a, parking, 5),
        (world.s1a, leak, 5), (world.n1a, leak, 39),
    ):  # fmt: skip
        made = make_case(unit=unit, category=category, assign=False)
        Case.objects.filter(pk=made.pk).update(taken_in_at=now - days * DAY)

    effect = effect_of(world.boss, measure)

    assert (effect.days, effect.before, effect.after) == (10, 2, 1)
    assert effect_of(world.boss, give_one(cast, world.n1a, by=None)) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_check_at_once_one_is_told(world):
    cast = cast_of(world)
    measure = give_one(cast, world.n1a)
    report_done(measure, by=cast["handler"], result="已完成")
    second = make_user(unit=world.n1a, role="section-head", no="C-2ND")

    ended = meet(
        lambda: check_measure(measure, by=cast["head"], effective=True),
        lambda: check_measure(measure, by=second, effective=False, note="无效"),
    )

    assert ended.startswith("Refused")
    assert Measure.objects.get().checked_by == cast["head"]
