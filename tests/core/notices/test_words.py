"""Words: every kind reads in both languages; nothing can break a header or the HTML."""

import pytest
from django.template import engines

from core.models import Notice
from core.notices.digest import digest_of
from core.notices.facts import pack
from core.notices.kinds import KINDS, NoticeKind
from core.notices.render import mail_of, one_line, words_of

CHINESE = "zh-hans"


@pytest.mark.parametrize("language", [CHINESE, "en"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_every_kind_reads_in_both_languages(kind, language):
    words = mail_of(kind, pack(kind.sample), language, "https://crm.example.cn/x/")

    assert words.subject
    assert "\n" not in words.subject
    for text in (words.subject, words.text, words.html):
        assert "{{" not in text
        assert "{%" not in text
        assert "None" not in text
    assert "https://crm.example.cn/x/" in words.text
    assert '<html lang="en">' in words.html or language == CHINESE
    assert words.html.count("<h2>") == 1
    if language == CHINESE:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in words.subject)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_mails_load_nothing_and_run_nothing(kind):
    html = mail_of(kind, pack(kind.sample), "en").html.lower()

    for mark in ("<img", "<script", "<style", " style=", "<link", "src=", "@import"):
        assert mark not in html


def test_html_is_escaped_and_text_is_not():
    kind = KINDS["core.import_finished"]
    facts = pack(dict(kind.sample) | {"file": "<b>a & b</b>.xlsx"})

    words = mail_of(kind, facts, "en")

    assert words.subject == "Import finished: <b>a & b</b>.xlsx"
    assert "<b>a &" not in words.html
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;.xlsx" in words.html


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\x00", "\x0b", "\u2028"])
def test_a_subject_is_one_line_whatever_the_facts_hold(break_):
    kind = KINDS["core.import_finished"]
    facts = pack(dict(kind.sample) | {"file": f"a{break_}Bcc: all@example.cn"})

    subject = words_of(kind, facts, "en").subject

    assert subject == "Import finished: a Bcc: all@example.cn"
    assert one_line(f"a{break_}b") == "a b"


def test_a_kind_without_html_shows_its_text_in_paragraphs():
    html = mail_of(KINDS["core.export_ready"], pack({"rows": 7, "outcome": "done"}), "en").html

    assert "<p>The workbook holds 7 rows.</p>" in html


def test_facts_are_data_and_never_templates():
    kind = NoticeKind("core.import_finished", "x")
    facts = pack({"file": "{{ settings.SECRET_KEY }}{% load i18n %}", "outcome": "failed"})

    assert words_of(kind, facts, "en").subject == (
        "Import failed: {{ settings.SECRET_KEY }}{% load i18n %}"
    )


def test_the_daily_mail_lists_fifty_and_counts_the_rest():
    rows = [
        Notice(
            kind="core.export_ready", key=str(n), context={"rows": n, "outcome": "done"}, url="/x/"
        )
        for n in range(53)
    ]
    english, chinese = digest_of(rows, "en"), digest_of(rows, CHINESE)

    assert english.subject == "53 new notifications"
    assert english.text.count("Your export is ready") == 50
    assert english.html.count("<li>") == 50
    assert "and 3 more" in english.text
    assert chinese.subject == "53 条新通知"


def test_the_text_engine_knows_the_tags_of_the_pages():
    assert engines["django"].get_template("notices/digest.html")
