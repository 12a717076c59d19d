"""Pages of results: who sees which figures, what is hidden everywhere, the files to take away."""

import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from audit.models import Entry
from core import pdf
from regions.models import Kind
from satisfaction.models import Remark, Wave
from satisfaction.selectors.sight import FEW, WITHHELD, items_of, lines_of
from satisfaction.services.targets import set_target
from tests.factories import World, make_response, make_unit, make_wave
from tests.satisfaction.published import ITEMS, compare_with, publish

pytestmark = pytest.mark.django_db
PAGES = ("results", "heat-map", "compare")


@pytest.fixture
def waves(world: World) -> tuple[Wave, Wave]:
    """Two waves of the group; of the north's second project only eleven people answered."""
    before = {world.n1a: (60, 3.50), world.n1b: (40, 3.61), world.s1a: (80, 4.0)}
    now = {world.n1a: (64, 3.77), world.n1b: (11, 2.13), world.s1a: (80, 4.21), world.s1b: (50, 3)}
    return publish("2026-H1", before, month=5), publish("2026-H2", now, month=10)


def get(client: Client, name: str, **query: str) -> Any:
    return client.get(reverse(f"satisfaction:{name}"), query)


def text_of(response: Any) -> str:
    return response.content.decode()


def test_the_sentence_says_figure_change_and_chance(client, world, waves):
    compare_with(waves[1], waves[0], world.group, p=0.07)
    client.force_login(world.boss)
    text = text_of(get(client, "results"))
    assert "3.67 [3.53, 3.80] n=205" in text
    assert "3.75" in text  # the last wave
    assert "p=0.07" in text


def test_a_reader_sees_his_branch_and_nothing_beside_or_above(client, world, waves):
    client.force_login(world.north_head)
    text = text_of(get(client, "results"))
    assert "北方公司" in text
    assert "南方" not in text
    for unit in ("G", "S", "S1A"):
        answer = get(client, "results", unit=unit)
        assert "4.21" not in text_of(answer)
        assert "n=205" not in text_of(answer)
    client.force_login(world.north_clerk)
    text = text_of(get(client, "results"))
    assert "3.77" in text
    assert "北方公司" not in text


def test_comparing_with_a_unit_out_of_reach_is_no_choice(client, world, waves):
    client.force_login(world.north_head)
    text = text_of(get(client, "compare", unit="N1A", against="S1A"))
    assert "4.21" not in text


def test_a_wave_without_figures_says_so(client, world, waves):
    make_wave("2027-H1", title="明年")
    client.force_login(world.boss)
    for name in (*PAGES, "remarks"):
        text = text_of(get(client, name, wave="2027-H1"))
        assert "明年" in text.partition("crm-empty")[2]
        assert "crm-summary" not in text
        assert "3.67" not in text  # nor those of another wave


def test_single_items_stay_in_the_branch(world, waves):
    assert {one.unit_id for one in items_of(waves[1].run_id, world.north_clerk, _every())} == {
        world.n1a.pk
    }


def test_units_inside_one_another_are_not_compared(client, world, waves):
    client.force_login(world.boss)
    answer = get(client, "compare", unit="N", against="N1A")
    assert answer.context["form"].errors["against"]
    assert "sides" not in answer.context


def test_two_units_side_by_side(client, world, waves):
    client.force_login(world.boss)
    answer = get(client, "compare", unit="S1A", against="S1B")
    difference = answer.context["sentence"]
    assert "1.21" in difference
    assert "p&lt;0.001" in text_of(answer)
    assert [row["item"].name for row in answer.context["items"]] == list(ITEMS)


def test_few_answers_are_hidden_and_nobody_can_subtract_them(world, waves):
    lines = {
        line.unit.code: line for line in lines_of([waves[1].run_id], world.north_head, _every())
    }
    assert (lines["N1B"].hidden, lines["N1B"].readings) == (FEW, {})
    # Shown beside the city, the other project would tell the hidden one.
    assert (lines["N1A"].hidden, lines["N1A"].readings) == (WITHHELD, {})
    assert lines["N1"].readings["mean"].value == pytest.approx((64 * 3.77 + 11 * 2.13) / 75)
    # Who answers for that project alone cannot subtract, and sees his figure.
    [own] = lines_of([waves[1].run_id], world.north_clerk, _every())
    assert own.unit.code == "N1A"
    assert own.readings["mean"].value == 3.77


def _every() -> Any:
    from django.db.models import Q

    return Q()


