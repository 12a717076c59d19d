"""What a mail says, whatever programs and hostile people do to it."""

import base64
import time

import pytest

from core.mailbox.account import account_of, units_of
from core.mailbox.letter import Unreadable, read_letter, without_quote, words_of_html
from core.mailbox.sandbox import read_safely
from tests.complaints.mails import mail

GBK = "楼上装修噪音，請處理"


def raw(*lines: bytes) -> bytes:
    return b"\r\n".join(lines)


def test_a_mail_in_utf_8_with_html_and_a_file():
    letter = read_letter(mail(html="<p>x</p>", files=(("图.txt", b"abc", "text/plain"),)))

    assert (letter.sender, letter.sender_name) == ("chen@example.cn", "陈志远")
    assert letter.recipients == ("hotline@example.cn",)
    assert letter.title == "卫生间漏水"
    assert letter.text == "卫生间漏水，请尽快处理。电话 13812345507"
    assert letter.message_id == "<1@mail.example.cn>"
    assert letter.automatic == ""
    [file] = letter.files
    assert (file.name, file.content) == ("图.txt", b"abc")


@pytest.mark.parametrize("charset", ["gb2312", "GBK", "gb18030", '"gb2312"', "no-such", ""])
@pytest.mark.parametrize("coding", ["base64", "8bit"])
def test_chinese_mails_in_gbk_whatever_they_claim(charset, coding):
    body = GBK.encode("gb18030")
    title = base64.b64encode(body)
    letter = read_letter(
        raw(
            b"From: =?gb2312?B?" + base64.b64encode("王敏".encode("gbk")) + b"?= <w@qq.com>",
            b"Subject: =?gb2312?B?" + title + b"?=",
            b"Content-Type: text/plain" + (f"; charset={charset}".encode() if charset else b""),
            b"Content-Transfer-Encoding: " + coding.encode(),
            b"",
            base64.encodebytes(body) if coding == "base64" else body,
        )
    )

    assert (letter.sender_name, letter.title, letter.text) == ("王敏", GBK, GBK)


def test_headers_that_hold_plain_gbk():
    letter = read_letter(b"From: w@qq.com\r\nSubject: " + GBK.encode("gbk") + b"\r\n\r\nx")

    assert letter.title == GBK


def test_a_mail_that_has_only_html():
    page = (
        "<html><head><title>t</title><style>p{color:red}</style></head><body><p>您好&nbsp;<b>王</b>"
        "<br>1 &lt; 2<script>alert('x')</script></p><!-- secret --><div>再见</div></body></html>"
    )
    letter = read_letter(
        raw(b"From: w@qq.com", b"Content-Type: text/html; charset=utf-8", b"", page.encode())
    )

    assert letter.text.split() == ["您好", "王", "1", "<", "2", "再见"]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, ""),
        ({"Auto_Submitted": "no"}, ""),
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"Return_Path": "<>"}, "bounce"),
        ({"sender": "MAILER-DAEMON@example.cn"}, "bounce"),
        ({"title": "自动回复：我在休假"}, "auto_reply"),
        ({"title": "系统退信/Undelivered"}, "bounce"),
    ],
)
def test_mails_of_programs_are_told_apart(headers, kind):
    assert read_letter(mail(**headers)).automatic == kind


def test_a_second_delivery_of_one_mail_has_the_same_fingerprint():
    one = mail()
    again = b"Received: from elsewhere\r\nDelivered-To: x@example.cn\r\n" + one
    other = mail("另一件事", number="1")  # somebody took the number of another mail

    prints = [read_letter(each).fingerprint for each in (one, again, other)]
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("../../etc/passwd", "passwd"), ("C:\\a\\b.jpg", "b.jpg"), ("", "1"), ("..", "1")],
)
def test_the_name_of_a_file_is_no_path(name, wanted):
    letter = read_letter(
        raw(
            b"From: w@qq.com",
            b"Content-Type: application/pdf",
            f'Content-Disposition: attachment; filename="{name}"'.encode(),
            b"",
            b"x",
        )
    )
    assert [file.name for file in letter.files] == [wanted]


def test_nothing_reaches_the_text_that_a_database_refuses():
    letter = read_letter(mail("a\x00b\u202ec\ufffe", title="x"))

    assert "\x00" not in letter.text
    assert "\u202e" not in letter.text
    assert letter.text.encode()


@pytest.mark.parametrize(
    "hostile",
    [
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
            for n in range(3000)
        ),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 500,
        b"Content-Type: " + b"a;" * 3_000_000 + b"\r\n\r\nx",
    ],
    ids=["nested", "many parts", "a header without end"],
)
def test_a_mail_built_to_keep_the_reader_busy_is_refused(hostile):
    begun = time.monotonic()

    with pytest.raises(Unreadable):
        read_safely(b"From: w@qq.com\r\n" + hostile, seconds=10)
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("piece", ["<!--", "<![", "<a", "</", "&#", "<script>", '<a b="'])
def test_html_built_to_keep_the_reader_busy_does_not(piece):
    begun = time.monotonic()

    words_of_html(piece * 100_000)
    assert time.monotonic() - begun < 10


def test_the_reading_process_gives_the_same_letter():
    one = mail(files=(("a.txt", b"\x00\xff", "application/octet-stream"),))

    assert read_safely(one) == read_letter(one)


@pytest.mark.parametrize(
    ("answer", "own"),
    [
        ("好的\n\n-----原始邮件-----\n旧文", "好的"),
        ("好的\n> 旧文\n谢谢", "好的\n谢谢"),
        ("好的\n在 2026年11月21日，客服写道：\n旧文", "好的"),
        ("> 只有引用", "> 只有引用"),
        ("发件人：只有引用", "发件人：只有引用"),
    ],
)
def test_an_answer_without_the_mail_it_answers(answer, own):
    assert without_quote(answer) == own


# --- the account ----------------------------------------------------------------------------------


def test_an_account_from_its_address():
    account = account_of("imaps://hotline%40example.cn:p%40ss@imap.example.cn/INBOX")

    assert account is not None
    assert (account.host, account.port, account.folder) == ("imap.example.cn", 993, "INBOX")
    assert (account.user, account.password) == ("hotline@example.cn", "p@ss")
    assert account.address == "hotline@example.cn"
    assert "p@ss" not in repr(account)
    assert account_of("") is None


@pytest.mark.parametrize(
    "url", ["http://u:secret@h/", "imaps://u@h/", "imaps://:secret@h", "imap://u:secret@h:x/"]
)
def test_a_wrong_address_is_refused_without_showing_the_password(url):
    with pytest.raises(ValueError, match=r".") as refusal:
        account_of(url)
    assert "secret" not in str(refusal.value)


def test_addresses_of_units():
    assert units_of(["Wuhan@Example.cn:WH01"]) == {"wuhan@example.cn": "WH01"}
    with pytest.raises(ValueError, match="address of a unit"):
        units_of(["WH01"])
