"""Strategic customers: who owes which contact by when, and what is written into the file."""

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from audit.models import Entry
from compliance.models import (
    Assignment,
    AssignmentState,
    Charge,
    CustomerPlan,
    EarlySignal,
    ResourceRequest,
    Talk,
    TalkKind,
)
from compliance.selectors.follow_up import Asked, rules_for
from compliance.selectors.matching import REGION, misfits, rank_of
from compliance.selectors.owed import duties, duties_of, owed, period_of, strategic
from compliance.selectors.strategic import (
    StrategicQuery,
    strategic_customers,
    strategic_file,
    strategic_page,
)
from compliance.services import strategic as verbs
from core.errors import Refused
from core.models import Notice
from customers.models import Activity
from customers.selectors.rhythm import FREQUENCY
from customers.services import log_activity
from regions.policies import find
from regions.policies.types import rows
from tests.compliance.strategic import local, organisation, run_by
from tests.factories import (
    give,
    make_activity,
    make_contact,
    make_customer,
    make_place,
    make_post,
    make_share,
    make_user,
    place_of,
    say,
)

pytestmark = pytest.mark.django_db
SINCE = dt.date(2025, 6, 1)
ENGLISH = {"accept-language": "en"}


def at(year, month, day, hour=10):
    return time_machine.travel(local(year, month, day, hour), tick=False)


@pytest.fixture
def customer(world):
    """A customer on the list for more than a year, run by clerk and head of the north."""
    with at(2025, 6, 1):
        found = organisation(world)
    return run_by(world, found, since=SINCE)


def roles(customer, day):
    """Role → (done, wanted, last day, late)."""
    return {
        duty.role: (duty.done, duty.wanted, duty.last, duty.late)
        for duty in duties([customer], day)
    }


# --- who owes what ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "day", "first", "last"),
    [
        ("month", dt.date(2028, 2, 29), dt.date(2028, 2, 1), dt.date(2028, 2, 29)),
        ("month", dt.date(2027, 2, 1), dt.date(2027, 2, 1), dt.date(2027, 2, 28)),
        ("quarter", dt.date(2026, 12, 31), dt.date(2026, 10, 1), dt.date(2026, 12, 31)),
        ("half_year", dt.date(2026, 7, 1), dt.date(2026, 7, 1), dt.date(2026, 12, 31)),
        ("year", dt.date(2026, 1, 1), dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    ],
)
def test_periods_are_those_of_the_calendar(span, day, first, last):
    assert period_of(span, day) == (first, last)


def test_who_is_late_is_told_of_the_day_that_was_missed(client, world, customer):
    """The limit of the running period lies ahead: it is not what was missed."""
    client.force_login(world.north_clerk)
    address = reverse("compliance:strategic-customer", args=[customer.pk])
    with at(2026, 11, 23):
        found = {duty.role: duty.was_due for duty in duties([customer])}
        pages = [
            " ".join(strip_tags(client.get(url, headers=ENGLISH).content.decode()).split())
            for url in (reverse("compliance:strategic"), address, reverse("compliance:me"))
        ]

    assert found == {
        "specialist": dt.date(2026, 10, 31),
        "contact_leader": None,
        "top_leader": None,
        "travelling_leader": None,
    }
    for page in pages[:2]:
        assert "Late was due by 2026-10-31 · this period 0 of 1 · by 2026-11-30" in page
    assert "Late was due by 2026-10-31" in pages[2]


def test_everybody_owes_his_part(world, customer):
    manager = make_user(unit=world.n1, name="总经理")
    make_post(user=manager, unit=world.n1, function="总经理")
    day = dt.date(2026, 11, 22)
    year_end = dt.date(2026, 12, 31)

    assert roles(customer, day) == {
        "specialist": (0, 1, dt.date(2026, 11, 30), True),
        "top_leader": (0, 1, year_end, False),
        "contact_leader": (0, 2, year_end, False),
        "travelling_leader": (0, 1, year_end, False),
    }
    assert [duty.role for duty in duties_of(manager, day)] == ["top_leader"]
    assert {duty.role for duty in duties_of(world.north_clerk, day)} == {
        "specialist",
        "travelling_leader",
    }
    assert duties_of(world.south_head, day) == []