@pytest.mark.parametrize(
    ("name", "of_city"),  # the figure that may be read, so that a page of nothing is no proof
    [
        ("results", "3.53"),
        ("heat-map", "3.43"),
        ("compare", "11"),
        ("results-workbook", "3.53"),
        ("results-pdf", "3.53"),
    ],
)
def test_hidden_figures_stand_on_no_page_and_in_no_file(client, world, waves, name, of_city):
    if name == "results-pdf" and not pdf.is_possible():
        pytest.skip("libraries of PDF files are missing here")
    client.force_login(world.north_head)
    found = ""
    for unit in ("N", "N1", "N1A", "N1B"):
        answer = get(client, name, unit=unit, against="N1A" if unit == "N1B" else "")
        assert answer.status_code == 200
        found += _words(answer)
    assert of_city in found
    for hidden in ("2.13", "3.77", "2.03", "3.67"):  # of both projects, and of their items
        assert hidden not in found


def _words(answer: Any) -> str:
    kind = answer["Content-Type"]
    if "html" in kind:
        return text_of(answer)
    content = io.BytesIO(b"".join(answer.streaming_content))
    if "pdf" in kind:
        return "\n".join(page.extract_text() for page in PdfReader(content).pages)
    rows = [row for sheet in load_workbook(content) for row in sheet.iter_rows(values_only=True)]
    return "\n".join(
        f"{cell:.2f}" if isinstance(cell, float) else str(cell) for row in rows for cell in row
    )


def test_stages_hide_each_other(world):
    stages = {(world.n1a, "stable"): (80, 4.0), (world.n1a, "settling_in"): (9, 2.0)}
    wave = publish("2026-S", {world.n1a: (89, 3.8)}, stages=stages)
    for stage in ("stable", "settling_in"):
        lines = lines_of([wave.run_id], world.north_clerk, _every(), stage)
        assert [line.readings for line in lines] == [{}]


def test_a_workbook_has_real_charts(client, world, waves):
    client.force_login(world.boss)
    answer = get(client, "results-workbook", unit="S1")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    charts = {sheet.title: [type(one).__name__ for one in sheet._charts] for sheet in book}
    drawn = [names for names in charts.values() if names]
    assert drawn == [["BarChart"], ["BarChart"], ["LineChart"]]
    units = book.worksheets[1]
    assert [row[0] for row in units.iter_rows(min_row=2, values_only=True)] == [
        "南方公司",
        "南方花园",
        "南方名邸",
    ]
    errors = units._charts[0].series[0].errBars
    assert len(errors.plus.numLit.pt) == 3
    assert Entry.objects.filter(action="satisfaction.results_taken").count() == 1


@pytest.mark.skipif(not pdf.is_possible(), reason="libraries of PDF files are missing here")
def test_a_paper_says_what_the_page_says(client, world, waves):
    client.force_login(world.boss)
    answer = get(client, "results-pdf", unit="S1")
    words = _words(answer)
    for said in ("南方公司", "4.21", "2026-H2", ITEMS[0]):
        assert said in words


def test_remarks_ask_for_their_own_right_and_enough_answers(client, world, waves):
    many = [make_response(unit=world.s1a, wave=waves[1]) for _ in range(3)]
    few = make_response(unit=world.n1b, wave=waves[1])
    item = waves[1].version.items.first()
    for response in many:
        Remark.objects.create(
            response=response,
            item=item,
            wave=waves[1],
            text="车位太少",
            topics=["parking"],
            tone=-1,
        )
    Remark.objects.create(response=few, item=item, wave=waves[1], text="只有我说", tone=0)
    client.force_login(world.boss)
    text = text_of(get(client, "remarks"))
    assert text.count("车位太少") == 1
    assert "只有我说" not in text
    assert "车位太少" not in text_of(get(client, "remarks", tone="1"))
    assert "车位太少" in text_of(get(client, "remarks", q="车位"))
    client.force_login(world.north_head)
    assert "车位太少" not in text_of(get(client, "remarks"))
    client.force_login(world.south_clerk)
    assert get(client, "remarks").status_code == 403


@pytest.mark.parametrize("name", [*PAGES, "targets", "reports", "remarks"])
def test_queries_do_not_grow_with_units(client, world, waves, name):
    client.force_login(world.boss)
    query = {"unit": "S1", "against": "N1", "year": "2026", "figure": "mean"}
    set_target(world.south, year=2026, figure="mean", value=4, by=None)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert get(client, name, **query).status_code == 200
        return len(captured)

    get(client, name, **query)  # what is read once and remembered
    few = count()
    more = [
        make_unit(kind=Kind.PROJECT, code=f"S1X{n}", name=f"南方新园{n}", parent=world.s1)
        for n in range(30)
    ]
    publish("2026-H3", {unit: (40 + n, 3 + n / 20) for n, unit in enumerate(more)}, month=11)
    assert count() == few
    assert few <= 24
