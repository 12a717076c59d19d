"""Two people at once: one wins, the other reads who was quicker; locks taken in one order."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from complaints.models import Case, CaseEntry, Measure
from complaints.services import make_move, moves
from complaints.services.groups import form_group, resolve_group
from complaints.services.measures import give_measure, report_done
from core.errors import Refused, Stale
from customers.models import Customer
from customers.services import change_customer
from tests.complaints.cases import cast_of, fresh, stand
from tests.factories import make_case, make_customer

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30


@pytest.fixture
def case(world):
    return make_case(unit=world.n1a, assign=False)


def outcome(act) -> str:
    """How something ended, in a connection of its own."""
    try:
        with translation.override("zh-hans"):
            act()
        return "done"
    except Refused as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    finally:
        connection.close()


def meet(one, other, *, waits: bool = True) -> str:
    """One acts and has not committed yet when another one acts. How the other's act ended."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            one()
            second = pool.submit(outcome, other)
            wait([second], timeout=1.5)
            assert second.done() is not waits
        return second.result(timeout=PATIENCE)


def test_the_slower_of_two_reads_who_was_quicker(world, case):
    cast = cast_of(world)
    stand(case, "accepted", cast["handler"])
    version = fresh(case).version

    def start(who):
        return lambda: make_move(case, "start", by=cast[who], version=version)

    ended = meet(start("handler"), start("head"))

    assert ended.startswith("Stale")
    assert "handler" in ended  # the name of the quicker one
    assert str(fresh(case).get_state_display()) in ended
    assert CaseEntry.objects.filter(case=case, kind="start").count() == 1
    assert fresh(case).version == version + 1


def test_without_a_version_the_second_is_refused_by_the_state(world, case):
    cast = cast_of(world)
    stand(case, "accepted", cast["handler"])

    ended = meet(
        lambda: make_move(case, "start", by=cast["handler"]),
        lambda: make_move(case, "start", by=cast["head"]),
    )

    assert ended.startswith("Refused")
    assert CaseEntry.objects.filter(case=case, kind="start").count() == 1


def test_without_the_lock_both_make_the_move(world, case, monkeypatch):
    """The broken twin: the same two people, and the case is not held."""
    cast = cast_of(world)
    stand(case, "accepted", cast["handler"])
    plain = Case.objects.select_related("level", "category", "top_category", "unit", "handler")
    monkeypatch.setattr(moves, "hold", lambda one, other=None: plain.get(pk=one.pk))

    def first():
        with transaction.atomic():
            make_move(case, "start", by=cast["handler"])

    # Without the lock the second one has read and passed every check before the first commits.
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            second = pool.submit(outcome, lambda: make_move(case, "start", by=cast["head"]))
            wait([second], timeout=1.5)
        assert second.result(timeout=PATIENCE) == "done"
    assert CaseEntry.objects.filter(case=case, kind="start").count() == 2


def test_an_assignment_and_a_resolution_follow_each_other(world, case):
    cast = cast_of(world)
    stand(case, "in_progress", cast["handler"])

    ended = meet(
        lambda: make_move(case, "assign", by=cast["head"], handler=cast["helper"]),
        lambda: make_move(case, "resolve", by=cast["handler"], resolution="已修复"),
    )

    assert ended.startswith("Refused")
    assert (fresh(case).state, fresh(case).handler) == ("assigned", cast["helper"])


def test_two_cases_merged_into_each_other_end_with_one_merger(world, case):
    """Both lock both cases in the same order, so nobody waits for ever."""
    other = make_case(unit=world.n1a, assign=False)

    def merge(one, into):
        return lambda: make_move(Case(pk=one), "merge", by=None, into=Case(pk=into))

    with ThreadPoolExecutor(8) as pool:
        acts = [merge(case.pk, other.pk), merge(other.pk, case.pk)] * 4
        ended = [one.result(timeout=PATIENCE) for one in [pool.submit(outcome, a) for a in acts]]

    assert ended.count("done") == 1
    assert Case.objects.filter(state="merged").count() == 1
    assert {text.partition(":")[0] for text in ended} == {"done", "Refused"}


def test_where_no_person_was_quicker_the_sentence_names_none(world, case):
    version = fresh(case).version
    make_move(case, "contact", by=None, text="系统代记")
    with pytest.raises(Stale, match="已有变动"):
        make_move(case, "contact", by=None, text="再记", version=version)


def test_a_measure_that_was_handed_over_meanwhile_is_still_found(world):
    """Locked together with its owner, the row would be missed: the old owner is joined to it."""
    cast = cast_of(world)
    day = timezone.localdate() + timedelta(days=3)
    measure = give_measure(
        unit=world.n1a, by=None, text="加装排水板", owner=cast["handler"], due_on=day
    )

    ended = meet(
        lambda: Measure.objects.filter(pk=measure.pk).update(owner=cast["helper"]),
        lambda: report_done(measure, by=cast["head"], result="已完成"),
    )

    assert ended == "done"
    assert Measure.objects.get(pk=measure.pk).state == "done"


def test_a_group_is_resolved_whole_while_one_of_its_cases_moves(world):
    """Locked together with its unit, the case that was held would be left out."""
    cases = [make_case(unit=world.n1a, assign=False) for _one in range(2)]
    parent = form_group(cases, by=None, content="多户渗水")

    ended = meet(
        lambda: Case.objects.filter(pk=cases[0].pk).update(unit=world.n1b),
        lambda: resolve_group(parent, by=None, resolution="外墙统一打胶"),
    )

    assert ended == "done"
    assert set(Case.objects.values_list("state", flat=True)) == {"resolved"}


def test_two_first_numbers_of_one_customer_are_both_kept(world):
    """The second one waits for the key that the first one makes, and uses it."""
    customer = make_customer(unit=world.n1a)
    assert customer.subject_id is None

    ended = meet(
        lambda: change_customer(customer, by=None, phone="13800000001"),
        lambda: change_customer(customer, by=None, other_phone="13800000002"),
    )

    assert ended == "done"
    kept = Customer.objects.get(pk=customer.pk)
    assert kept.clear("phone").endswith("0001")
    assert kept.clear("other_phone").endswith("0002")