def test_a_contact_counts_in_its_month_and_for_who_had_it(world, customer):
    make_activity(customer=customer, by=world.north_clerk, at=local(2026, 10, 31, 23))
    make_activity(customer=customer, by=world.north_head, at=local(2026, 11, 2), kind="visit")
    make_activity(customer=customer, by=world.north_head, at=local(2026, 11, 3), kind="call")
    make_activity(customer=customer, by=world.north_clerk, at=local(2026, 11, 4), kind="note")
    make_activity(customer=customer, by=world.north_clerk, at=local(2026, 11, 5), state="planned")
    found = roles(customer, dt.date(2026, 11, 22))

    # October's call keeps November's specialist from being late, but his month is still empty.
    assert found["specialist"] == (0, 1, dt.date(2026, 11, 30), False)
    # A leader is counted by visits and meetings, not by calls.
    assert found["contact_leader"][0] == 1
    assert roles(customer, dt.date(2026, 12, 1))["specialist"][3] is True


def test_nobody_is_late_for_the_time_before_he_was_appointed(world):
    with at(2026, 1, 5):
        found = run_by(world, organisation(world), since=dt.date(2026, 11, 10))

    assert roles(found, dt.date(2026, 11, 22))["specialist"][3] is False
    assert roles(found, dt.date(2026, 12, 1))["specialist"][3] is False
    assert roles(found, dt.date(2027, 1, 1))["specialist"][3] is True


def test_a_new_specialist_begins_anew_and_the_leader_does_not(world, customer):
    other = make_user(unit=world.n1a)
    place = make_place(customer=customer, unit=world.n1b, keeper=other)
    give(other, "staff", world.n1b)
    with at(2026, 11, 20):
        verbs.change_pair(
            customer, by=world.reader, specialist=other, contact_leader=world.north_head,
            reason="调岗",
        )  # fmt: skip
    customer.refresh_from_db()

    assert place.customer_id == customer.pk
    assert roles(customer, dt.date(2026, 12, 1))["specialist"][3] is False
    customer.charge.refresh_from_db()
    assert (customer.charge.specialist_since, customer.charge.leader_since) == (
        dt.date(2026, 11, 20),
        SINCE,
    )


def test_a_unit_says_how_often(world, customer):
    say(
        world.north,
        FREQUENCY,
        rows(({"whom": "strategic", "who": "specialist", "times": 4, "span": "quarter"},)),
        since=dt.date(2025, 1, 1),
    )

    assert roles(customer, dt.date(2026, 11, 22)) == {
        "specialist": (0, 4, dt.date(2026, 12, 31), True)
    }


def test_what_is_owed_is_read_in_as_many_queries_for_three_as_for_one(world, customer):
    others = [organisation(world, name=f"集团{number}") for number in range(2)]
    for other in others:
        run_by(world, other, since=SINCE)
        make_activity(customer=other, by=world.north_clerk)
    counts = []
    for some in (strategic().filter(pk=customer.pk), strategic()):
        with CaptureQueriesContext(connection) as queries:
            owed(list(some))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 10


# --- list and reach -----------------------------------------------------------------------------


def test_the_list_holds_who_has_a_place_in_reach(world, customer):
    shared = run_by(world, organisation(world, name="共享集团", unit=world.n1))
    make_place(customer=shared, unit=world.s1a, keeper=world.south_clerk)
    make_share(customer=customer, to=world.south_clerk, until=timezone.localdate())
    make_customer(unit=world.s1a, kind="organisation", level="重点客户")
    seen = {
        name: sorted(one.name for one in strategic_customers(getattr(world, name)))
        for name in ("north_head", "south_head", "south_clerk", "boss")
    }

    both = sorted(["滨江城投集团", "共享集团"])
    assert seen == {
        "north_head": both,
        "south_head": ["共享集团"],
        "south_clerk": ["共享集团"],
        "boss": both,
    }


