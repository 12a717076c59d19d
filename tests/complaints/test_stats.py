"""`manage.py complaint_stats`, and which cases kept their limits, against the plain calculation."""

import datetime as dt
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints.limits import due_at, limits_of, span_of
from complaints.models import Case, Deadline
from complaints.selectors.timeliness import JUDGED, verdicts
from complaints.states import OPEN
from regions.policies.types import Span
from tests.complaints.files import complaint, complaints_file
from tests.customers.files import import_file
from tests.factories import make_case, say

SAMPLE = Path(__file__).parent / "sample"
NOTHING = {"first_contact": None, "resolution": None}


def stats(first: str, last: str, *arguments: str) -> dict:
    out = StringIO()
    call_command("complaint_stats", "--from", first, "--to", last, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def kept() -> dict[tuple[int, str], bool | None]:
    """What the set-based statement says, by case and limit."""
    found = verdicts(Case.objects.all())
    with connection.cursor() as cursor:
        cursor.execute(found.sql, found.params)
        return {(case, kind): verdict for case, kind, verdict in cursor.fetchall()}


def plainly() -> dict[tuple[int, str], bool | None]:
    """The same by the calculation for one case."""
    now, found = timezone.now(), {}
    for case in Case.objects.select_related("level", "category", "top_category"):
        for limit in JUDGED:
            if limit not in limits_of(case):
                continue
            due = due_at(case.taken_in_at, span_of(case, limit), case.unit_id)
            done = case.first_contact_at if limit == "first_contact" else case.resolved_at
            verdict = done <= due if done else (False if case.state in OPEN and due < now else None)
            found[case.pk, str(limit)] = verdict
    return found


@pytest.fixture
def load(world, tmp_path):
    def load(*rows):
        return import_file("complaints", complaints_file(tmp_path / "台账.xlsx", rows))

    return load


def test_days_are_those_of_china_and_the_last_one_counts(load):
    load(
        complaint("A", 受理时间="2026-02-28 23:59:59"),
        complaint("B", 受理时间="2026-03-01 00:00"),
        complaint("C", 受理时间="2026-03-31 23:59:59.9"),
        complaint("D", 受理时间="2026-04-01 00:00"),
    )

    march = stats("2026-03-01", "2026-03-31")

    assert march["rows"] == 2
    assert march["by_month"] == {"2026-03": 2}
    assert stats("2026/2/1", "2026年4月1日")["by_month"] == {
        "2026-02": 1,
        "2026-03": 2,
        "2026-04": 1,
    }


def test_a_span_without_cases_has_no_keys_and_no_shares(world):
    assert stats("2026-03-01", "2026-03-31") == {
        "rows": 0,
        "by_category": {},
        "by_level": {},
        "by_status": {},
        "by_month": {},
        "responded_late_clock_hours": {"24": 0},
        "within_limit": NOTHING,
    }


def test_words_of_the_file_are_the_keys_and_what_is_empty_has_none(load):
    load(
        complaint("A", 一级分类="外墙脱落", 二级分类="", 投诉级别="特急", 状态="处理中"),
        complaint("B", 一级分类="", 二级分类="", 投诉级别="", 状态="待回访"),
    )

    found = stats("2026-03-01", "2026-03-31")

    assert found["by_category"] == {"外墙脱落": 1}
    assert found["by_level"] == {"特急": 1}
    assert found["by_status"] == {"处理中": 1, "已解决": 1}


def test_late_is_more_than_24_clock_hours_among_the_answered(load):
    load(
        complaint("A", 首次响应时间="2026-03-03 09:00"),
        complaint("B", 首次响应时间="2026-03-03 09:00:00.001"),
        complaint("C", 首次响应时间="", 状态="处理中"),
    )

    assert stats("2026-03-01", "2026-03-31")["responded_late_clock_hours"] == {"24": 1}


def test_a_branch_counts_its_own(load):
    load(complaint("A"), complaint("B", 项目="南方花园"))

    assert stats("2026-03-01", "2026-03-31", "--unit", "s")["rows"] == 1
    assert stats("2026-03-01", "2026-03-31", "--unit", "G")["rows"] == 2
    with pytest.raises(CommandError):
        stats("2026-03-01", "2026-03-31", "--unit", "X")


@pytest.mark.parametrize("days", [("2026-03-02", "2026-03-01"), ("昨天", "2026-03-01")])
def test_a_span_that_is_none_is_refused(world, days):
    with pytest.raises(CommandError):
        stats(*days)


# --- limits ---------------------------------------------------------------------------------------


def test_limits_of_imported_cases_are_judged_as_one_by_one(load, world):
    """Rules that change in the middle, exceptions, serious levels, kinds, open cases."""
    say(world.north, "complaints.first_response", Span(2, "hours"), since=dt.date(2026, 3, 10))
    say(world.n1a, "complaints.handling", Span(1, "working_days"), since=dt.date(2026, 3, 10))
    say(world.n1b, "complaints.first_response", Span(3, "working_hours"), since=dt.date(2026, 1, 1))
    say(
        world.group,
        "complaints.limit_exceptions",
        (
            {
                "limit": "resolution",
                "category": "渗漏",
                "level": "",
                "span": Span(4, "working_hours"),
            },
        ),
        since=dt.date(2026, 3, 5),
    )
    rows, number = [], 0
    for day in (2, 6, 9, 10, 13, 20):
        for project in ("北方花园", "北方名邸", "南方花园"):
            for level, child, kind, state in (
                ("一般投诉", "渗漏", "投诉", "已关闭"),
                ("重大投诉", "空鼓", "投诉", "已关闭"),
                ("一般投诉", "空鼓", "咨询", "处理中"),
                ("一般投诉", "", "表扬", "已关闭"),
                ("", "空鼓", "报修", "不予受理"),
            ):
                number += 1
                rows.append(
                    complaint(
                        f"N{number}",
                        受理时间=f"2026-03-{day:02d} {8 + number % 10:02d}:{number % 60:02d}",
                        项目=project,
                        投诉级别=level,
                        二级分类=child,
                        工单类型=kind,
                        状态=state,
                        首次响应时间=f"2026-03-{day:02d} {10 + number % 13:02d}:30:01",
                        处理完成时间=""
                        if state == "处理中"
                        else f"2026-03-{day + number % 5:02d} 17:{number % 60:02d}",
                    )
                )
    report = load(*rows)
    assert report["accepted"] == len(rows) == 90

    expected = {
        key: verdict
        for key, verdict in plainly().items()
        if Case.objects.get(pk=key[0]).state != "rejected"
    }

    assert kept() == expected
    assert {True, False} <= set(expected.values())


def test_an_ended_case_without_a_time_is_not_judged_and_an_open_one_past_its_limit_is_late(load):
    load(
        complaint("A", 首次响应时间="", 处理完成时间="", 状态="已关闭"),
        complaint("B", 首次响应时间="", 处理完成时间="", 状态="处理中"),
    )

    assert stats("2026-03-01", "2026-03-31")["within_limit"] == {
        "first_contact": 0.0,
        "resolution": 0.0,
    }
    ended = Case.objects.get(number="A").pk
    assert kept()[ended, "first_contact"] is None


def test_limits_of_cases_taken_in_here_are_those_that_were_stored(world):
    intime, late, running = (make_case(unit=world.n1a) for _ in range(3))
    now = timezone.now()
    Deadline.objects.filter(case=intime, kind="first_contact").update(
        met_at=now, due_at=now + dt.timedelta(minutes=1)
    )
    Deadline.objects.filter(case=late, kind="first_contact").update(
        met_at=now, due_at=now - dt.timedelta(minutes=1)
    )

    found = kept()

    assert found[intime.pk, "first_contact"] is True
    assert found[late.pk, "first_contact"] is False
    assert found[running.pk, "first_contact"] is None
    assert len(found) == 6


# --- the sample -----------------------------------------------------------------------------------


def test_every_figure_of_the_sample_is_met(db):
    truth = json.loads((SAMPLE / "truth.json").read_text())
    import_file("org", SAMPLE / "组织架构.xlsx")
    report = import_file("complaints", SAMPLE / "投诉台账.xlsx")
    found = stats("2026-01-01", "2026-12-31")

    assert report["rows"] == report["accepted"] == report["created"]["cases"] == truth["rows"]
    assert found["rows"] == truth["rows"]
    assert found["by_category"] == truth["category"]
    assert found["by_level"] == truth["level"]
    assert found["by_status"] == truth["status"]
    assert found["by_month"] == truth["month"]
    late = truth["responded_after_more_than_24_clock_hours"]
    assert found["responded_late_clock_hours"] == {"24": late}
    verdict = list(plainly().items())
    for limit, share in found["within_limit"].items():
        judged = [kept for (_case, kind), kept in verdict if kind == limit and kept is not None]
        assert share == round(sum(judged) / len(judged), 4)
    assert Deadline.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_units(load, world):
    """Outside a request, where the calendars' version is asked for with each question."""
    projects = ("北方花园", "北方名邸", "南方花园", "南方名邸")
    counts = []
    for number in (1, len(projects)):
        load(*(complaint(f"{name}{number}", 项目=name) for name in projects[:number]))
        stats("2026-03-01", "2026-03-31")  # the calendars of new units are worked out once
        with CaptureQueriesContext(connection) as captured:
            assert stats("2026-03-01", "2026-03-31")["rows"] == (1 if number == 1 else 5)
        counts.append(len(captured))

    assert counts[0] == counts[1]
