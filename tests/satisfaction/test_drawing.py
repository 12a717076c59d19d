"""Who is drawn: at random and reproducibly, by quota, and not those who must be left alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import Refused
from satisfaction.models import Population, Sample, SampleState, Wave, WaveState
from satisfaction.services import replacing
from satisfaction.services.drawing import draw, drop, replace_dropped
from satisfaction.services.quotas import allocate, set_quotas
from tests.factories import make_case, make_place, make_response
from tests.others import Other
from tests.satisfaction.waves import listed, make_owner, make_wave, place_dates, quota


def people(rows, state="drawn"):
    return [row[-1] for row in rows if row[3] == state]


def test_the_same_seed_draws_the_same_list(world):
    for _n in range(12):
        make_owner(world.n1a)
    one, two, other = (make_wave(world.n1, f"W{n}") for n in range(3))
    for wave in (one, two, other):
        quota(wave, world.n1a, 4)

    draw(one, by=None, seed=7)
    draw(two, by=None, seed=7)
    draw(other, by=None, seed=8)

    assert listed(one) == listed(two)
    assert people(listed(one)) != people(listed(other))
    assert [row[2] for row in listed(one)] == list(range(1, 9))
    one.refresh_from_db()
    assert (one.seed, one.drawn_at is not None, one.counted_on) == (7, True, timezone.localdate())
    assert Population.objects.get(wave=one).owners == 12
    with pytest.raises(Refused):
        draw(one, by=None, seed=9)
    assert listed(one) == listed(two)


def test_each_quota_is_drawn_from_its_own_cell(world):
    for unit, stage, count in (
        (world.n1a, "stable", 5),
        (world.n1a, "settling_in", 5),
        (world.n1b, "owner_to_be", 3),
        (world.n1b, "long_standing", 3),
        (world.s1a, "stable", 3),
    ):
        for _n in range(count):
            make_owner(unit, stage)
    wave = make_wave(world.north, expected_response=50, reserve_share=25)
    set_quotas(wave, {(world.n1a.pk, "stable"): 2, (world.n1b.pk, ""): 2}, by=None)

    found = draw(wave, by=None)

    cells = sorted((row[0], row[1], row[3]) for row in listed(wave))
    assert (found.drawn, found.reserves) == (8, 2)  # each answer wanted draws two; a quarter more
    assert cells.count((world.n1a.pk, "stable", "drawn")) == 4
    assert cells.count((world.n1a.pk, "stable", "reserve")) == 1
    assert {cell[0] for cell in cells} == {world.n1a.pk, world.n1b.pk}
    assert all(cell[1] == "stable" for cell in cells if cell[0] == world.n1a.pk)


def _asked(customer, unit, **values):
    earlier = make_wave(unit, f"E{customer.pk}")
    Wave.objects.filter(pk=earlier.pk).update(state=values.pop("wave_state", "closed"))
    row = Sample(wave=earlier, customer=customer, **values)
    row.place_in(unit)
    row.save()


def test_everybody_left_out_is_counted_by_his_reason(world):
    unit, now = world.n1a, timezone.now()
    reasons = {
        "refused": lambda one: _asked(
            one, unit, state="refused", invited_at=now - timedelta(days=900)
        ),
        "case_open": lambda one: make_case(unit=unit, customer=one, kind="complaint"),
        "asked": lambda one: _asked(
            one, unit, state="invited", invited_at=now - timedelta(days=89)
        ),
    }
    left = {reason: make_owner(unit) for reason in reasons}
    for reason, customer in left.items():
        reasons[reason](customer)
    answered, waiting = make_owner(unit), make_owner(unit)
    make_response(unit=unit, customer=answered, answered_at=now - timedelta(days=3))
    _asked(waiting, unit, state="drawn", wave_state="open")
    make_owner(unit, phone=False)
    free = {make_owner(unit).pk for _n in range(2)}
    long_ago = make_owner(unit)
    _asked(long_ago, unit, state="answered", invited_at=now - timedelta(days=91))
    wave = make_wave(unit, excluded_days=90)
    quota(wave, unit, 20)

    found = draw(wave, by=None)

    assert {row[-1] for row in listed(wave)} == free | {long_ago.pk}
    assert found.left_out == {"refused": 1, "case_open": 1, "asked": 3, "unreachable": 1}
    wave.refresh_from_db()
    assert wave.left_out == found.left_out


def test_who_owns_in_two_projects_is_asked_once(world):
    both = make_owner(world.n1a)
    make_place(customer=both, unit=world.n1b)
    place_dates(both, world.n1b, "stable")
    wave = make_wave(world.n1)
    set_quotas(wave, {(world.n1a.pk, ""): 5, (world.n1b.pk, ""): 5}, by=None)

    found = draw(wave, by=None)

    assert [row[-1] for row in listed(wave)] == [both.pk]
    assert found.left_out == {"elsewhere": 1}


def test_a_draw_refuses_what_makes_no_sample(world):
    wave = make_wave(world.n1a)
    with pytest.raises(Refused):  # no quota
        draw(wave, by=None)
    quota(wave, world.n1a, 3)
    with pytest.raises(Refused):  # nobody there
        draw(wave, by=None)
    make_owner(world.n1a)
    with pytest.raises(Refused):  # not his branch
        draw(wave, by=world.south_keeper)
    with pytest.raises(Refused):  # reads, does not run surveys
        draw(wave, by=world.north_clerk)
    assert not Sample.objects.exists()
    draw(wave, by=world.north_keeper)


@pytest.mark.parametrize(
    ("owners", "total", "minimum", "wanted"),
    [
        ({1: 100, 2: 100, 3: 100}, 100, 0, {1: 34, 2: 33, 3: 33}),
        ({1: 700, 2: 200, 3: 100}, 10, 0, {1: 7, 2: 2, 3: 1}),
        ({1: 900, 2: 50, 3: 50}, 100, 10, {1: 80, 2: 10, 3: 10}),
        ({1: 900, 2: 4, 3: 0}, 100, 10, {1: 96, 2: 4}),
        ({1: 6, 2: 3}, 100, 0, {1: 6, 2: 3}),
        ({1: 50, 2: 50}, 10, 10, {1: 10, 2: 10}),
    ],
)
def test_quotas_are_proportional_with_a_minimum(owners, total, minimum, wanted):
    cells = {(unit, ""): count for unit, count in owners.items()}

    assert allocate(cells, total, minimum) == {(unit, ""): n for unit, n in wanted.items()}


@pytest.fixture
def drawn(world):
    """Three drawn and three reserves of one project."""
    for _n in range(6):
        make_owner(world.n1a)
    wave = make_wave(world.n1a)
    quota(wave, world.n1a, 3)
    draw(wave, by=None, seed=1)
    return Sample.objects.filter(wave=wave).order_by("position")


def test_a_reserve_steps_in_once_in_the_order_of_the_draw(drawn):
    first, second, third = drawn[:3]

    moved = drop(first, SampleState.REFUSED, by=None)
    again = drop(first, SampleState.DROPPED, by=None)

    assert (moved.position, moved.state, moved.replaces_id) == (4, "drawn", first.pk)
    assert again is None
    first.refresh_from_db()
    assert first.state == "refused"
    Sample.objects.filter(pk__in=[second.pk, third.pk]).update(state="unreached")
    assert replace_dropped(first.wave, by=None) == 2
    assert replace_dropped(first.wave, by=None) == 0
    assert [one.replaces_id for one in drawn[3:]] == [first.pk, second.pk, third.pk]


def test_nobody_steps_in_where_nobody_is_wanted(drawn):
    first, second, third = drawn[:3]
    with pytest.raises(ValueError, match="does not end"):
        drop(first, SampleState.INVITED, by=None)
    assert drop(drawn[5], SampleState.DROPPED, by=None) is None  # a reserve himself
    Sample.objects.filter(pk=second.pk).update(state="answered")
    with pytest.raises(Refused):
        drop(second, SampleState.REFUSED, by=None)
    Wave.objects.update(state=WaveState.CLOSED)
    assert drop(third, SampleState.REFUSED, by=None) is None
    assert not drawn.filter(replaces__isnull=False).exists()


def test_a_full_quota_takes_no_reserve(drawn):
    for _n in range(3):
        make_response(unit=drawn[0].unit, wave=drawn[0].wave, stage="stable")

    assert drop(drawn[0], SampleState.REFUSED, by=None) is None


def _two_drops_at_once(drawn) -> tuple[Sample, str]:
    from django.db import transaction

    one, two = drawn[:2]
    with transaction.atomic():
        moved = drop(one, SampleState.REFUSED, by=None)
        other = Other(lambda: drop(two, SampleState.UNREACHED, by=None))
        other.join(1)
    other.join(20)
    return moved, other.outcome


@pytest.mark.django_db(transaction=True)
def test_two_interviewers_move_two_reserves(drawn):
    moved, outcome = _two_drops_at_once(drawn)

    assert outcome == "done"
    assert moved.position == 4
    assert [one.replaces.position for one in drawn[3:5]] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_one_reserve_replaces_two(drawn, monkeypatch):
    """The broken twin: the quota is read, not held."""

    def unlocked(wave, units):
        from satisfaction.models import Quota

        rows = Quota.objects.filter(wave=wave, unit__in=units)
        return {(row.unit_id, row.stage): row for row in rows}

    monkeypatch.setattr(replacing, "_locked_quotas", unlocked)
    _two_drops_at_once(drawn)

    assert drawn.filter(replaces__isnull=False).count() == 1
