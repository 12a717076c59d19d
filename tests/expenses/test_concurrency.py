"""Many people and the last yuan: nobody spends it twice. Real connections."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, connection

from core.errors import Refused
from expenses.models import Application
from expenses.selectors.invariants import differences
from expenses.services import applications, budget_rows, payments
from tests.expenses.papers import cast_of, columns, give_budget, granted, write
from tests.factories import make_customer, say

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20


def at_once(acts) -> list[str]:
    """Everybody begins at the same moment, each on a connection of his own; how it ended."""
    start = Barrier(len(acts))

    def run(act) -> str:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            act()
            return "done"
        except Refused:
            return "refused"
        except IntegrityError:
            return "broken"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=240) for future in [pool.submit(run, act) for act in acts]]


@contextmanager
def without_lock(monkeypatch):
    """The broken twin: budgets are read and nobody waits."""

    def unlocked(rows, **_more):
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(budget_rows, "lock", unlocked)
        yield


def papers_for_the_last(world, count: int) -> tuple:
    """A budget of 700, and papers of 100 each, of which it pays seven."""
    cast_of(world)
    budget = give_budget(world, "700.00")
    customer = make_customer(unit=world.n1a)
    papers = [write(world, "100.00", customers=[(customer, None)]) for _number in range(count)]
    return budget, papers


def submit_all(world, papers) -> list[str]:
    return at_once(
        [lambda paper=paper: applications.submit(paper, by=world.north_clerk) for paper in papers]
    )


def test_twenty_people_ask_for_the_money_of_seven(world):
    budget, papers = papers_for_the_last(world, PEOPLE)

    ended = submit_all(world, papers)

    assert (ended.count("done"), ended.count("refused")) == (7, 13)
    assert columns(budget) == ("700.00", "0.00", "700.00", "0.00", "0.00", "0.00")
    assert Application.objects.filter(state="in_approval").count() == 7
    assert differences() == []


def test_without_the_lock_the_database_still_refuses_the_last_yuan(world, monkeypatch):
    """The twin without the lock ends in errors of the database instead of sentences, but the check
    of the table holds: no yuan is spent twice."""
    budget, _papers = papers_for_the_last(world, 0)
    other = make_customer(unit=world.n1b)
    papers = [
        write(world, "700.00", customers=[(other, None)]),
        write(world, "700.00", customers=[(make_customer(unit=world.n1b), None)]),
    ]
    gate = Barrier(2)
    real = budget_rows.move

    def slow(row, kind, **more):
        gate.wait(timeout=60)  # both have seen 700 left
        real(row, kind, **more)

    monkeypatch.setattr("expenses.services.using.move", slow)
    with without_lock(monkeypatch):
        ended = submit_all(world, papers)

    assert sorted(ended) == ["broken", "done"]
    assert columns(budget)[2] == "700.00"


def test_two_papers_for_one_customer_share_the_ceiling_of_his_year(world):
    cast_of(world)
    give_budget(world)
    say(world.group, "expenses.customer_year_ceiling", Decimal("150.00"))
    customer = make_customer(unit=world.n1a)
    papers = [write(world, "100.00", customers=[(customer, None)]) for _number in range(2)]

    assert sorted(submit_all(world, papers)) == ["done", "refused"]


def test_two_clerks_pay_the_same_paper_once(world):
    cast = cast_of(world)
    give_budget(world)
    paper = granted(world, "100.00")

    ended = at_once(
        [
            lambda: payments.pay(paper, amount=Decimal("100.00"), by=cast.finance),
            lambda: payments.pay(paper, amount=Decimal("100.00"), by=cast.product),
        ]
    )

    assert sorted(ended) == ["done", "refused"]
    assert differences() == []


def test_a_form_sent_twice_at_once_pays_once(world):
    cast = cast_of(world)
    give_budget(world)
    paper = granted(world, "100.00")

    def pay():
        payments.pay(paper, amount=Decimal("50.00"), by=cast.finance, request_key="k")

    assert at_once([pay, pay]) == ["done", "done"]
    assert paper.payments.count() == 1
    assert differences() == []
