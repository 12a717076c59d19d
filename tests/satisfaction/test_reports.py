"""Targets and survey reports: who sets, who writes, who reviews, what stays frozen."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from core.errors import Refused
from core.models import Notice
from satisfaction.models import Item, ReportState, SurveyReport, Target
from satisfaction.selectors.reports import reports_to_read, waiting_for
from satisfaction.selectors.sight import Reading
from satisfaction.selectors.targets import MAYBE_MET, MAYBE_MISSED, MET, MISSED, Aim, aims_of
from satisfaction.services import reports
from satisfaction.services.targets import set_target
from tests.factories import World, give, make_post, make_user
from tests.satisfaction.published import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave(world: World):
    return publish("2026-H2", {world.n1a: (64, 3.8), world.n1b: (40, 3.6), world.s1a: (80, 4.2)})


@pytest.fixture
def author(world: World):
    """The head of the northern project."""
    return make_user(unit=world.n1a, role="section-head", no="N1A-HEAD")


@pytest.fixture
def city_head(world: World):
    return make_user(unit=world.n1, role="section-head", no="N1-HEAD")


@pytest.fixture
def report(world, wave, author) -> SurveyReport:
    made = reports.begin_report(wave=wave, unit=world.n1a, by=author)
    return reports.write_report(made, by=author, summary="总体平稳", findings="维修偏慢")


# --- targets --------------------------------------------------------------------------------------


def test_a_target_holds_below_until_a_unit_has_its_own(world):
    set_target(world.group, year=2026, figure="mean", value=4, by=world.boss)
    set_target(world.n1, year=2026, figure="mean", value=3.9, by=world.north_head)
    units = [world.group, world.n1, world.n1a, world.s1a]
    aims = aims_of(world.boss, units, 2026)
    told = {code: (aims[unit.pk, "mean"].value, aims[unit.pk, "mean"].is_inherited)
            for code, unit in ((one.code, one) for one in units)}  # fmt: skip
    assert told == {"G": (4, False), "N1": (3.9, False), "N1A": (3.9, True), "S1A": (4, True)}
    set_target(world.n1, year=2026, figure="mean", value=None, by=world.north_head)
    assert aims_of(world.boss, [world.n1a], 2026)[world.n1a.pk, "mean"].value == 4


def test_nobody_sets_the_mark_he_is_measured_by(world):
    for unit in (world.north, world.group, world.s1):
        with pytest.raises(Refused):
            set_target(unit, year=2026, figure="mean", value=1, by=world.north_head)
    assert not Target.objects.exists()


def test_a_target_stays_in_its_measure(world):
    with pytest.raises(Refused):
        set_target(world.n1, year=2026, figure="top2", value=68, by=world.boss)


def test_a_mean_has_the_scale_of_the_latest_wave(client, world, wave):
    client.force_login(world.boss)
    address = reverse("satisfaction:target", args=["N1A"]) + "?year=2026&figure=mean"
    told = set()
    for wrong in ("9", "0.5", "4.12345", "x"):
        refused = client.post(address, {"value": wrong})
        assert refused.status_code == 422
        told.add(str(refused.context["form"].errors["value"]))
    assert len(told) == 2  # off the scale, and no such number
    Item.objects.create(version=wave.version, position=9, role="overall", name="x", low=1, high=10)
    assert client.post(address, {"value": "9"}).status_code == 302


@pytest.mark.parametrize(
    ("reading", "verdict"),
    [
        (Reading(4.2, 4.05, 4.35), MET),
        (Reading(4.1, 3.9, 4.3), MAYBE_MET),
        (Reading(3.9, 3.7, 4.1), MAYBE_MISSED),
        (Reading(3.8, 3.7, 3.9), MISSED),
        (Reading(3.8), MAYBE_MISSED),
    ],
)
def test_met_or_missed_only_when_the_interval_says_so(reading, verdict):
    aim = Aim(Target(value=4), is_inherited=False)
    assert aim.verdict(reading) == verdict
    assert aim.off(reading) == pytest.approx(reading.value - 4)


def test_a_share_is_typed_in_per_cent(client, world, wave):
    client.force_login(world.boss)
    address = reverse("satisfaction:target", args=["N1"]) + "?year=2026&figure=top2"
    assert client.post(address, {"value": "168"}).status_code == 422
    assert client.post(address, {"value": "68.5"}).status_code == 302
    assert float(Target.objects.get().value) == 0.685
    assert 'value="68.5"' in client.get(address).content.decode()


# --- reports --------------------------------------------------------------------------------------


def test_a_report_goes_up_level_by_level_and_is_archived(world, wave, author, city_head, report):
    reports.hand_up(report, by=author)
    assert [one.pk for one in waiting_for(city_head)] == [report.pk]
    assert Notice.objects.filter(user=city_head, kind="satisfaction.report_waits").count() == 1
    with pytest.raises(Refused):
        reports.agree(report, by=author)
    with pytest.raises(Refused):  # it lies with the city, and he does not reach it
        reports.agree(report, by=world.south_head)
    reports.agree(report, by=city_head)
    with pytest.raises(Refused):  # it lies with the region now
        reports.agree(report, by=city_head)
    reports.agree(report, by=world.north_head)
    reports.agree(report, by=world.boss, note="同意")
    report.refresh_from_db()
    assert (report.state, report.desk) == (ReportState.REVIEWED, None)
    assert [step.unit.code for step in report.steps.all()] == ["N1A", "N1", "N", "G"]
    post = make_post(user=world.north_clerk, unit=world.n1a, function="客户满意度及感受管理")
    make_post(user=world.south_clerk, unit=world.group, function="客户满意度及感受管理")
    assert reports.distribute(report, by=author, functions=[post.function]) == 1
    with pytest.raises(Refused):
        reports.write_report(report, by=author, summary="改")
    told = Notice.objects.filter(kind="satisfaction.report_distributed")
    assert [one.user_id for one in told] == [world.north_clerk.pk]


def test_a_report_that_is_sent_back_changes_and_comes_again(author, city_head, report):
    reports.hand_up(report, by=author)
    with pytest.raises(Refused):
        reports.send_back(report, by=city_head, note=" ")
    reports.send_back(report, by=city_head, note="补充措施")
    assert Notice.objects.get(user=author).kind == "satisfaction.report_returned"
    reports.write_report(report, by=author, summary="总体平稳", measures="增派维修")
    reports.hand_up(report, by=author)
    report.refresh_from_db()
    assert report.state == ReportState.HANDED_UP
    kinds = [step.kind for step in report.steps.all()]
    assert kinds == ["hand_up", "send_back", "hand_up"]


def test_drafts_are_their_authors_and_reports_stay_in_their_branch(world, author, report):
    give(world.north_clerk, "staff", world.n1b)
    assert not reports_to_read(world.north_clerk).exists()
    assert not reports_to_read(world.south_head).exists()
    reports.hand_up(report, by=author)
    assert reports_to_read(world.north_clerk).exists()
    assert not reports_to_read(world.south_head).exists()


def test_no_report_without_enough_answers_and_none_twice(world, author, report):
    few = publish("2026-F", {world.n1a: (11, 3.0), world.s1a: (80, 4.0)})
    with pytest.raises(Refused):
        reports.begin_report(wave=few, unit=world.n1a, by=author)
    with pytest.raises(Refused):
        reports.begin_report(wave=report.wave, unit=world.n1a, by=author)
    with pytest.raises(Refused):
        reports.begin_report(wave=report.wave, unit=world.n1b, by=author)


def test_a_later_scoring_changes_no_figure_of_a_report(client, world, author, report):
    again = publish("2026-X", {world.n1a: (64, 2.2), world.s1a: (80, 4.2)})
    wave = report.wave
    wave.run = again.run
    wave.save()
    client.force_login(author)
    page = client.get(report.get_absolute_url()).content.decode()
    assert "3.80 [3.55, 4.05]" in page
    assert "2.20" not in page
    answer = client.get(reverse("satisfaction:report-workbook", args=[report.pk]))
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    words = str([list(sheet.iter_rows(values_only=True)) for sheet in book])
    assert "维修偏慢" in words
    assert "3.8," in words
    client.post(reverse("satisfaction:report-renew", args=[report.pk]))
    assert "2.20" in client.get(report.get_absolute_url()).content.decode()


def test_a_report_keeps_the_targets_of_the_moment_it_was_handed_up(client, world, author, report):
    def target(value):
        set_target(world.n1, year=2026, figure="mean", value=value, by=None)

    def page() -> str:
        return client.get(report.get_absolute_url()).content.decode()

    client.force_login(author)
    target(4.11)
    assert "4.11" in page()
    target(3.91)
    assert "3.91" in page()  # it is still with its author
    reports.hand_up(report, by=author)
    target(3.51)
    assert "3.91" in page()
    assert "3.51" not in page()
    set_target(world.n1, year=2026, figure="mean", value=None, by=None)
    assert "3.91" in page()


def test_the_page_writes_and_hands_up(client, author, report):
    client.force_login(author)
    url = report.get_absolute_url()
    assert client.post(url, {"summary": "", "hand_up": "1"}).status_code == 422
    report.refresh_from_db()
    assert report.state == ReportState.DRAFT
    assert client.post(url, {"summary": "好", "hand_up": "1"}).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.desk.code) == (ReportState.HANDED_UP, "N1")
    assert client.post(url, {"summary": "晚了"}).status_code == 404
