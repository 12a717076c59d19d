"""The case sheet: what stands on it, as a page and as a PDF file with Chinese fonts inside."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from audit.models import Entry
from complaints.models import Category
from complaints.services import make_move
from core import pdf
from core.pdf import NoPdf, render_pdf
from tests.complaints.cases import stand
from tests.factories import make_case

STORY = "厨房顶部渗漏，墙面起泡"


@pytest.fixture
def case(world):
    case = make_case(
        unit=world.n1a,
        category=Category.objects.get(name="渗漏"),
        content=STORY,
        name="王建国",
        phone="13812345507",
        room="3-2-1201",
        assign=False,
    )
    return stand(case, "closed", world.north_clerk)


def sheet(client, case, name="sheet", **query):
    return client.get(reverse(f"complaints:{name}", args=[case.pk]), query)


def words(content):
    """The text of a PDF without the spaces that laying it out brings in."""
    pages = PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def fonts(content):
    """Name → whether the file carries the font, of every font of the PDF."""
    found = {}
    for page in PdfReader(io.BytesIO(content)).pages:
        for font in page["/Resources"]["/Font"].values():
            [real] = font.get_object().get("/DescendantFonts", [font])
            described = real.get_object()["/FontDescriptor"].get_object()
            keys = {"/FontFile", "/FontFile2", "/FontFile3"}
            found[real.get_object()["/BaseFont"]] = bool(keys & set(described))
    return found


def test_the_pdf_has_chinese_text_and_carries_its_fonts(client, world, case):
    client.force_login(world.north_clerk)

    answer = sheet(client, case, "sheet-file")
    content = b"".join(answer.streaming_content)

    assert answer["Content-Type"] == "application/pdf"
    assert "attachment" in answer["Content-Disposition"]
    text = words(content)
    for wanted in (case.number, STORY, "王建国", "138****5507", "已重新做防水"):
        assert wanted in text
    assert "13812345507" not in text
    assert fonts(content)
    assert all(fonts(content).values())
    assert any("CJK" in name or "Han" in name for name in fonts(content))
    box = PdfReader(io.BytesIO(content)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)
    assert Entry.objects.filter(action="case.sheet_taken", by=world.north_clerk).count() == 1


def test_the_owners_copy_leaves_out_what_is_internal(client, world, case):
    client.force_login(world.north_clerk)

    internal, owners = (sheet(client, case, copy=copy) for copy in ("", "owner"))

    assert "已电话" not in owners.content.decode()
    assert "crm-paper-signatures" in owners.content.decode()
    for word in ("case_log", "data:image/svg"):
        assert word not in owners.content.decode()
    assert "data:image/svg" in internal.content.decode()
    assert internal.content.decode().count("<caption>") > owners.content.decode().count("<caption>")
    assert STORY in owners.content.decode()


def test_a_sheet_of_the_sibling_branch_does_not_exist(client, world, case):
    client.force_login(world.south_head)

    assert sheet(client, case).status_code == 404
    assert sheet(client, case, "sheet-file").status_code == 404


def test_without_the_libraries_one_sentence_says_so_and_the_page_still_prints(
    client, world, case, monkeypatch
):
    monkeypatch.setitem(pdf.LIBRARIES, "libnowhere.so.0", "libnowhere0")
    client.force_login(world.north_clerk)

    refused = sheet(client, case, "sheet-file")

    assert refused.status_code == 503
    assert "libnowhere0" in refused.content.decode()
    assert STORY in refused.content.decode()
    assert sheet(client, case).status_code == 200
    assert not Entry.objects.filter(action="case.sheet_taken").exists()


def test_the_number_of_queries_does_not_grow_with_the_log(
    client, world, case, django_assert_num_queries
):
    client.force_login(world.north_clerk)
    sheet(client, case)

    with django_assert_num_queries(11):
        sheet(client, case)
    for number in range(3):
        make_move(case, "reopen", by=None, reason=f"第{number}次")
        case = stand_again(case)
    with django_assert_num_queries(11):
        sheet(client, case)


def stand_again(case):
    for name, facts in (
        ("resolve", {"resolution": "再次处理"}),
        ("call_back", {"outcome": "satisfied"}),
        ("close", {}),
    ):
        case = make_move(case, name, by=None, **facts)
    return case


# --- the setting process ----------------------------------------------------------------------


def paper(content, tmp_path, settings):
    """A template of the test as PDF."""
    (tmp_path / "sheet.html").write_text(content, encoding="utf-8")
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}
    ]
    return render_pdf("sheet.html", {})


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://127.0.0.1:9/x.png", "own:../manage.py", "x.png"]
)
def test_nothing_is_fetched_but_our_own_style_sheets(address, tmp_path, settings):
    with pytest.raises(NoPdf):
        paper(f'<p>纸</p><img src="{address}" alt="">', tmp_path, settings)


def test_our_own_style_sheet_is(tmp_path, settings):
    head = '<link rel="stylesheet" href="own:css/paper.css">'

    assert words(paper(f"{head}<p>纸张</p>", tmp_path, settings)) == "纸张"


def test_setting_a_page_is_bounded_in_time(tmp_path, settings):
    (tmp_path / "sheet.html").write_text("<p>纸</p>" * 20_000, encoding="utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    with pytest.raises(NoPdf):
        render_pdf("sheet.html", {}, seconds=1)
