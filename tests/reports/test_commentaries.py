"""What units write about their figures: written, submitted, accepted or sent back (VAL-18)."""

import io

import openpyxl
import pypdf
import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from core.errors import Refused
from core.models import Notice
from reports.metrics.periods import read_period
from reports.models import Commentary, CommentaryState
from reports.standard.answers import write_book, write_paper
from reports.standard.base import Question
from reports.standard.catalogue import STANDARDS
from reports.standard.commentaries import (
    receive_commentary,
    receivers_of,
    submit_commentary,
    write_commentary,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db
REPORT = STANDARDS["customer-analysis"]


def month() -> str:
    return f"{timezone.localdate():%Y-%m}"


@pytest.fixture
def writer(world):
    """Somebody who writes for the city of the north."""
    return make_user(unit=world.n1, role="section-head", no="W-1")


def written(world, by, text="客户以刚需为主。", unit=None):
    return write_commentary(
        standard=REPORT, unit=unit or world.n1, period=month(), text=text, by=by
    )


def test_an_analysis_goes_to_the_unit_above_and_is_accepted(world, writer):
    row = submit_commentary(written(world, writer), by=writer)
    assert world.north_head in receivers_of(world.n1)
    told = Notice.objects.filter(kind="reports.commentary_waits").values_list("user", flat=True)
    assert world.north_head.pk in told
    assert writer.pk not in told

    row = receive_commentary(row, by=world.north_head, accept=True)

    assert (row.state, row.received_by) == (CommentaryState.ACCEPTED, world.north_head)
    assert Notice.objects.get(kind="reports.commentary_accepted").user == writer
    acts = Entry.objects.filter(action__startswith="reports.commentary").order_by("pk")
    assert [one.action for one in acts] == [
        "reports.commentary_submitted", "reports.commentary_accepted",
    ]  # fmt: skip
    with pytest.raises(Refused):
        written(world, writer, "später anders")
    assert Commentary.objects.get().text == "客户以刚需为主。"


def test_what_was_submitted_changes_only_after_it_was_sent_back(world, writer):
    row = submit_commentary(written(world, writer), by=writer)
    with pytest.raises(Refused):
        written(world, writer, "改")
    with pytest.raises(Refused):
        submit_commentary(row, by=writer)
    with pytest.raises(Refused):
        receive_commentary(row, by=world.north_head, accept=False, note="  ")

    receive_commentary(row, by=world.north_head, accept=False, note="请补充原因。")
    row = submit_commentary(written(world, writer, "补充了原因。"), by=writer)

    assert (row.state, row.text) == (CommentaryState.SUBMITTED, "补充了原因。")
    assert Commentary.objects.count() == 1


def test_who_may_not_is_refused(world, writer):
    """The clerk writes nothing, the south nothing of the north; the submitter does not accept."""
    for stranger in (world.north_clerk, world.south_head):
        with pytest.raises(Refused):
            written(world, stranger)
    row = submit_commentary(written(world, world.north_head), by=world.north_head)
    for somebody in (writer, world.south_head, world.north_head):
        with pytest.raises(Refused):
            receive_commentary(row, by=somebody, accept=True)
    assert Commentary.objects.get().state == CommentaryState.SUBMITTED


@pytest.mark.parametrize("text", ["", "   ", "长" * 10_001])
def test_odd_words_are_refused(world, writer, text):
    with pytest.raises(Refused):
        written(world, writer, text)
    assert not Commentary.objects.exists()


def test_a_report_that_asks_for_no_words_takes_none(world, writer):
    with pytest.raises(Refused):
        write_commentary(
            standard=STANDARDS["expense-ledger"],
            unit=world.n1,
            period=month(),
            text="字",
            by=writer,
        )


def test_drafts_are_read_by_writers_alone_and_nothing_by_other_branches(world, writer):
    written(world, writer)

    def reads(person):
        return Commentary.objects.visible_to(person).exists()

    assert [reads(one) for one in (writer, world.boss, world.south_head)] == [True, True, False]
    clerk = make_user(unit=world.n1, role="staff", no="W-2")
    assert not reads(clerk)


def test_the_written_part_stands_in_workbook_and_paper_once_it_is_submitted(world, writer):
    row = written(world, writer, "一期业主年轻化。")
    asked = Question(writer, world.n1, read_period(month(), timezone.localdate()))
    assert "一期业主年轻化" not in text_of(write_book(REPORT, asked)[0])

    submit_commentary(row, by=writer)

    assert "一期业主年轻化" in text_of(write_book(REPORT, asked)[0])
    pages = pypdf.PdfReader(io.BytesIO(write_paper(REPORT, asked)[0])).pages
    assert "一期业主年轻化" in "".join(page.extract_text() for page in pages)


def text_of(content: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return str([row for sheet in book for row in sheet.iter_rows(values_only=True)])


# --- pages ----------------------------------------------------------------------------------------


def address(world, name="standard-report") -> str:
    url = reverse(f"reports:{name}", args=["customer-analysis"])
    return f"{url}?unit={world.n1.code}&period={month()}"


def test_written_submitted_and_accepted_on_the_pages(client, world, writer):
    client.force_login(writer)
    assert client.get(address(world)).context["may_write"]
    refused = client.post(address(world, "commentary"), {"text": ""})
    assert (refused.status_code, Commentary.objects.count()) == (422, 0)
    saved = client.post(address(world, "commentary"), {"text": "草稿"})
    assert saved["Location"] == address(world)
    assert "草稿" in client.get(address(world, "commentary")).content.decode()
    client.post(address(world, "commentary"), {"text": "定稿", "submit": "1"})
    row = Commentary.objects.get()
    assert (row.text, row.state) == ("定稿", CommentaryState.SUBMITTED)
    assert client.get(address(world, "commentary")).status_code == 302
    assert client.get(address(world)).context["receive"] is None

    client.force_login(world.north_head)
    listed = client.get(address(world, "commentaries")).context
    assert listed["submitted"] == 1
    assert [one["unit"].code for one in listed["rows"]] == [
        world.n1.code, world.n1a.code, world.n1b.code,
    ]  # fmt: skip
    assert client.get(address(world)).context["receive"]
    client.post(reverse("reports:commentary-receive", args=[row.pk]), {"note": "好"})
    row.refresh_from_db()
    assert (row.state, row.note) == (CommentaryState.ACCEPTED, "好")


def test_a_decision_made_meanwhile_is_seen_under_the_lock(world, writer):
    """Whoever decides on a page that is old by now is told, and changes nothing."""
    row = submit_commentary(written(world, writer), by=writer)
    receive_commentary(Commentary.objects.get(), by=world.north_head, accept=True)

    with pytest.raises(Refused):
        receive_commentary(row, by=world.boss, accept=False, note="意见")

    assert Commentary.objects.get().state == CommentaryState.ACCEPTED
