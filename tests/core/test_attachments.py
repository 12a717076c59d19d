"""Attached files: what they are by content, what is drawn of them, what lies where."""

import io
import os
from pathlib import Path

import pytest
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone
from PIL import Image

from core.attachments import discard, keep, recognise, send, store
from core.attachments.kinds import KINDS, accepted
from core.attachments.serving import file_name
from core.attachments.store import MEGABYTE, VIEW, clean_name, path_of, rendition
from core.errors import Refused
from core.models import StoredFile
from tests import attached

LIMIT = 20 * MEGABYTE


@pytest.fixture(autouse=True)
def private(settings, tmp_path) -> Path:
    settings.PRIVATE_FILES = tmp_path
    return tmp_path


def kept(content: bytes, name: str = "a.jpg", most_bytes: int = LIMIT):
    return keep(io.BytesIO(content), name, most_bytes=most_bytes)


def lying(private: Path) -> set[str]:
    folder = private / "attachments"
    return {path.name for path in folder.rglob("*") if path.is_file()}


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (attached.picture(), "image/jpeg"),
        (attached.picture(form="PNG"), "image/png"),
        (attached.picture(form="WEBP"), "image/webp"),
        (attached.pdf(), "application/pdf"),
        (attached.office("word/document.xml"), KINDS[4].mime),
        (attached.office("xl/workbook.xml"), KINDS[5].mime),
        (attached.office("ppt/presentation.xml"), KINDS[6].mime),
        (attached.old_office("WordDocument"), "application/msword"),
        (attached.old_office("Workbook"), "application/vnd.ms-excel"),
        (attached.old_office("PowerPoint Document"), "application/vnd.ms-powerpoint"),
        ("业主说：卫生间渗水。\r\n".encode(), "text/plain"),
        ("业主说：卫生间渗水。".encode("gb18030"), "text/plain"),
        (("渗" * 500_000).encode(), "text/plain"),  # letters cut in two between two pieces
        (attached.MP3, "audio/mpeg"),
        (b"ID3\x04" + b"\0" * 40, "audio/mpeg"),
        (attached.ftyp(b"M4A "), "audio/mp4"),
        (attached.sound(), "audio/wav"),
        (attached.ftyp(b"isom"), "video/mp4"),
    ],
)
def test_a_file_is_what_its_content_says(content, mime):
    file = io.BytesIO(content)

    assert recognise(file).mime == mime
    assert file.tell() == 0


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0\x03" + b"\0" * 60,
        b"\x7fELF\x02\x01",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xef\xbb\xbf <?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><p>hello",
        b"hello <SCRIPT>alert(1)</SCRIPT>",
        b"x" * (MEGABYTE - 4) + b"<script>",  # across two pieces
        b"#!/bin/sh\nrm -rf /\n",
        b"GIF89a" + b"\0" * 20,
        attached.archive(),
        b"PK\x03\x04 no archive",
        attached.old_office("MsiTable"),
        b"RIFF\0\0\0\0AVI LIST",
        attached.ftyp(b"qt  "),
        b"\xff\xfe\x00\x01",
        "渗水".encode("utf-16"),
        b"\x81",
    ],
)
def test_anything_else_is_refused_with_what_can_be_attached(content):
    with pytest.raises(Refused, match="JPEG、PNG、WebP"):
        recognise(io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "空的"),
        (attached.ftyp(b"heic"), "兼容性最佳"),
        (attached.office("word/document.xml", macros=True), "不含宏"),
        (attached.old_office("Workbook") + "_VBA_PROJECT".encode("utf-16-le"), "不含宏"),
    ],
)
def test_what_can_be_mended_is_said(content, sentence):
    with pytest.raises(Refused, match=sentence):
        recognise(io.BytesIO(content))


def test_the_form_offers_what_is_accepted_and_no_heic():
    offered = accepted().split(",")

    assert {"image/jpeg", ".docx", ".mp4"} <= set(offered)
    assert not [one for one in offered if "hei" in one or "image/*" in one]


# --- pictures -------------------------------------------------------------------------------------


def test_what_is_shown_of_a_photograph_is_upright_and_says_nothing_of_place_and_device():
    content = attached.photo(orientation=6)
    assert b"SECRET" in content

    file = kept(content)

    assert path_of(file.stored_name).read_bytes() == content
    assert (file.width, file.height) == (600, 800)
    for which in store.RENDITIONS:
        shown = rendition(file.stored_name, which).read_bytes()
        assert b"SECRET" not in shown
        picture = Image.open(io.BytesIO(shown))
        assert (picture.format, not picture.getexif(), picture.width < picture.height) == (
            "JPEG", True, True,
        )  # fmt: skip


def test_a_transparent_picture_becomes_white_behind_and_loses_its_words():
    file = kept(attached.telling_png(), "a.png")

    shown = rendition(file.stored_name, VIEW)
    assert b"SECRET" not in shown.read_bytes()
    with Image.open(shown) as picture:
        red, green, blue = picture.getpixel((5, 5))
    assert red > 220
    assert abs(green - blue) < 6
    assert green > 140


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "1", "I;16"])
def test_pictures_of_all_colour_modes_are_drawn(mode):
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, "JPEG" if mode == "CMYK" else "PNG")

    assert kept(out.getvalue()).width == 30