def test_the_filter_of_late_ones_and_the_rule_agree(world, customer):
    fresh = run_by(world, organisation(world, name="新签集团"))
    asked = Asked(world.north_head, world.n1)
    rule = next(one for one in rules_for(world.north_head) if one.key == "strategic")

    late = list(strategic_customers(world.north_head, StrategicQuery(late=True)))
    assert (late, rule.count(asked)) == ([customer], (1, False))
    assert fresh not in late
    page = strategic_page(world.north_head, StrategicQuery())
    assert {row.customer: bool(row.owed) for row in page.rows} == {customer: True, fresh: True}
    assert rule.count(Asked(world.boss, world.s1)) == (0, False)


def test_the_page_asks_as_much_for_three_customers_as_for_one(client, world, customer):
    client.force_login(world.north_head)
    client.get(reverse("compliance:strategic"))
    counts = []
    for extra in (0, 2):
        for number in range(extra):
            run_by(world, organisation(world, name=f"集团{number}"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("compliance:strategic")).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_who_left_makes_the_pair_incomplete(world, customer):
    vacant = StrategicQuery(vacant=True)
    assert not strategic_customers(world.boss, vacant)
    type(world.north_clerk).objects.filter(pk=world.north_clerk.pk).update(state="left")
    assert list(strategic_customers(world.boss, vacant)) == [customer]


# --- follow-up rules ----------------------------------------------------------------------------


def test_every_rule_counts_the_rows_its_address_shows(client, world, customer):
    say(
        world.group,
        FREQUENCY,
        (*find(FREQUENCY).default, *rows(({"whom": "key", "who": "keeper", "times": 1,
                                           "span": "month"},))),
    )  # fmt: skip
    keyed = make_customer(unit=world.n1a, keeper=world.north_clerk, kind="organisation",
                          level="重点客户")  # fmt: skip
    place = place_of(keyed)
    type(place).objects.filter(pk=place.pk).update(
        last_contact_at=timezone.now() - dt.timedelta(days=60),
        next_contact_on=timezone.localdate(),
    )
    yesterday = timezone.now() - dt.timedelta(days=1)
    plan = make_activity(customer=keyed, by=world.north_clerk, at=yesterday, state="planned")
    asked = Asked(world.north_clerk, world.n1a, person=world.north_clerk)
    client.force_login(world.north_clerk)
    found = {}
    for rule in rules_for(world.north_clerk):
        found[rule.key] = rule.count(asked)[0]
        assert client.get(rule.url(asked)).status_code == 200, rule.key

    assert found.pop("summaries") == 1
    assert found == {"strategic": 1, "contact": 1, "promised": 1, "planned": 1, "inquiries": 0}
    page = client.get(reverse("compliance:late-plans"))
    assert [row.pk for row in page.context["rows"]] == [plan.pk]
    assert client.get(reverse("compliance:follow-up")).status_code == 200
    client.force_login(world.south_head)
    assert client.get(reverse("compliance:late-plans")).context["rows"] == []


def test_a_consultation_past_its_time_is_an_unanswered_inquiry(world):
    from tests.factories import make_case

    case = make_case(unit=world.n1a, by=world.north_head, kind="consultation")
    rule = next(one for one in rules_for(world.north_head) if one.key == "inquiries")
    type(case).objects.filter(pk=case.pk).update(
        next_due_at=timezone.now() - dt.timedelta(minutes=1)
    )

    assert rule.count(Asked(world.north_head)) == (1, False)
    assert rule.count(Asked(world.south_head)) == (0, False)


def test_the_contact_plan_names_each_class(client, world):
    client.force_login(world.north_clerk)
    text = client.get(reverse("compliance:contact-plan")).content.decode()

    assert "战略客户" in text
    assert "VIP" in text


# --- rank and region ----------------------------------------------------------------------------


RANKS = find("compliance.visit_ranks").default


@pytest.mark.parametrize(
    ("title", "rank"),
    [("董事长", 5), ("常务副总经理", 3), ("总经理", 4), ("市场部部长", 2), ("顾问", None)],
)
def test_a_title_has_the_rank_of_its_first_word(title, rank):
    assert rank_of(title, RANKS) == rank


def test_leaders_meet_at_equal_rank_and_in_their_region(world):
    def check(ours, theirs, unit):
        return misfits(
            ours=ours, theirs=theirs, leader_unit=unit, place_unit=world.n1a, table=RANKS, gap=1
        )

    assert check("总经理", "董事长", world.north) == []
    assert check("部门经理", "董事长", world.north) == ["rank"]
    assert check("总经理", "总裁", world.south) == [REGION]
    assert check("总裁", "总经理", world.group) == []
    assert check("", "董事长", world.north) == []


def test_a_talk_is_prepared_minuted_and_counts(world, customer):
    host = make_contact(customer=customer, name="周总", title="董事长")
    type(world.north_head).objects.filter(pk=world.north_head.pk).update(position="总经理")
    world.north_head.refresh_from_db()
    given = {
        "by": world.north_clerk,
        "kind": TalkKind.TRIP,
        "leader": world.north_head,
        "host": host,
        "purpose": "汇报在建项目进度，商定保修问题",
    }
    with at(2026, 11, 20):
        talk = verbs.plan_talk(place_of(customer), at=local(2026, 11, 21), **given)
        with pytest.raises(Refused):
            verbs.hold_talk(talk, by=world.north_clerk, minutes="已商定")
        with pytest.raises(Refused):
            verbs.plan_talk(
                place_of(customer), at=local(2026, 11, 21),
                **(given | {"leader": world.south_head}),
            )  # fmt: skip
    with at(2026, 11, 22):
        verbs.hold_talk(talk, by=world.north_clerk, minutes="已商定，月底前回复")
        with pytest.raises(Refused):
            verbs.hold_talk(talk, by=world.north_clerk, minutes="再来")

    visit = Activity.objects.get()
    assert (visit.by, visit.entered_by, visit.kind) == (
        world.north_head,
        world.north_clerk,
        "visit",
    )
    found = roles(customer, dt.date(2026, 11, 22))
    assert (found["contact_leader"][0], found["travelling_leader"][0]) == (1, 1)


def test_a_misfit_needs_a_reason(world, customer):
    with at(2026, 11, 20):
        talk = verbs.plan_talk(
            place_of(customer), by=world.north_clerk, kind="visit", at=local(2026, 11, 21),
            leader=world.south_head, purpose="拜访", override="原合作经办人",
        )  # fmt: skip
    assert Talk.objects.get() == talk
    assert talk.misfit == [REGION]


# --- signals, summaries, resources, plans -------------------------------------------------------


def test_a_signal_gives_the_specialist_a_task_that_its_outcome_ends(world, customer):
    with at(2026, 11, 18):
        signal = verbs.note_signal(
            customer, by=world.north_head, kind="people", content="董事长将调离",
            learnt_on=dt.date(2026, 11, 17), act_by=dt.date(2026, 11, 20),
        )  # fmt: skip
        task = Assignment.objects.get()
        assert (task.to, task.customer, task.state) == (
            world.north_clerk,
            customer,
            AssignmentState.OPEN,
        )
        assert timezone.localdate(task.due_at) == dt.date(2026, 11, 20)
        assert Notice.objects.filter(kind="compliance.early_signal", user=world.north_head).exists()
        verbs.close_signal(signal, by=world.north_clerk, outcome="已拜访新任董事长")
    task.refresh_from_db()

    assert task.state == AssignmentState.DONE
    with pytest.raises(Refused):
        verbs.close_signal(signal, by=world.north_clerk, outcome="再次")


@pytest.mark.parametrize(
    ("learnt", "act"),
    [(dt.date(2026, 11, 19), dt.date(2026, 11, 20)), (dt.date(2026, 11, 1), dt.date(2026, 11, 17))],
)
def test_a_signal_from_the_future_or_too_late_is_refused(world, customer, learnt, act):
    with at(2026, 11, 18), pytest.raises(Refused):
        verbs.note_signal(
            customer, by=world.north_head, kind="other", content="x", learnt_on=learnt, act_by=act
        )
    assert not EarlySignal.objects.exists()


def test_only_the_specialist_sums_up_and_only_what_is_fresh(world, customer):
    given = {"progress": "主体封顶", "requests": "", "next_steps": "拜访"}
    month = dt.date(2026, 11, 1)
    with at(2026, 11, 30):
        row = verbs.save_summary(customer, by=world.north_clerk, month=month, **given)
        again = verbs.save_summary(
            customer, by=world.north_clerk, month=month, **(given | {"progress": "更正"})
        )
        with pytest.raises(Refused):
            verbs.save_summary(customer, by=world.north_head, month=month, **given)
        for wrong in (dt.date(2026, 12, 1), dt.date(2026, 9, 1)):
            with pytest.raises(Refused):
                verbs.save_summary(customer, by=world.north_clerk, month=wrong, **given)

    assert (row.pk, again.progress) == (again.pk, "更正")


def test_specialists_are_reminded_at_the_end_of_a_month_once(world, customer):
    told = []
    for day in (27, 28, 29):
        with at(2028, 2, day):
            told.append(verbs.remind_specialists())
    assert told == [1, 0, 0]
    with at(2028, 3, 28):
        assert verbs.remind_specialists() == 0
    with at(2028, 3, 30):
        verbs.save_summary(
            customer, by=world.north_clerk, month=dt.date(2028, 3, 1), progress="x", requests="",
            next_steps="y",
        )  # fmt: skip
        log_activity(
            place_of(customer), by=world.north_clerk, kind="call", content="x", at=timezone.now()
        )
        assert verbs.remind_specialists() == 0


def test_a_request_is_urged_until_its_end(world, customer):
    with at(2026, 11, 1):
        row = verbs.ask_resource(
            customer, by=world.north_clerk, kind="staff", content="两名质检员",
            department="工程部", to=world.north_keeper, needed_by=dt.date(2026, 11, 5),
        )  # fmt: skip
    urged = []
    for day in (5, 6, 6, 7, 9):
        with at(2026, 11, day):
            urged.append(verbs.urge_late_resources())
    with at(2026, 11, 9):
        with pytest.raises(Refused):
            verbs.urge_resource(row, by=world.north_clerk)
        with pytest.raises(Refused):
            verbs.answer_resource(row, by=world.north_clerk, state="done", answer="")
        with pytest.raises(Refused):
            verbs.answer_resource(row, by=world.north_keeper, state="refused", answer=" ")
        verbs.answer_resource(row, by=world.north_keeper, state="granted", answer="下周")
    with at(2026, 11, 12):
        assert verbs.urge_late_resources() == 1
        verbs.answer_resource(row, by=world.north_keeper, state="done", answer="已到岗")
        assert verbs.urge_late_resources(dt.date(2026, 12, 1)) == 0

    assert urged == [0, 1, 0, 0, 1]
    assert ResourceRequest.objects.get().urged == 3


def test_no_open_request_is_hidden_behind_older_ones(client, world, customer):
    def ask(number, **values):
        return ResourceRequest.objects.create(
            customer=customer, by=world.north_clerk, kind="staff", content=f"需求{number}",
            department="工程部", to=world.north_keeper,
            needed_by=dt.date(2026, 1, 1) + dt.timedelta(days=number), **values,
        )  # fmt: skip

    ended = [ask(number, state="done") for number in range(12)]
    lasting = [ask(number) for number in range(20, 32)]
    signals = [
        EarlySignal.objects.create(
            customer=customer, by=world.north_clerk, kind="people", content="换届",
            learnt_on=dt.date(2026, 1, 1 + number), act_by=dt.date(2026, 3, 1),
            **({"outcome": "已拜访", "closed_at": timezone.now()} if number else {}),
        )
        for number in range(12)
    ]  # fmt: skip

    file = strategic_file(world.north_clerk, customer)

    assert file.requests == [*lasting, *ended[:1:-1]]
    assert (file.signals[0], len(file.signals)) == (signals[0], 11)
    client.force_login(world.north_clerk)
    page = client.get(reverse("compliance:strategic-customer", args=[customer.pk]))
    urge = reverse("compliance:resource-urge", args=[customer.pk, lasting[-1].pk])
    assert urge in page.content.decode()


def test_a_plan_goes_to_the_market_head_and_back(world, customer):
    answers = {"problem": "工期", "cost": "造价", "convenience": "", "communication": "周会"}
    year = timezone.localdate().year
    given = {"by": world.north_clerk, "year": year, "goals": "续签", "steps": "每季拜访"}
    with pytest.raises(Refused):
        verbs.save_plan(customer, answers=answers, submit=True, **given)
    assert not CustomerPlan.objects.exists()
    full = answers | {"convenience": "专人对接"}
    plan = verbs.save_plan(customer, answers=full, submit=True, **given)
    for wrong in (
        lambda: verbs.save_plan(customer, answers=full, **given),
        lambda: verbs.review_plan(plan, by=world.north_clerk, advice="好"),
        lambda: verbs.review_plan(plan, by=world.north_head, advice="", send_back=True),
    ):
        with pytest.raises(Refused):
            wrong()
    verbs.review_plan(plan, by=world.north_head, advice="补充回款目标", send_back=True)
    plan = verbs.save_plan(customer, answers=full, submit=True, **given)
    plan = verbs.review_plan(plan, by=world.north_head, advice="同意")

    assert plan.state == "reviewed"
    with pytest.raises(Refused):
        verbs.review_plan(plan, by=world.north_head, advice="再看")


def test_gaps_of_a_plan_that_is_submitted_are_marked_at_their_fields(client, world, customer):
    client.force_login(world.north_clerk)
    address = reverse("compliance:strategic-plan", args=[customer.pk])
    values = {"goals": "续签", "steps": "每季拜访", "problem": "工期", "cost": " "}
    stars = client.get(address).content.decode().count('class="crm-required"')
    assert stars == 6

    refused = client.post(address, values | {"submit": "1"}, headers=ENGLISH)

    assert refused.status_code == 422
    assert refused.context["form"].errors == {
        name: ["Please fill this in before submitting."]
        for name in ("cost", "convenience", "communication")
    }
    assert not CustomerPlan.objects.exists()
    assert client.post(address, values).status_code == 302
    assert CustomerPlan.objects.get().state == "draft"


def test_an_open_signal_and_an_empty_choice_are_named_as_elsewhere(client, world, customer):
    verbs.note_signal(
        customer, by=world.north_clerk, kind="people", content="董事长将调离",
        learnt_on=timezone.localdate(), act_by=timezone.localdate(),
    )  # fmt: skip
    client.force_login(world.north_clerk)

    file = client.get(reverse("compliance:strategic-customer", args=[customer.pk]))
    talk = client.get(reverse("compliance:talk-new", args=[customer.pk]))

    assert "董事长将调离" in file.content.decode()
    assert "未满" not in file.content.decode()  # which is said of samples
    assert '<option value="" selected>—</option>' in talk.content.decode()
    assert "---" not in talk.content.decode()


def test_the_market_head_is_told_of_a_plan_and_finds_it(client, world, customer):
    year = timezone.localdate().year
    answers = dict.fromkeys(("problem", "cost", "convenience", "communication"), "有")
    given = {"by": world.north_clerk, "goals": "续签", "steps": "拜访", "answers": answers}
    for wrong in (year - 2, year + 2):
        with pytest.raises(Refused):
            verbs.save_plan(customer, year=wrong, **given)
    verbs.save_plan(customer, year=year - 1, **given)
    assert not Notice.objects.filter(kind="compliance.plan_submitted").exists()

    client.force_login(world.north_clerk)
    address = reverse("compliance:strategic-plan", args=[customer.pk])
    form = answers | {"goals": "新年", "steps": "每季", "submit": "1"}
    sent = client.post(f"{address}?year={year + 1}", form)
    file = reverse("compliance:strategic-customer", args=[customer.pk])
    assert (sent.status_code, sent["Location"]) == (302, f"{file}?year={year + 1}")
    assert CustomerPlan.objects.get(year=year + 1).state == "submitted"

    told = Notice.objects.filter(kind="compliance.plan_submitted")
    numbers = set(told.values_list("user__employee_no", flat=True))
    assert "N-HEAD" in numbers
    assert not numbers & {"N-CLERK", "S-HEAD", "G-BOSS"}
    client.force_login(world.north_head)
    waiting = client.get(reverse("compliance:strategic"), {"waiting": "on"})
    assert [row.customer for row in waiting.context["rows"]] == [customer]
    assert told.first().url == f"{file}?year={year + 1}"
    review = reverse("compliance:strategic-plan-review", args=[customer.pk])
    assert f"{review}?year={year + 1}" in client.get(told.first().url).content.decode()
    verdict = {"verdict": "stands", "advice": "可行"}
    client.post(f"{review}?year={year + 1}", verdict)
    assert CustomerPlan.objects.get(year=year + 1).state == "reviewed"
    waiting = client.get(reverse("compliance:strategic"), {"waiting": "on"})
    assert waiting.context["rows"] == []


def test_a_month_nobody_summed_up_is_followed_up_and_the_office_hears_of_those(world, customer):
    office = make_user(unit=world.group, role="group-function", no="G-OFFICE")
    with at(2026, 11, 5):
        rule = next(one for one in rules_for(world.north_head) if one.key == "summaries")
        assert rule.count(Asked(world.north_head)) == (1, False)
        assert rule.count(Asked(world.south_head)) == (0, False)
        verbs.save_summary(
            customer, by=world.north_clerk, month=dt.date(2026, 10, 1), progress="封顶",
            requests="", next_steps="验收",
        )  # fmt: skip
        assert rule.count(Asked(world.north_head)) == (0, False)
    told = Notice.objects.filter(kind="compliance.month_summary")
    assert {world.north_head, office} <= {one.user for one in told}
    assert world.north_clerk not in {one.user for one in told}
    with at(2026, 12, 5):
        assert rule.count(Asked(world.north_head)) == (1, False)
        Charge.objects.update(specialist_since=dt.date(2026, 12, 1))  # somebody new
        assert rule.count(Asked(world.north_head)) == (0, False)


def test_a_month_end_that_nobody_ran_is_made_up_for(world, customer):
    told = []
    for month, day in ((2, 26), (3, 1), (3, 2), (3, 29)):
        with at(2028, month, day):
            told.append(verbs.remind_specialists())

    assert told == [0, 1, 0, 1]
    months = Notice.objects.filter(kind="compliance.month_end").order_by("pk")
    assert [one.context["month"] for one in months] == ["2028-02", "2028-03"]


def test_ordinary_customers_have_no_file(client, world):
    ordinary = organisation(world)
    client.force_login(world.north_head)

    assert client.get(reverse("compliance:strategic-customer", args=[ordinary.pk])).status_code == (
        404
    )
    with pytest.raises(Refused):
        verbs.save_plan(ordinary, by=world.north_head, year=2026, goals="x", steps="y", answers={})


def test_pages_of_the_file(client, world, customer):
    """Every form opens, and what it saves stands in the file."""
    client.force_login(world.north_clerk)
    base = reverse("compliance:strategic-customer", args=[customer.pk])
    soon = (timezone.localdate() + dt.timedelta(days=3)).isoformat()
    posts = SimpleNamespace(
        plan={"goals": "续签战略协议", "steps": "每季拜访", "problem": "工期"},
        signals={
            "kind": "people", "content": "新任总经理到任", "learnt_on":
            timezone.localdate().isoformat(), "act_by": soon,
        },
        summaries={
            "month": timezone.localdate().strftime("%Y-%m"), "progress": "主体封顶",
            "next_steps": "拜访",
        },
        resources={
            "kind": "staff", "content": "两名质检员", "department": "工程部",
            "to": world.north_clerk.employee_no, "needed_by": soon,
        },
    )  # fmt: skip
    addresses = {
        "plan": "plan/",
        "signals": "signals/new/",
        "summaries": "summaries/new/",
        "resources": "resources/new/",
    }
    for name, address in addresses.items():
        assert client.get(base + address).status_code == 200
        answer = client.post(base + address, vars(posts)[name])
        assert answer.status_code == 302, (name, answer.content.decode()[-3000:])
    text = client.get(base).content.decode()
    for word in ("续签战略协议", "新任总经理到任", "主体封顶", "两名质检员"):
        assert word in text
    assert client.post(f"{base}plan/", {"goals": ""}).status_code == 422
    assert "两名质检员" in client.get(reverse("compliance:resources")).content.decode()
    request = ResourceRequest.objects.get()
    answer = client.post(
        reverse("compliance:resource-answer", args=[request.pk]), {"state": "done"}
    )
    assert answer.status_code == 302
    client.force_login(world.south_head)
    assert client.get(base).status_code == 404


def test_the_office_sees_what_is_asked_of_anybody_and_nobody_else_does(world, customer):
    row = ResourceRequest.objects.create(
        customer=customer, by=world.north_clerk, kind="staff", content="两名质检员",
        department="工程部", to=world.north_keeper, needed_by=dt.date(2026, 11, 5),
    )  # fmt: skip

    def seen(person, **query):
        client = Client()
        client.force_login(person)
        found = client.get(reverse("compliance:resources"), query).context["rows"]
        return [one.pk for one, _badge in found]

    assert seen(world.reader) == []
    assert seen(world.reader, of="all") == [row.pk]
    assert seen(world.north_head, of="all") == []
    assert seen(world.north_keeper) == [row.pk]
    ResourceRequest.objects.update(state="done")
    assert seen(world.reader, of="all") == []


# --- priority of resources ------------------------------------------------------------------------


def test_priority_is_given_and_ended_with_a_reason(world, customer):
    with pytest.raises(Refused):
        verbs.set_priority(customer, by=None, reason=" ")
    with pytest.raises(Refused):
        verbs.set_priority(customer, by=None, reason="没有", on=False)
    row = verbs.set_priority(customer, by=world.reader, reason="二期总包谈判")
    assert (row.has_priority, row.priority) == (True, "二期总包谈判")
    with pytest.raises(Refused):
        verbs.set_priority(customer, by=None, reason="二期总包谈判")
    row = verbs.set_priority(customer, by=world.reader, reason="谈判结束", on=False)
    assert (row.has_priority, row.priority) == (False, "")
    told = Entry.objects.filter(action__startswith="strategic.priority").order_by("pk")
    assert [(x.action, x.by, x.detail["reason"]) for x in told] == [
        ("strategic.priority", world.reader, "二期总包谈判"),
        ("strategic.priority_ended", world.reader, "谈判结束"),
    ]
    ordinary = make_customer(unit=world.n1a, kind="organisation")
    with pytest.raises(Refused):
        verbs.set_priority(ordinary, by=None, reason="甲")


def test_priority_shows_on_file_list_and_customer_and_is_the_offices(client, world, customer):
    pages = (
        reverse("compliance:strategic"),
        reverse("compliance:strategic-customer", args=[customer.pk]),
        customer.get_absolute_url(),
    )
    address = reverse("compliance:strategic-priority", args=[customer.pk])
    mark = str(_("Resources first"))
    client.force_login(world.north_head)
    assert client.post(address, {"on": "on", "reason": "甲"}).status_code == 403
    assert not any(mark in client.get(page).content.decode() for page in pages)
    client.force_login(world.reader)
    assert client.post(address, {"on": "on", "reason": ""}).status_code == 422
    assert client.post(address, {"on": "on", "reason": "二期谈判"}).status_code == 302
    client.force_login(world.north_head)
    assert all(mark in client.get(page).content.decode() for page in pages)
    asking = client.get(reverse("compliance:resource-new", args=[customer.pk]))
    assert asking.context["form"].initial == {"is_priority": True}
    customer.refresh_from_db()
    customer.level = "重点客户"
    assert not customer.has_priority
