"""When limits are due: against a slow clock that counts one minute after the other (CMP-02)."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from complaints import limits
from complaints.limits import Still, due_at, step_at
from complaints.models import CaseEntry, CaseKind, Category, Deadline, EscalationStep, Level, Pause
from complaints.services import make_move
from complaints.services.classes import change_class
from core.errors import Refused, Stale
from core.values.dates import CHINA
from regions.policies.types import Span, rows
from regions.services.calendars import add_exception
from tests.complaints.cases import cast_of, everything, facts_for, fresh, local, stand
from tests.factories import make_case, say
from tests.regions.calendars.reference import MINUTE, SHANGHAI, Office, full_minute, minutes

pytestmark = pytest.mark.django_db

DAY = minutes((540, 720), (810, 1080))  # 09:00–12:00 and 13:30–18:00
FULL = 450
FIRST = dt.datetime(2026, 10, 26, tzinfo=CHINA)  # a Monday


@pytest.fixture
def office(world):
    """The standard week with a day off, a half day and a Saturday at work."""
    office = Office([DAY] * 5 + [set(), set()])
    for day, hours, spans in (
        (dt.date(2026, 10, 28), "", []),
        (dt.date(2026, 10, 30), "09:00-12:00", [(540, 720)]),
        (dt.date(2026, 10, 31), "10:00-16:30", [(600, 990)]),
    ):
        add_exception(
            first_day=day, last_day=day, hours=hours, reason="测试", by=None, unit=world.group
        )
        office.exceptions.append((day, day, minutes(*spans)))
    return office


def in_minutes(span: Span) -> int:
    """A span, reckoned by hand."""
    size = {"minutes": 1, "hours": 60, "working_hours": 60, "working_days": FULL, "days": 1440}
    return int(Decimal(span.amount) * size[span.unit])


def slow_due(office: Office, start: dt.datetime, span: Span, pauses: list[Still]):
    """Walk on a minute at a time; only minutes that count and lie in no pause bring us nearer."""
    left, working = in_minutes(span), span.unit.startswith("working")
    moment = full_minute(start)
    still = [(full_minute(one.start), full_minute(one.end) if one.end else None) for one in pauses]
    while left:
        if any(begin <= moment and (end is None or moment < end) for begin, end in still):
            if any(begin <= moment and end is None for begin, end in still):
                return None
        elif not working or office.works(moment):
            left -= 1
        moment += MINUTE
    return moment.replace(tzinfo=SHANGHAI)


SPANS = st.one_of(
    st.builds(Span, st.integers(1, 600), st.just("minutes")),
    st.builds(Span, st.integers(1, 48), st.just("hours")),
    st.builds(Span, st.integers(1, 16), st.just("working_hours")),
    st.builds(Span, st.sampled_from([Decimal("0.5"), 1, 2]), st.just("working_days")),
)
STARTS = st.integers(0, 5 * 1440).map(lambda n: FIRST + dt.timedelta(minutes=n))
# (minutes since the pause before, minutes it lasts); the first may begin before the limit does.
GAPS = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=5)


def pauses_of(start: dt.datetime, gaps, *, lead: int, last_open: bool) -> list[Still]:
    found, moment = [], start - dt.timedelta(minutes=lead)
    for gap, length in gaps:
        begin = moment + dt.timedelta(minutes=gap)
        moment = begin + dt.timedelta(minutes=length)
        found.append(Still(begin, moment))
    if found and last_open:
        found[-1] = Still(found[-1].start, None)
    return found


QUICK = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(start=STARTS, span=SPANS, gaps=GAPS, lead=st.integers(0, 600), last_open=st.booleans())
def test_every_limit_is_due_when_the_slow_clock_says(
    office, world, start, span, gaps, lead, last_open
):
    pauses = pauses_of(start, gaps, lead=lead, last_open=last_open)

    assert due_at(start, span, world.n1a.pk, pauses) == slow_due(office, start, span, pauses)


def test_the_slow_clock_finds_pauses_that_count_twice(office, world, monkeypatch):
    """The broken twin: adding the pauses' lengths to the due time is wrong as soon as nobody
    would have worked in them."""
    night = [Still(local("2026-10-26T20:00"), local("2026-10-27T08:00"))]
    start, span = local("2026-10-26T17:00"), Span(4, "working_hours")
    careless = limits.due_at(start, span, world.n1a.pk) + (night[0].end - night[0].start)

    assert slow_due(office, start, span, night) == local("2026-10-27T12:00")
    assert due_at(start, span, world.n1a.pk, night) == local("2026-10-27T12:00") != careless


SECONDS = st.integers(0, 4 * 86_400).map(lambda n: dt.timedelta(seconds=n))


@QUICK
@given(start=SECONDS, span=SPANS, cuts=st.lists(SECONDS, min_size=3, max_size=3, unique=True))
def test_a_pause_counts_once_however_it_is_cut(office, world, start, span, cuts):
    """With seconds, too: one pause, the same in two pieces, or with an empty one beside it."""
    first, middle, last = sorted(cuts)
    start, (a, b, c) = FIRST + start, (FIRST + first, FIRST + middle, FIRST + last)
    unit = world.n1a.pk

    whole = due_at(start, span, unit, [Still(a, c)])

    assert due_at(start, span, unit, [Still(a, b), Still(b, c)]) == whole
    assert due_at(start, span, unit, [Still(a, a), Still(a, c), Still(c, c)]) == whole
    assert whole >= due_at(start, span, unit)
    assert not a < whole < c  # nothing falls due while the clock stands still
    assert due_at(start, span, unit, [Still(a, None)]) in (None, due_at(start, span, unit))


@QUICK
@given(start=STARTS, span=SPANS)
def test_a_step_before_and_one_after_are_as_far_away_as_the_ladder_says(office, world, start, span):
    due = due_at(start, Span(3, "working_days"), world.n1a.pk)
    after = step_at(due, world.n1a.pk, "after", span)
    assert after == slow_due(office, due, span, [])
    before = step_at(due, world.n1a.pk, "before", span)
    assert before < due
    if not span.unit.startswith("working"):
        assert due - before == dt.timedelta(minutes=in_minutes(span))
    else:
        assert office.between(before, due) == in_minutes(span)


# --- the variants of the documents ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rule", "span", "limit", "due"),
    [
        ("consultation", "enquiry_reply", Span(10, "minutes"), "first_contact", "20T17:50"),
        ("consultation", "enquiry_reply", Span(30, "minutes"), "first_contact", "20T18:10"),
        ("complaint", "handling", Span(Decimal("0.5"), "working_days"), "resolution", "23T13:55"),
        ("complaint", "first_response", Span(24, "hours"), "first_contact", "21T17:40"),
        ("complaint", "handling", Span(3, "working_days"), "resolution", "25T17:40"),
    ],
)
def test_the_variants_of_the_documents(world, kind, rule, span, limit, due, time_machine):
    """Taken in on a Friday at 17:40, twenty minutes before the office closes."""
    time_machine.move_to(local("2026-11-20T17:40"), tick=False)
    say(world.group, f"complaints.{rule}", span)

    case = make_case(unit=world.n1a, kind=kind, assign=False)

    deadline = Deadline.objects.get(case=case, kind=limit)
    assert deadline.due_at == local(f"2026-11-{due}")
    assert (deadline.amount, deadline.unit_of_time) == (span.amount, span.unit)


def test_the_rules_of_the_day_a_case_came_in_hold_for_it(world, time_machine):
    time_machine.move_to(local("2026-11-20T10:00"), tick=False)
    say(world.group, "complaints.handling", Span(1, "working_days"), since=dt.date(2026, 11, 19))
    earlier = make_case(unit=world.n1a, taken_in_at=local("2026-11-18T10:00"))
    later = make_case(unit=world.n1a)

    spans = dict(Deadline.objects.filter(kind="resolution").values_list("case", "amount"))
    assert spans == {earlier.pk: 3, later.pk: 1}


def test_an_exception_goes_before_the_rule_and_the_nearer_one_before_the_wider(world):
    def row(level, category, hours):
        span = Span(hours, "hours")
        return {"level": level, "category": category, "limit": "resolution", "span": span}

    exceptions = rows([row("", "", 9), row("重要投诉", "", 8), row("", "工程质量", 7)])
    say(world.group, "complaints.limit_exceptions", exceptions)
    leak = Category.objects.get(name="渗漏")
    noise = Category.objects.get(name="噪音")
    grave = Level.objects.get(name="重要投诉")

    def hours(**given):
        case = make_case(unit=world.n1a, assign=False, **given)
        return Deadline.objects.get(case=case, kind="resolution").amount

    assert hours(category=noise) == 9
    assert hours(category=noise, level=grave) == 8
    assert hours(category=leak, level=grave) == 7
    assert Deadline.objects.filter(kind="plan").first().amount == 1  # the rule itself


@pytest.mark.parametrize(
    ("kind", "owed"),
    [
        (CaseKind.COMPLAINT, {"first_contact", "plan", "resolution"}),
        (CaseKind.CONSULTATION, {"first_contact", "resolution"}),
        (CaseKind.PRAISE, set()),
    ],
)
def test_what_is_owed_depends_on_the_kind(world, kind, owed):
    case = make_case(unit=world.n1a, kind=kind, assign=False)

    assert set(Deadline.objects.values_list("kind", flat=True)) == owed
    assert bool(case.next_due_at) is bool(owed)
    make_move(case, "assign", by=None, handler=world.north_clerk)


# --- pauses of real cases -------------------------------------------------------------------------


def test_pauses_move_the_limits_by_what_they_lasted_and_not_more(world, time_machine):
    """Paused on Monday from ten to eleven and again over the night: two and a half hours of work
    are gone, of the night only the hour before it."""
    time_machine.move_to(local("2026-11-23T09:00"), tick=False)
    say(world.group, "complaints.handling", Span(1, "working_days"))
    case = make_case(unit=world.n1a, assign=False)
    stand(case, "in_progress", world.north_clerk)
    assert fresh(case).next_due_at == local("2026-11-23T18:00")

    for begin, end in (("23T10:00", "23T11:00"), ("23T16:30", "24T09:00")):
        time_machine.move_to(local(f"2026-11-{begin}"), tick=False)
        until = local("2026-11-25T12:00")
        make_move(case, "wait_owner", by=None, reason="业主出差", until=until)
        assert fresh(case).next_due_at is None
        assert not EscalationStep.objects.filter(case=case, at__isnull=False).exists()
        time_machine.move_to(local(f"2026-11-{end}"), tick=False)
        make_move(case, "resume", by=None)

    resolution = Deadline.objects.get(case=case, kind="resolution")
    assert resolution.due_at == local("2026-11-24T11:30")
    assert Pause.objects.filter(case=case, ended_at__isnull=False).count() == 2


# --- another level, another category --------------------------------------------------------------


@pytest.fixture
def monday(world, time_machine):
    time_machine.move_to(local("2026-11-23T09:00"), tick=False)
    return world


def test_another_level_counts_from_the_start_and_stands_in_the_log(monday, time_machine):
    case = make_case(unit=monday.n1a, assign=False)
    assert Deadline.objects.get(kind="first_contact").due_at == local("2026-11-24T09:00")
    time_machine.move_to(local("2026-11-23T15:00"), tick=False)
    grave = Level.objects.get(name="重大投诉")

    changed = change_class(case, level=grave, by=None, text="媒体已关注")

    assert Deadline.objects.get(kind="first_contact").due_at == local("2026-11-23T14:30")
    assert changed.next_due_at == fresh(case).next_due_at == local("2026-11-23T14:30")
    entry = CaseEntry.objects.filter(case=case).first()
    assert (entry.kind, entry.text, entry.to_state) == ("classed", "媒体已关注", "")
    assert entry.facts == {"level": ["", "重大投诉"]}
    assert fresh(case).version == 2
    assert Entry.objects.filter(action="case.classed", subject_id=case.pk).count() == 1


def test_another_category_counts_from_the_start(monday):
    row = {"level": "", "category": "渗漏", "limit": "resolution", "span": Span(8, "hours")}
    say(monday.group, "complaints.limit_exceptions", rows([row]))
    noise, leak = (Category.objects.get(name=name) for name in ("噪音", "渗漏"))
    case = make_case(unit=monday.n1a, category=noise, assign=False)
    ordinary = case.level

    change_class(case, category=leak, by=None)

    assert Deadline.objects.get(kind="resolution").due_at == local("2026-11-23T17:00")
    case = fresh(case)
    assert (case.top_category, case.level) == (leak.parent, ordinary)
    facts = CaseEntry.objects.filter(case=case).first().facts
    assert facts == {"category": ["规划设计 › 噪音", "工程质量 › 渗漏"]}


def test_what_was_met_or_told_stays_when_the_level_changes(monday, time_machine):
    from complaints.services import escalate

    case = make_case(unit=monday.n1a, handler=monday.north_clerk)
    make_move(case, "contact", by=None, text="已联系")
    met = Deadline.objects.get(kind="first_contact")
    escalate(Deadline.objects.get(kind="resolution").due_at)
    taken = set(EscalationStep.objects.exclude(taken_at=None).values_list("pk", "at"))
    assert taken

    change_class(case, level=Level.objects.get(name="重大投诉"), by=None)

    assert set(EscalationStep.objects.exclude(taken_at=None).values_list("pk", "at")) == taken
    again = Deadline.objects.get(kind="first_contact")
    assert (again.due_at, again.met_at) == (met.due_at, met.met_at)


def test_the_ladder_of_the_other_level_goes_before(monday):
    """A step of the new ladder is taken although one of the old stood at its place."""
    from complaints.services import escalate

    def row(level, relation, hours):
        return {
            "level": level,
            "limit": "resolution",
            "side": "after",
            "span": Span(hours, "hours"),
            "relation": relation,
        }

    ladder = [
        row("", "handler", 0),
        row("重大投诉", "group_duty", 0),
        row("重大投诉", "handler", 0),
    ]
    say(monday.group, "complaints.ladder", rows(ladder))
    case = make_case(unit=monday.n1a, handler=monday.north_clerk)
    due = Deadline.objects.get(kind="resolution").due_at
    escalate(due)

    change_class(case, level=Level.objects.get(name="重大投诉"), by=None)

    waiting = EscalationStep.objects.filter(taken_at=None).values_list("relation", flat=True)
    assert list(waiting) == ["group_duty"]


def test_who_works_on_a_case_may_class_it_and_nobody_else(monday):
    cast = cast_of(monday)
    grave = Level.objects.get(name="重大投诉")
    case = make_case(unit=monday.n1a, by=cast["officer"], handler=cast["handler"])
    for who in ("officer", "bystander", "sibling", "far", "reader", "boss", "admin"):
        before = everything()
        with pytest.raises(Refused):
            change_class(case, level=grave, by=cast[who])
        assert everything() == before, who

    change_class(case, level=grave, by=cast["handler"])
    change_class(case, level=Level.objects.get(name="一般投诉"), by=cast["head"])


def test_nothing_to_change_an_ended_case_and_an_old_screen_are_refused(monday):
    case = make_case(unit=monday.n1a, assign=False, level=Level.objects.get(name="重大投诉"))
    grave, other = case.level, Level.objects.get(name="一般投诉")
    with pytest.raises(Refused):
        change_class(case, level=grave, by=None)
    with pytest.raises(Refused):
        change_class(case, by=None)
    make_move(case, "contact", by=None, **facts_for("contact", case, None))
    with pytest.raises(Stale):
        change_class(case, level=other, by=None, version=1)
    stand(case, "closed", monday.north_clerk)
    with pytest.raises(Refused):
        change_class(case, level=other, by=None)
    assert fresh(case).level == grave