def test_a_large_picture_is_shown_smaller():
    file = kept(attached.picture(size=(5000, 2500)))

    assert (file.width, file.height) == (2560, 1280)
    with Image.open(rendition(file.stored_name, "thumb")) as thumb:
        assert thumb.size == (400, 200)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (attached.bomb(), "百万像素"),
        (attached.picture(size=(8000, 7000), form="PNG"), "百万像素"),
        (attached.picture()[:900], "已损坏"),
        (b"\xff\xd8\xff\xe0" + b"MZ this is a program" * 50, "已损坏"),
        (b"\x89PNG\r\n\x1a\n<html>", "已损坏"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "已损坏"),
    ],
)
def test_a_hostile_or_damaged_picture_is_refused_and_leaves_nothing(private, content, sentence):
    with pytest.raises(Refused, match=sentence):
        kept(content)

    assert lying(private) == set()


# --- the store ------------------------------------------------------------------------------------


def test_a_kept_file_is_private_and_named_by_chance(private):
    file = kept(attached.picture(), "../../C:\\fakepath\\卫生间\n.jpg")

    assert file.name == "卫生间.jpg"
    assert "卫" not in file.stored_name
    assert len(lying(private)) == 3
    for path in (private / "attachments").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0

    discard(file.stored_name)
    assert lying(private) == set()


def test_a_file_above_the_limit_is_refused_while_it_is_written(private):
    with pytest.raises(Refused, match="超过 1 MB"):
        kept(b"x" * (MEGABYTE + 1), "a.txt", MEGABYTE)
    assert lying(private) == set()
    assert kept(b"x" * MEGABYTE, "a.txt", MEGABYTE).size == MEGABYTE


@pytest.mark.parametrize(
    ("given", "name"), [("", "file"), ("..", "file"), ("a/b.txt", "b.txt"), ("x" * 300, "x" * 200)]
)
def test_names_without_folders(given, name):
    assert clean_name(given) == name


# --- serving --------------------------------------------------------------------------------------


class Row:
    """A row of some table of files."""

    def __init__(self, file) -> None:
        self.__dict__.update(file.columns())


def answer(content: bytes, name: str, *, thumb: bool = False, **headers):
    """The answer with a file, its content in `body`."""
    request = RequestFactory().get("/", headers=headers)
    response = send(request, Row(kept(content, name)), thumb=thumb)
    if response.streaming:
        with response.file_to_stream as file:
            response.body = file.read()
    return response


@pytest.mark.parametrize(
    ("content", "name", "mime", "disposition"),
    [
        (attached.photo(), "a.jpeg", "image/jpeg", 'inline; filename="a.jpg"'),
        (attached.telling_png(), "a.png", "image/jpeg", 'inline; filename="a.jpg"'),
        (attached.pdf(), "letter.pdf", "application/pdf", 'inline; filename="letter.pdf"'),
        (b"hello", "a.bat", "text/plain; charset=utf-8", 'attachment; filename="a.bat.txt"'),
        (attached.pdf(), "a.html", "application/pdf", 'inline; filename="a.html.pdf"'),
        (attached.MP3, "call.mp3", "audio/mpeg", 'attachment; filename="call.mp3"'),
    ],
)
def test_a_file_is_sent_as_what_it_is(content, name, mime, disposition):
    response = answer(content, name)

    assert response["Content-Type"] == mime
    assert response["Content-Disposition"] == disposition
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Vary"] == "Cookie"


def test_the_original_of_a_photograph_is_never_sent():
    for thumb in (False, True):
        body = answer(attached.photo(), "a.jpg", thumb=thumb).body
        assert body[:3] == b"\xff\xd8\xff"
        assert b"SECRET" not in body


def test_a_browser_that_has_the_file_is_told_so():
    first = answer(attached.photo(), "a.jpg")

    again = answer(attached.photo(), "a.jpg", if_none_match=first["ETag"])

    assert again.status_code == 304
    assert again["Cache-Control"] == "private, no-cache"
    assert answer(attached.photo(), "a.jpg", thumb=True)["ETag"] != first["ETag"]


def test_no_thumbnail_of_a_letter_and_no_answer_without_the_file():
    with pytest.raises(Http404):
        answer(attached.pdf(), "a.pdf", thumb=True)
    row = Row(kept(attached.pdf(), "a.pdf"))
    discard(row.stored_name)
    with pytest.raises(Http404):
        send(RequestFactory().get("/"), row)


@pytest.mark.parametrize(
    ("name", "suffixes", "result"),
    [
        ("a.doc", (".doc", ".wps"), "a.doc"),
        ("a.WPS", (".doc", ".wps"), "a.WPS"),
        ("a", (".doc", ".wps"), "a.doc"),
    ],
)
def test_endings(name, suffixes, result):
    assert file_name(name, suffixes[0], suffixes) == result


# --- strays ---------------------------------------------------------------------------------------


def age(private: Path, hours: float) -> None:
    then = timezone.now().timestamp() - hours * 3600
    for path in (private / "attachments").rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def test_files_without_a_row_go_after_a_day(db, private):
    kept(attached.picture())
    kept(attached.pdf())
    age(private, 23)
    assert store.delete_strays() == 0

    age(private, 25)
    assert store.delete_strays() == 4
    assert (lying(private), store.delete_strays()) == (set(), 0)


def test_every_table_of_files_is_looked_into():
    assert store.tables() != []
    assert all(issubclass(table, StoredFile) for table in store.tables())
